/** The first cycle that is known of: the node has accepted the pod (semantics 8.2 step 5a). */
import { isSidecar, staticPodUid, text, type ContainerStatus, type PodView } from '../snapshot.js';
import { before, earliest, later } from '../time.js';
import type { Beginning } from './beginning.js';
import { beganAt, instancesOf, refused } from './instances.js';
import { apiTime, nodeTime, type Moment, type Sight } from './sight.js';

const statusesOf = (view: PodView): readonly ContainerStatus[] => [...view.initStatuses, ...view.statuses];

/** It is retried though `Initialized` is True already (recorded, 1.36.3: oom/hungry-child): no other pass. */
const oomWithExitZero = (status: ContainerStatus): boolean =>
  instancesOf(status).some(({ ended }) => ended?.reason === 'OOMKilled' && ended.exitCode === 0);

const initializedSince = ({ conditions: { Initialized: told } }: PodView): string | null =>
  told?.status === 'True' ? text(told.lastTransitionTime) : null;

/** When the first instance of the later pass began, and a time after which that was. */
type Rerun = Readonly<{ began: string | null; after: string | null }>;

/**
 * When a pod is found late: its init containers ran after its app container had, or after it was initialized for the
 * first time, so this is not its first pass, and what came before was not seen. Without this, a pod of last month whose
 * node booted today would have been initializing for a month.
 */
function ranAgain(view: PodView): Rerun | null {
  const initializedAt = initializedSince(view);
  const firstApp = earliest(view.statuses.flatMap(instancesOf).map(beganAt));
  const reruns = view.initStatuses
    .filter((status) => !isSidecar(view.initContainers.find((container) => container.name === status.name)))
    .filter((status) => !oomWithExitZero(status))
    .flatMap((status) => instancesOf(status).slice(-1))
    .map(beganAt)
    .filter((began) => before(firstApp, began) || before(initializedAt, began));
  const began = earliest(reruns);
  if (began === null) return null;
  const known = [firstApp, initializedAt].filter((time) => before(time, began));
  return { began, after: known.reduce(later, null) };
}

/**
 * A changed manifest gives a static pod a new mirror, whose `startTime` is still that of the old one: then its creation
 * is the nearest that is known (recorded, 1.36.3: static-pod). A mirror that was merely made again has older containers.
 */
function ofNewMirror(view: PodView): Moment | null {
  const created = text(view.metadata.creationTimestamp);
  if (staticPodUid(view) === null || !before(text(view.status.startTime), created)) return null;
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
  supersedes: null,
});

export function firstCycle({ now }: Sight): Beginning | null {
  const startTime = text(now.status.startTime);
  if ((startTime === null && statusesOf(now).length === 0) || refused(now)) return null;
  const rerun = ranAgain(now);
  if (rerun === null) {
    const first = acceptance(startTime);
    return { ...first, when: ofNewMirror(now) ?? first.when };
  }
  const ready = text(now.conditions['PodReadyToStartContainers']?.lastTransitionTime);
  // Its sandbox's time is the nearest that is known of its beginning; up to 1.35 that may be written after its first instance began.
  const when =
    ready === null || before(rerun.began, ready)
      ? nodeTime(rerun.began, 'state.startedAt')
      : nodeTime(ready, 'status.conditions.PodReadyToStartContainers');
  return {
    cause: 'unknown',
    when,
    notBefore: rerun.after,
    proof: 'found-late',
    evidence: [],
    supersedes: null,
  };
}

/**
 * Of a pod that is found in a later pass, the one that the oldest instance ran in that is still shown. It is the first pass if
 * that instance began before the pod was initialized.
 */
export function passBefore({ now }: Sight): Beginning {
  const initializedAt = initializedSince(now);
  const began = earliest(now.initStatuses.flatMap(instancesOf).map(beganAt));
  if (!before(initializedAt, began)) return acceptance(text(now.status.startTime));
  return {
    cause: 'unknown',
    when: nodeTime(began, 'state.startedAt'),
    notBefore: initializedAt,
    proof: 'found-later',
    evidence: [],
    supersedes: null,
  };
}
