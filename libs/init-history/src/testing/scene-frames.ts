/** Frames of small lives: of those in which every kind of happening is told, and of the tables of derive/. */
import { end, ended, passed, running, second, waiting, type Frame } from './frame.js';

type Bag = Record<string, unknown>;

export const scheduling = (reason: string, message: string): Frame => ({
  spec: { nodeName: null, schedulingGates: reason === 'SchedulingGated' ? [{ name: 'quota' }] : [] },
  status: {
    startTime: null,
    initContainerStatuses: [],
    containerStatuses: [],
    conditions: [{ type: 'PodScheduled', status: 'False', lastTransitionTime: second(0), reason, message }],
  },
});
export const bound: Frame = {
  status: {
    startTime: null,
    initContainerStatuses: [],
    containerStatuses: [],
    conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: second(9) }],
  },
};
export const assigned: Pick<Frame, 'conditions'> = {
  conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: second(9) }],
};
export const written = (seconds: number, subresource: string | null, manager = 'kubelet'): Frame => ({
  metadata: { generation: 2, managedFields: [{ manager, operation: 'Update', subresource, time: second(seconds) }] },
});

export const synthetic = (reason: string): Bag => ({ exitCode: 137, reason, startedAt: null, finishedAt: null });
export const begun: Frame = { a: running('a0', 3) };
export const failing: Frame = { a: ended('a0', [3, 5], 1) };
export const backOff = waiting('CrashLoopBackOff', {
  containerID: 'a0',
  state: {
    waiting: { reason: 'CrashLoopBackOff', message: 'back-off 1m20s restarting failed container=a pod=p_n(uid)' },
  },
  lastState: { terminated: end('a0', [3, 5], 1) },
});
export const lost: Frame = { ...passed, ready: ['False', 98], status: { phase: 'Running', podIP: '10.0.0.1' } };
export const again: Frame = {
  ...passed,
  app: ended('app0', [9, 98], 137),
  ready: ['True', 100],
  status: { phase: 'Running', podIP: '10.0.0.2' },
};
export const rerun: Frame = { ...again, a: running('a1', 101, 1) };
export const inPlace = (status: string, since: number): Pick<Frame, 'conditions'> => ({
  conditions: [{ type: 'AllContainersRestarting', status, lastTransitionTime: second(since) }],
});
export const removed = (id: string): Bag => ({
  containerID: id,
  restartCount: 1,
  state: { waiting: { reason: 'RestartingAllContainers' } },
  lastState: { terminated: synthetic('RestartingAllContainers') },
});
export const probed: Frame = {
  spec: { initContainers: [{ name: 'a', restartPolicy: 'Always', startupProbe: {} }, { name: 'b' }] },
};
export const sidecarOf = (image: string): Frame => ({
  spec: { initContainers: [{ name: 'a', restartPolicy: 'Always', image }, { name: 'b' }] },
});
export const sized = (cpu: string): Frame => ({
  a: { ...running('a0', 3), image: 'tool:1', imageID: 'sha256:1', resources: { requests: { cpu } } },
  spec: { initContainers: [{ name: 'a', image: 'tool:1', resources: { requests: { cpu } } }, { name: 'b' }] },
});
export const disrupted = (reason: string): Pick<Frame, 'conditions'> => ({
  conditions: [
    { type: 'DisruptionTarget', status: 'True', reason, message: 'taint manager', lastTransitionTime: second(19) },
  ],
});
export const deleting: Frame = {
  ...begun,
  metadata: { deletionTimestamp: second(50), deletionGracePeriodSeconds: 30, managedFields: [] },
};
export const refused = (reason: string): Frame => ({
  status: {
    phase: 'Failed',
    reason,
    message: 'Pod was rejected: node(s) had insufficient cpu',
    conditions: [],
    initContainerStatuses: [],
    containerStatuses: [],
  },
});
export const mirror = (uid: string): Bag => ({ 'kubernetes.io/config.mirror': uid });
