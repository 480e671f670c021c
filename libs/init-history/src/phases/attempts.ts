/** What the instances of one init container tell of a cycle's time: they ran, and were waited for. */
import { containerOf, type AttemptHistory, type InitContainerHistory, type PodHistory } from '../history.js';
import { isSidecar, type ContainerSpec } from '../snapshot.js';
import { millis, wholeSeconds } from '../time.js';
import { by, stamped, type Edge } from './edge.js';
import { ranks, type Span } from './span.js';
import type { Whole } from './whole.js';

/** When an instance began, or the nearest that is known of it: one that could not be started has only an end. */
export const beginningOf = (attempt: AttemptHistory): Edge | null =>
  stamped(attempt.startedAt ?? attempt.end?.finishedAt, 'node');

/** When instances ended. */
export type Ends = ReadonlyMap<AttemptHistory, Edge | null>;

/**
 * When an instance ended. Where nobody told, it lies between its start and the first thing that can only have come after:
 * the next instance, or the look that showed that it was lost. Not the loss of its sandbox, which it outlives by a second
 * or two (recorded, 1.36.3: sandbox-killed-during-init). Null while it may be running.
 */
function endOf(attempt: AttemptHistory, next: AttemptHistory | undefined): Edge | null {
  const told = stamped(attempt.end?.finishedAt, 'node');
  if (told) return told;
  // That all containers are being restarted is shown before they are killed.
  const shownLost = attempt.end !== null && attempt.end.reason !== 'RestartingAllContainers';
  const shown = shownLost ? stamped(attempt.end.observedAt, 'watcher') : null;
  const began = next ? beginningOf(next) : null;
  // The recorder's clock is another one: its word counts where it is plainly the earlier.
  const bound = began && !(shown && shown.hi <= began.lo) ? began : shown;
  const start = millis(attempt.startedAt);
  return bound && start !== null ? { ...bound, lo: Math.min(bound.lo, start) } : null;
}

/** Of every instance of a container, over all cycles. */
export const endsOf = ({ attempts }: InitContainerHistory): Ends =>
  new Map(attempts.map((attempt, i) => [attempt, endOf(attempt, attempts[i + 1])]));

/** A sidecar counts as started by its start, or by the write that showed so: whose clock it was its precision tells. */
function sidecarStart(attempt: AttemptHistory): Edge | null {
  const { sidecarStartedAt: at, sidecarNotBefore: notBefore } = attempt;
  if (at === null) return null;
  if (notBefore === null) return stamped(at, 'node');
  return by(at, notBefore, wholeSeconds(at) ? 'apiserver' : 'watcher');
}

const sooner = (edge: Edge, other: Edge): Edge =>
  other.at < edge.at ? { ...other, lo: Math.min(other.lo, edge.lo) } : edge;

/** @param passed when the first of the later init containers began: all before it had been passed by then */
export function spansOfAttempts(
  spec: ContainerSpec,
  attempts: readonly AttemptHistory[],
  ends: Ends,
  { whole, passed }: Readonly<{ whole: Whole; passed: Edge | null }>,
): readonly Span[] {
  const sidecar = isSidecar(spec);
  const limit = passed ?? whole.to;
  return attempts.flatMap((attempt, i) => {
    const next = attempts[i + 1];
    const end = ends.get(attempt) ?? null;
    return [...itsTime(attempt, end), ...waitAfter(attempt, end, next)];
  });

  function itsTime(attempt: AttemptHistory, end: Edge | null): readonly Span[] {
    const from = stamped(attempt.startedAt, 'node');
    if (!from) return [];
    const common = { container: spec.name, attempt: attempt.number, from };
    if (!sidecar) return [{ ...common, phase: 'run', rank: ranks.run, to: sooner(end ?? whole.to, whole.to) }];
    const to = sooner(sidecarStart(attempt) ?? end ?? whole.to, limit);
    return [{ ...common, phase: 'sidecarStartup', rank: ranks.sidecarStartup, to }];
  }

  /** Of a failed one, or a sidecar that ended: the wait for the next try. Where tries were missed it was not only that. */
  function waitAfter(attempt: AttemptHistory, end: Edge | null, next: AttemptHistory | undefined): readonly Span[] {
    if (!attempt.end || !end || (!sidecar && attempt.end.outcome === 'succeeded')) return [];
    if (next && next.number - attempt.number > 1) return [];
    const to = (next && beginningOf(next)) ?? (sidecar ? whole.to : limit);
    return [{ phase: 'backOff', container: spec.name, attempt: attempt.number, rank: ranks.backOff, from: end, to }];
  }
}

/** When the first of these init containers began in the cycle. */
export function firstOf(history: PodHistory, specs: readonly ContainerSpec[], cycle: number): Edge | null {
  const began = specs
    .flatMap((spec) => containerOf(history, spec.name).attempts)
    .filter((attempt) => attempt.cycle === cycle)
    .map(beginningOf);
  return began.reduce((first, edge) => (edge && (!first || edge.at < first.at) ? edge : first), null);
}
