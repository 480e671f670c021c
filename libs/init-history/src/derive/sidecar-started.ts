/** A sidecar has started: it is done, the next one may begin (semantics 2.6). */
import type { Happening } from '../happenings.js';
import { attemptOf } from '../history.js';
import { isSidecar, text } from '../snapshot.js';
import { containerTime } from '../time.js';
import { cycleOfTime } from './cycle-of-time.js';
import type { Place } from './place.js';
import { basisOf, nodeTime, whenWritten } from './sight.js';
import { tell } from './tell.js';

/**
 * `started` is true. Without startup probe and postStart hook that is its start; with one, the API tells only that it had
 * happened by this write.
 */
export function sidecarStarted(place: Place): readonly Happening[] {
  const { history, sight, spec, status, index, known } = place;
  const containerId = text(status.containerID);
  if (!isSidecar(spec) || !status.state.running || status.started !== true || containerId === null) return [];
  if (attemptOf(known, containerId)?.sidecarStartedAt) return [];
  const startedAt = containerTime(status.state.running.startedAt);
  const atOnce = !spec.hasStartupProbe && !spec.hasPostStartHook;
  return [
    tell(history, sight, {
      type: 'SidecarStarted',
      key: [containerId],
      when: atOnce ? nodeTime(startedAt, 'state.running.startedAt') : whenWritten(sight),
      basis: atOnce ? basisOf(sight) : 'inferred',
      ...(atOnce ? {} : { rule: 'started-by-this-write' }),
      container: spec.name,
      cycle: attemptOf(known, containerId)?.cycle ?? cycleOfTime(history, startedAt),
      index,
      containerId,
      notBefore: atOnce ? null : startedAt,
    }),
  ];
}
