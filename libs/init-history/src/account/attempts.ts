/** Attempts as they are told. */
import type { Attempt, AttemptOutcome, Duration } from '../account.js';
import type { AttemptHistory, PodHistory } from '../history.js';
import { betweenBounds, durationBetween, durationUntil, stamped, unknownDuration, type Edge } from '../phases/edge.js';
import { ofAttempt } from './evidence.js';

/** One that has no end while nothing can run any more, or another has begun, has an end that nobody told. */
function outcomeOf(attempt: AttemptHistory, runs: boolean): AttemptOutcome {
  if (attempt.end) return attempt.end.outcome;
  return runs ? 'running' : 'unknown';
}

/** An instance, and what is known of its end beside what was told of it. */
export type AttemptNow = Readonly<{
  container: string;
  /** Whether one without an end is still running: its pod is there, and its status shows it. */
  runs: boolean;
  /** When it ended, or between which times; null where nothing is known. */
  ended: Edge | null;
}>;

/** Where no end was told, it lies in a span: how long it ran is bounded, and no figure in between is the truth. */
function durationOf(attempt: AttemptHistory, { runs, ended }: AttemptNow, at: number): Duration {
  const from = stamped(attempt.startedAt, 'node');
  if (!from) return unknownDuration;
  if (!attempt.end && runs) return durationUntil(from, at);
  if (!ended) return unknownDuration;
  return (attempt.end?.finishedAt ? durationBetween : betweenBounds)(from, ended);
}

/** Instances whose end was told: that is all there is to tell of them. */
const ended = new WeakMap<AttemptHistory, Attempt>();

/** Of an instance whose end was told it is the same object each time. */
export function attemptOf(attempt: AttemptHistory, now: AttemptNow, at: number): Attempt {
  const known = ended.get(attempt);
  if (known) return known;
  const told = attemptAt(attempt, now, at);
  if (stamped(attempt.end?.finishedAt, 'node') !== null) ended.set(attempt, told);
  return told;
}

function attemptAt(attempt: AttemptHistory, now: AttemptNow, at: number): Attempt {
  const { end } = attempt;
  const outcome = outcomeOf(attempt, now.runs);
  return {
    number: attempt.number,
    containerId: attempt.containerId,
    imageId: attempt.imageId,
    startedAt: attempt.startedAt,
    finishedAt: end?.finishedAt ?? null,
    duration: durationOf(attempt, now, at),
    exitCode: end?.exitCode ?? null,
    signal: end?.signal ?? null,
    reason: end?.reason ?? null,
    message: end?.message ?? null,
    outcome,
    category: end?.category ?? null,
    categoryEvidence: ofAttempt(attempt),
    basis: attempt.basis,
    observedAt: attempt.observedAt,
    position: attempt.position,
  };
}

/** A pod that is gone runs nothing that we know of; nor does one whose status is final. */
export const mayRun = (history: PodHistory): boolean => history.gone === null;
