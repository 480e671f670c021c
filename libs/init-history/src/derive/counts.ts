/** What restartCount says of instances that were never shown; it is neither monotonic nor complete (semantics 1.6, 2.4). */
import type { Happening } from '../happenings.js';
import { attemptOf, missedIn } from '../history.js';
import { begunOf, instancesOf } from './instances.js';
import type { Place } from './place.js';
import { basisOf, whenWritten } from './sight.js';
import { tell } from './tell.js';

/** All that is shown was known, and a newer instance is: a frame that tells of an earlier moment. */
function isOlderLook({ known, status }: Place): boolean {
  const shown = instancesOf(status);
  const newest = known.attempts.at(-1)?.containerId;
  return (
    shown.length > 0 &&
    shown.every(({ containerId }) => attemptOf(known, containerId)) &&
    shown.at(-1)?.containerId !== newest
  );
}

/**
 * The count fell: the kubelet labels instances anew where it lost sight of earlier ones (semantics 2.4). Only with a new
 * instance or none: an older look at a known one is no reset.
 */
export function counterReset(place: Place): readonly Happening[] {
  const { history, sight, spec, status, index } = place;
  const from = history.tally.restartCounts[spec.name];
  const to = status.restartCount;
  if (from === undefined || to >= from || isOlderLook(place)) return [];
  return [
    tell(history, sight, {
      type: 'RestartCounterReset',
      key: [spec.name, from, to, place.known.attempts.at(-1)?.containerId, place.known.resets],
      when: whenWritten(sight),
      basis: basisOf(sight),
      container: spec.name,
      index,
      from,
      to,
    }),
  ];
}

/**
 * How many instances began and were never shown: what the count says has begun, less what had and what is shown now. One
 * of which a synthetic termination is all that was shown is among them. Below zero is legal: a second cycle under
 * OnFailure runs again without a raised count (semantics 2.4).
 */
export function missedCount(place: Place, fresh: number): number {
  const { history, spec, status } = place;
  const before = history.tally.begun[spec.name] ?? 0;
  return Math.max(0, begunOf(status) - before - fresh);
}

export function attemptsMissed(place: Place, missed: number): readonly Happening[] {
  const { history, sight, spec, status, index } = place;
  if (missed === 0) return [];
  const from = history.tally.restartCounts[spec.name] ?? 0;
  const to = status.restartCount;
  return [
    tell(history, sight, {
      type: 'InitContainerAttemptsMissed',
      key: [spec.name, from, to, place.known.attempts.at(-1)?.containerId, missedIn(place.known)],
      when: { ...whenWritten(sight), at: null },
      basis: 'inferred',
      rule: 'restart-count',
      container: spec.name,
      index,
      count: missed,
      from,
      to,
      between: { from: history.observedAt, to: sight.receivedAt },
    }),
  ];
}
