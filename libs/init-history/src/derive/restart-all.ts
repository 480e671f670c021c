/** All containers are restarted in place, in the same sandbox (semantics 2.5). */
import type { CycleHistory } from '../history.js';
import { text, type PodView } from '../snapshot.js';
import { before, earliest } from '../time.js';
import type { Beginning } from './beginning.js';
import { beganAt, instancesOf } from './instances.js';
import { nodeTime, type Sight } from './sight.js';

/** What the kubelet says of containers that it removed to start them all again. */
const removed = 'RestartingAllContainers';

/** The first instance that began after all were removed: the one before it is a synthetic termination. */
const firstAfterRestart = (view: PodView): string | null =>
  earliest(
    view.initStatuses
      .filter((status) => status.lastState.terminated?.reason === removed)
      .flatMap(instancesOf)
      .map(beganAt),
  );

/** It began when its condition was stamped, or with the first instance where that was stamped late. */
function beginningAt(view: PodView, time: string | null): Beginning {
  const began = firstAfterRestart(view);
  const when = before(began, time)
    ? nodeTime(began, 'state.startedAt')
    : nodeTime(time, 'status.conditions.AllContainersRestarting');
  const proof = `restart-all|${time}`;
  return { cause: 'restartAllContainers', when, notBefore: null, proof, evidence: [], supersedes: null };
}

/**
 * All containers are restarted in place. The condition turns True and False, or in one write stays False with a moved
 * time (recorded, 1.36.3: restart-all-containers rv 1734). Its turning back to False is the same restart.
 */
export function allRestarted(sight: Sight, cycle: CycleHistory): Beginning | null {
  const type = 'AllContainersRestarting';
  const was = sight.before.conditions[type];
  const is = sight.now.conditions[type];
  const time = text(is?.lastTransitionTime);
  if (!is || !was) return null;
  if (time === text(was.lastTransitionTime)) return restartedWithinASecond(sight, cycle, time);
  if (is.status === 'False' && was.status === 'True') return null;
  return beginningAt(sight.now, time);
}

/**
 * Where the condition turned there and back within the second of its last stamp, its time did not move: what the restart removed tells
 * of it alone. The containers of one restart are not always shown together: a cycle that such a restart began is not begun again.
 */
function restartedWithinASecond(
  { before: earlier, now }: Sight,
  cycle: CycleHistory,
  time: string | null,
): Beginning | null {
  const known = new Set(removals(earlier));
  const isNew = removals(now).some((removal) => !known.has(removal));
  return isNew && cycle.cause !== 'restartAllContainers' ? beginningAt(now, time) : null;
}

/** Init containers that show that they were removed, each with its count. */
const removals = (view: PodView): readonly string[] =>
  view.initStatuses
    .filter(({ state, lastState }) => state.waiting?.reason === removed || lastState.terminated?.reason === removed)
    .map(({ name, restartCount }) => `${name}|${restartCount}`);

/**
 * They were restarted before the pod was found: what the restart removed has a synthetic termination, which stands in
 * `lastState` to the end of the next instance (recorded, 1.36.3: restart-all-containers).
 */
export function restartedUnseen({ now }: Sight): Beginning | null {
  const time = text(now.conditions['AllContainersRestarting']?.lastTransitionTime);
  return removals(now).length > 0 && time !== null ? beginningAt(now, time) : null;
}
