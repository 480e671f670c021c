/** Attempts as they are told. */
import type { Attempt, AttemptOutcome } from '../account.js';
import type { AttemptHistory, PodHistory } from '../history.js';
import { between, running, unknownDuration } from './durations.js';
import { ofAttempt } from './evidence.js';

/** One that has no end while nothing can run any more, or another has begun, has an end that nobody told. */
function outcomeOf(attempt: AttemptHistory, runs: boolean): AttemptOutcome {
  if (attempt.end) return attempt.end.outcome;
  return runs ? 'running' : 'unknown';
}

/** @param of its container, and whether without an end it is still running: its pod is there, and its status shows it */
export function attemptOf(
  attempt: AttemptHistory,
  { container, runs }: Readonly<{ container: string; runs: boolean }>,
  at: number,
): Attempt {
  const { end } = attempt;
  const outcome = outcomeOf(attempt, runs);
  const from = { at: attempt.startedAt };
  return {
    number: attempt.number,
    containerId: attempt.containerId,
    imageId: attempt.imageId,
    startedAt: attempt.startedAt,
    finishedAt: end?.finishedAt ?? null,
    duration: durationOf(outcome),
    exitCode: end?.exitCode ?? null,
    signal: end?.signal ?? null,
    reason: end?.reason ?? null,
    message: end?.message ?? null,
    outcome,
    category: end?.category ?? null,
    categoryEvidence: ofAttempt(container, attempt),
    basis: attempt.basis,
    observedAt: attempt.observedAt,
    position: attempt.position,
  };

  function durationOf(of: AttemptOutcome): Attempt['duration'] {
    if (of === 'running') return running(from, at);
    return end?.finishedAt ? between(from, { at: end.finishedAt }) : unknownDuration;
  }
}

/** A pod that is gone runs nothing that we know of; nor does one whose status is final. */
export const mayRun = (history: PodHistory): boolean => history.gone === null;
