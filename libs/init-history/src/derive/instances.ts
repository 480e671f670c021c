/** Instances of a container that its status reveals: at most two, told apart by container id (semantics 1.5, 1.6). */
import type { AttemptHistory, InitContainerHistory } from '../history.js';
import { attemptOf } from '../history.js';
import { text, type ContainerStatus, type PodView, type Terminated } from '../snapshot.js';
import { isAdmissionReason } from '../taxonomy.js';
import { containerTime } from '../time.js';

export type Instance = Readonly<{
  containerId: string;
  startedAt: string | null;
  /** Null while it runs. */
  ended: Terminated | null;
  from: 'state' | 'lastState';
  restartCount: number;
  image: string | null;
  imageId: string | null;
}>;

const syntheticReasons: ReadonlySet<string | undefined> = new Set([
  'ContainerStatusUnknown',
  'RestartingAllContainers',
]);

/**
 * A termination that the kubelet made up: no container id and no times, or one of its own reasons. It carries no
 * instance and must not be counted as one (semantics 1.6).
 */
export function isSynthetic(ended: Terminated): boolean {
  if (syntheticReasons.has(ended.reason)) return true;
  const timeless = containerTime(ended.startedAt) === null && containerTime(ended.finishedAt) === null;
  return timeless && text(ended.containerID) === null;
}

/** The synthetic termination that a status shows, if it shows one. */
export function syntheticOf(status: ContainerStatus): Terminated | null {
  for (const ended of [status.state.terminated, status.lastState.terminated]) {
    if (ended && isSynthetic(ended)) return ended;
  }
  return null;
}

/** Which synthetic termination it is: it stays in `lastState` while the next instance runs (recorded, 1.36.3: restart-all-containers). */
export const syntheticKey = (status: ContainerStatus, ended: Terminated): string =>
  `${status.restartCount}|${ended.reason ?? ''}`;

function endedInstance(status: ContainerStatus, termination: Terminated, from: 'state' | 'lastState'): Instance | null {
  const own = text(termination.containerID);
  const containerId = from === 'state' ? (own ?? text(status.containerID)) : own;
  if (containerId === null || isSynthetic(termination)) return null;
  // What came before the present instance has the number before; while waiting, the last one is the present one (1.3).
  const earlier = from === 'lastState' && containerId !== text(status.containerID);
  return {
    containerId,
    startedAt: containerTime(termination.startedAt),
    ended: termination,
    from,
    restartCount: Math.max(0, status.restartCount - (earlier ? 1 : 0)),
    image: earlier ? null : text(status.image),
    imageId: earlier ? null : text(status.imageID),
  };
}

/** The instances that a status reveals, in the order in which they began. */
export function instancesOf(status: ContainerStatus): readonly Instance[] {
  const result: Instance[] = [];
  const last = status.lastState.terminated;
  const earlier = last ? endedInstance(status, last, 'lastState') : null;
  if (earlier) result.push(earlier);
  const { terminated, running } = status.state;
  const present = terminated ? endedInstance(status, terminated, 'state') : null;
  if (present && present.containerId !== earlier?.containerId) result.push(present);
  const containerId = text(status.containerID);
  if (running && containerId !== null) {
    result.push({
      containerId,
      startedAt: containerTime(running.startedAt),
      ended: null,
      from: 'state',
      restartCount: status.restartCount,
      image: text(status.image),
      imageId: text(status.imageID),
    });
  }
  return result;
}

/** An instance is named, by its id alone or with what it did. */
export const isNamed = (status: ContainerStatus, containerId: string): boolean =>
  text(status.containerID) === containerId || instancesOf(status).some((one) => one.containerId === containerId);

/** Those instances that were not known. */
export const freshOf = (container: InitContainerHistory, status: ContainerStatus): readonly Instance[] =>
  instancesOf(status).filter((instance) => !attemptOf(container, instance.containerId));

/**
 * An instance of which its id is all that is shown: it was removed before its end could be told, for the containers are
 * being restarted in place or the kubelet lost it (met on a busy node: second of restart-all-containers).
 */
export function onlyNamed(status: ContainerStatus): string | null {
  const containerId = text(status.containerID);
  const { terminated, waiting } = status.state;
  const removed = waiting?.reason === 'RestartingAllContainers' || (terminated ? isSynthetic(terminated) : false);
  const told = instancesOf(status).some((instance) => instance.containerId === containerId);
  return removed && !told ? containerId : null;
}

/**
 * An instance that was created and has not begun: its id is shown while the container waits for nothing that is said. A kubelet
 * that is killed between the two leaves one behind, and makes another (met on 1.36.3).
 */
export function onlyCreated(status: ContainerStatus): string | null {
  const containerId = text(status.containerID);
  const waits = status.state.waiting !== undefined && text(status.state.waiting.reason) === null;
  const isShown = instancesOf(status).some((instance) => instance.containerId === containerId);
  return waits && !isShown ? containerId : null;
}

/**
 * How many instances have begun by `restartCount`, which numbers them from 0. Where one was lost, or all were removed
 * to be restarted, the count is already that of the next, which has not begun (recorded, 1.36.3:
 * sandbox-killed-during-init rv 2282, restart-all-containers rv 1734); nor has one that was only created (semantics 1.3).
 */
export function begunOf(status: ContainerStatus): number {
  const count = status.restartCount;
  const { terminated, running } = status.state;
  if (running) return count + 1;
  if (terminated) return isSynthetic(terminated) ? count : count + 1;
  const containerId = text(status.containerID);
  return containerId !== null && text(status.lastState.terminated?.containerID) === containerId ? count + 1 : count;
}

/** When an instance began, or the nearest that is known of it: one that could not be started has only an end. */
export const beganAt = (instance: Pick<Instance, 'startedAt' | 'ended'>): string | null =>
  instance.startedAt ?? containerTime(instance.ended?.finishedAt);

/** True of a regular init container's attempt after which the next container may begin. */
export const succeeded = (attempt: AttemptHistory): boolean => attempt.end?.outcome === 'succeeded';

/**
 * A kubelet refused the pod: it is Failed with a reason, and its status was replaced, so that it has no containers and
 * nothing of it began (semantics 2.9, 3.4; recorded, 1.36.3: rejected-by-node). Its reasons are an open set, so the message's
 * beginning tells, too. A kubelet that starts later names its containers after all, and knows of no instance (recorded: node-shutdown).
 */
export function refused({ status, initStatuses, statuses }: PodView): boolean {
  if (status.phase !== 'Failed' || [...initStatuses, ...statuses].some((one) => begunOf(one) > 0)) return false;
  const reason = status.reason ?? '';
  const said = reason !== '' && (status.message ?? '').startsWith('Pod was rejected');
  return said || reason === 'NodeShutdown' || isAdmissionReason(reason);
}
