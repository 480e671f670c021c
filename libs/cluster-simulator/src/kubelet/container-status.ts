import type { Fields } from '../api/kube-object.js';
import { fieldAt, isFields, listAt, wholeSeconds } from '../api/kube-object.js';
import { imageIdOf } from './images.js';
import type { ContainerState, Removed, Run } from './pod-state.js';
import { hasExited, imageOf, isReady, isRunning, isStarted } from './pod-state.js';

const replacedMessage = 'The container is removed because RestartAllContainers in place';

const idOf = (run: Run): string => `containerd://${run.containerId}`;

const madeUp: Readonly<Record<Removed['how'], Fields>> = {
  lost: {
    exitCode: 137,
    reason: 'ContainerStatusUnknown',
    message: 'The container could not be located when the pod was deleted.  The container used to be Running',
    startedAt: null,
    finishedAt: null,
  },
  replaced: {
    exitCode: 137,
    reason: 'RestartingAllContainers',
    message: replacedMessage,
    startedAt: null,
    finishedAt: null,
  },
};

function terminated(run: Run | Removed): Fields {
  if ('how' in run) return madeUp[run.how];
  return {
    exitCode: run.exitCode ?? 0,
    reason: run.reason ?? '',
    ...(run.message === undefined ? {} : { message: run.message }),
    startedAt: wholeSeconds(run.startedAt ?? 0),
    finishedAt: wholeSeconds(run.finishedAt ?? 0),
    containerID: idOf(run),
  };
}

const neverSeen: Fields = {
  exitCode: 137,
  reason: 'ContainerStatusUnknown',
  message: 'The container could not be located when the pod was terminated',
  startedAt: null,
  finishedAt: null,
};

type Shown = { state: Fields; lastState: Fields; shown: Run | Removed | undefined };

function known(container: ContainerState, run: Run): ContainerState {
  const before = { ...container, run };
  delete before.previous;
  return before;
}

function show(container: ContainerState, idle: string, restarts: boolean): Shown {
  const { run, previous, waiting, replaced } = container;
  // Until a look has found the next instance, the one before it is all that is known.
  if (run?.seen === 'nothing' && previous && !('how' in previous))
    return show(known(container, previous), idle, restarts);
  const before = previous ? { terminated: terminated(previous) } : {};
  if (replaced) {
    const state = { waiting: { reason: 'RestartingAllContainers', message: replacedMessage } };
    return { state, lastState: before, shown: { ...replaced, attempt: replaced.attempt + 1 } };
  }
  if (run && isRunning(container)) {
    return { state: { running: { startedAt: wholeSeconds(run.startedAt ?? 0) } }, lastState: before, shown: run };
  }
  if (run && hasExited(container)) {
    // What will not be run again is shown as it ended. An init container that exited 0 is shown so, even if it is retried because memory ran out (convertToAPIContainerStatuses; recorded: oom).
    const done = container.role !== 'app' && run.exitCode === 0;
    if (container.lost)
      return { state: { terminated: neverSeen }, lastState: { terminated: terminated(run) }, shown: run };
    if (!waiting || done || !restarts) return { state: { terminated: terminated(run) }, lastState: before, shown: run };
    return { state: { waiting }, lastState: { terminated: terminated(run) }, shown: run };
  }
  if (container.lost) return { state: { terminated: neverSeen }, lastState: before, shown: previous };
  return { state: { waiting: waiting ?? { reason: idle } }, lastState: before, shown: previous };
}

const mountsOf = ({ spec }: ContainerState): Fields[] =>
  listAt(spec, 'volumeMounts')
    .filter(isFields)
    .map(({ name, mountPath, readOnly }) => ({
      name,
      mountPath,
      ...(readOnly === true ? { readOnly, recursiveReadOnly: 'Disabled' } : {}),
    }));

/** What is allocated to it, and what it has: a resize tells the one before the other. */
function resourcesOf(container: ContainerState): Fields {
  const resources = fieldAt(container.spec, 'resources');
  const requests = fieldAt(resources, 'requests');
  const had = isRunning(container) ? container.resourcesBefore : undefined;
  return {
    ...(isFields(requests) ? { allocatedResources: requests } : {}),
    resources: had ?? (isFields(resources) ? resources : {}),
  };
}

/**
 * The container status as a kubelet 1.36 writes it (recorded).
 *
 * @param idle the reason for waiting when there is no better one
 * @param restarts whether it is run again after an end like its last
 */
export function containerStatus(container: ContainerState, idle: string, restarts: boolean): Fields {
  const { state, lastState, shown } = show(container, idle, restarts);
  const mounts = mountsOf(container);
  const created = shown && !('how' in shown) ? shown : undefined;
  return {
    name: container.name,
    state,
    lastState,
    ready: isReady(container),
    restartCount: shown?.attempt ?? 0,
    image: created?.image ?? imageOf(container),
    imageID: created ? imageIdOf(created.image) : '',
    ...(created ? { containerID: idOf(created) } : {}),
    ...(container.role === 'ephemeral'
      ? {}
      : { started: container.role === 'init' ? isRunning(container) : isStarted(container) }),
    ...(created ? resourcesOf(container) : {}),
    ...(mounts.length > 0 ? { volumeMounts: mounts } : {}),
  };
}
