import type { RawPod } from './parts-of.js';

/** When the pods of `frame` were created: second 0 of their times. */
export const frameEpoch = Date.parse('2026-11-21T08:00:00Z');

/** A time of the node, cut to whole seconds. */
export const second = (of: number): string => new Date(frameEpoch + of * 1000).toISOString().replace('.000Z', 'Z');

type Bag = Record<string, unknown>;

/** The status of a container that runs. */
export const running = (id: string, start: number, restartCount = 0): Bag => ({
  containerID: id,
  restartCount,
  started: true,
  state: { running: { startedAt: second(start) } },
});

/** The termination of an instance: when it began and ended, and its exit code. */
export const end = (id: string, [start, finish]: readonly [number, number], exitCode = 0): Bag => ({
  exitCode,
  reason: exitCode === 0 ? 'Completed' : 'Error',
  startedAt: second(start),
  finishedAt: second(finish),
  containerID: id,
});

/** The status of a container that has ended. */
export const ended = (id: string, span: readonly [number, number], exitCode = 0, restartCount = 0): Bag => ({
  containerID: id,
  restartCount,
  state: { terminated: end(id, span, exitCode) },
});

/** The status of a container that waits. */
export const waiting = (reason: string, more: Bag = {}): Bag => ({
  restartCount: 0,
  state: { waiting: { reason } },
  ...more,
});

/** What one frame shows of a pod with the init containers a and b: what is not said is as at the node's acceptance. */
export type Frame = Readonly<{
  a?: Bag;
  b?: Bag;
  app?: Bag;
  /** Status and second of PodReadyToStartContainers and of Initialized. */
  ready?: readonly [string, number];
  initialized?: readonly [string, number];
  status?: Bag;
  metadata?: Bag;
  spec?: Bag;
  conditions?: readonly Bag[];
  /** That a is a sidecar. */
  sidecar?: boolean;
}>;

const condition = (type: string, [status, since]: readonly [string, number]): Bag => ({
  type,
  status,
  lastTransitionTime: second(since),
});

/** The uid of every pod that `frame` makes. */
export const frameUid = '11111111-2222-4333-8444-555555555555';

/** A pod that the node accepted at second 1, as one frame shows it. */
export function frame({ conditions = [], sidecar, ...told }: Frame): RawPod {
  const idle = waiting('PodInitializing');
  return {
    metadata: { uid: frameUid, name: 'p', namespace: 'n', creationTimestamp: second(0), ...told.metadata },
    spec: {
      nodeName: 'node-a',
      restartPolicy: 'Always',
      initContainers: [{ name: 'a', ...(sidecar ? { restartPolicy: 'Always' } : {}) }, { name: 'b' }],
      containers: [{ name: 'app' }],
      ...told.spec,
    },
    status: {
      phase: 'Pending',
      startTime: second(1),
      conditions: [
        condition('PodScheduled', ['True', 0]),
        condition('PodReadyToStartContainers', told.ready ?? ['True', 2]),
        condition('Initialized', told.initialized ?? ['False', 1]),
        ...conditions,
      ],
      initContainerStatuses: [
        { name: 'a', ...(told.a ?? idle) },
        { name: 'b', ...(told.b ?? idle) },
      ],
      containerStatuses: [{ name: 'app', ...(told.app ?? idle) }],
      ...told.status,
    },
  };
}

/** The frame of a pod that was initialized at second 8. */
export const passed: Frame = {
  a: ended('a0', [3, 5]),
  b: ended('b0', [6, 8]),
  initialized: ['True', 8],
  app: running('app0', 9),
  status: { phase: 'Running' },
};
