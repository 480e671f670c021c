/** A sandbox that nobody saw: what is shown to have run began before the one that is ready now (semantics 1.2 row 5, 2.4). */
import type { ContainerStatus } from '../snapshot.js';
import { before } from '../time.js';
import { stampOf } from './2-conditions.js';
import { beganAt, instancesOf, type Instance } from './instances.js';
import { writtenBy } from './sandbox-reread.js';
import type { Sight } from './sight.js';

/**
 * Up to 1.35 the condition is written with the first init container, whose first instance may thus be older than the time of
 * its own sandbox. Whatever begins after it begins in a later sync of the kubelet, which has written the condition before.
 */
function mayBeOlder({ context }: Sight, index: number, { restartCount }: Instance): boolean {
  const { kubeletVersion, includesFirstImagePull } = writtenBy(context);
  return index === 0 && restartCount === 0 && (kubeletVersion === null || includesFirstImagePull);
}

const olderOf = (sight: Sight, status: ContainerStatus, index: number): readonly Instance[] => {
  const ready = sight.now.conditions['PodReadyToStartContainers'];
  if (ready?.status !== 'True') return [];
  return instancesOf(status).filter(
    (instance) => before(beganAt(instance), stampOf(ready)) && !mayBeOlder(sight, index, instance),
  );
};

/** Instances of init containers that began before the present sandbox was ready, so in another one. */
export const initOfOlderSandbox = (sight: Sight): readonly Instance[] =>
  sight.now.initContainers.flatMap(({ name }, index) => {
    const status = sight.now.initStatuses.find((one) => one.name === name);
    return status ? olderOf(sight, status, index) : [];
  });

/** App containers begin in the first sync where no init container stands before them. */
const appsOfOlderSandbox = (sight: Sight): readonly Instance[] =>
  sight.now.statuses.flatMap((status) => olderOf(sight, status, sight.now.initContainers.length));

/** Something began before the present sandbox was ready. */
export const hadOlderSandbox = (sight: Sight): boolean =>
  initOfOlderSandbox(sight).length + appsOfOlderSandbox(sight).length > 0;
