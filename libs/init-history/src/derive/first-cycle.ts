/** The first cycle that is known of: the node has accepted the pod (semantics 8.2 step 5a). */
import { isSidecar, staticPodUid, text, type ContainerStatus, type PodView } from '../snapshot.js';
import { before } from '../time.js';
import type { Beginning } from './beginning.js';
import { beganAt, instancesOf, refused } from './instances.js';
import { apiTime, nodeTime, type Moment, type Sight } from './sight.js';

const statusesOf = (view: PodView): readonly ContainerStatus[] => [...view.initStatuses, ...view.statuses];

const earliest = (times: readonly (string | null)[]): string | null =>
  times.reduce((first, time) => (first === null || before(time, first) ? time : first), null);

/**
 * When a pod is found late: its init containers ran after its app container had, so this is not its first pass, and
 * what came before was not seen.
 */
function ranAgainBefore(view: PodView): string | null {
  const firstApp = earliest(view.statuses.flatMap(instancesOf).map(beganAt));
  const regular = view.initStatuses.filter(
    (status) => !isSidecar(view.initContainers.find((container) => container.name === status.name)),
  );
  // With two instances to see, one after the other's success, the passes are told apart by them.
  const newest = regular.flatMap((status) => instancesOf(status).slice(-1));
  return earliest(newest.map(beganAt).filter((began) => before(firstApp, began)));
}

/**
 * A changed manifest gives a static pod a new mirror, whose `startTime` is still that of the old one: then its creation
 * is the nearest that is known (recorded, 1.36.3: static-pod). A mirror that was merely made again has older containers.
 */
function ofNewMirror(view: PodView): Moment | null {
  const created = text(view.metadata.creationTimestamp);
  if (staticPodUid(view) === null || !before(view.status.startTime ?? null, created)) return null;
  const older = statusesOf(view)
    .flatMap(instancesOf)
    .some((instance) => before(beganAt(instance), created));
  return older ? null : apiTime(created, 'metadata.creationTimestamp');
}

/** A first cycle that begins with the node's acceptance. */
export const acceptance = (startTime: string | null): Beginning => ({
  cause: 'first',
  when: nodeTime(startTime, 'status.startTime'),
  notBefore: null,
  proof: 'first',
  evidence: [],
});

export function firstCycle({ now }: Sight): Beginning | null {
  const startTime = text(now.status.startTime);
  if ((startTime === null && statusesOf(now).length === 0) || refused(now)) return null;
  const rerun = ranAgainBefore(now);
  if (rerun === null) {
    const first = acceptance(startTime);
    return { ...first, when: ofNewMirror(now) ?? first.when };
  }
  const ready = text(now.conditions['PodReadyToStartContainers']?.lastTransitionTime);
  const at = ready !== null && !before(rerun, ready) ? ready : rerun;
  const when = nodeTime(at, 'status.conditions.PodReadyToStartContainers');
  return { cause: 'unknown', when, notBefore: startTime, proof: 'found-late', evidence: [] };
}
