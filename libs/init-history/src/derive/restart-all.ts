/** All containers are restarted in place, in the same sandbox (semantics 2.5). */
import { text, type PodView } from '../snapshot.js';
import { before } from '../time.js';
import type { Beginning } from './beginning.js';
import { beganAt, instancesOf } from './instances.js';
import { nodeTime, type Sight } from './sight.js';

/** What the kubelet says of containers that it removed to start them all again. */
const removed = 'RestartingAllContainers';

/** The first instance that began after all were removed: the one before it is a synthetic termination. */
const firstAfterRestart = (view: PodView): string | null =>
  view.initStatuses
    .filter((status) => status.lastState?.terminated?.reason === removed)
    .flatMap(instancesOf)
    .map(beganAt)
    .reduce((first, began) => (first === null || before(began, first) ? began : first), null);

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
export function allRestarted(sight: Sight): Beginning | null {
  const type = 'AllContainersRestarting';
  const was = sight.before.conditions[type];
  const is = sight.now.conditions[type];
  const time = text(is?.lastTransitionTime);
  if (!is || !was || time === text(was.lastTransitionTime)) return null;
  if (is.status === 'False' && was.status === 'True') return null;
  return beginningAt(sight.now, time);
}

/**
 * They were restarted before the pod was found: what the restart removed has a synthetic termination, which stands in
 * `lastState` to the end of the next instance (recorded, 1.36.3: restart-all-containers).
 */
export function restartedUnseen({ now }: Sight): Beginning | null {
  const time = text(now.conditions['AllContainersRestarting']?.lastTransitionTime);
  const shown = now.initStatuses.some(
    ({ state, lastState }) => state?.waiting?.reason === removed || lastState?.terminated?.reason === removed,
  );
  return shown && time !== null ? beginningAt(now, time) : null;
}
