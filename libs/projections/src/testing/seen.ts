import type { InitLogCaptured, KubeEvent, Observation, Parts } from '#libs/init-history';
import type { Seen } from './ledger.js';

const start = Date.parse('2026-11-21T10:00:00Z');

/** A time, so many seconds after the tests begin. */
export const time = (seconds: number): string => new Date(start + seconds * 1000).toISOString().replace('.000Z', 'Z');

/** A uuid that ends in `number`. */
export const uid = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

const look = (at: number) =>
  ({
    reducer: 1,
    via: 'watch',
    resourceVersion: null,
    receivedAt: new Date(start + at * 1000).toISOString(),
    writes: [],
  }) as const;

const seen = (streamId: string, observation: Observation): Seen => ({ streamId, observation });

/** The same, but that other parts were seen. */
export const withParts = ({ observation, ...other }: Seen, parts: Parts): Seen => ({
  ...other,
  observation: { ...observation, parts } as Observation,
});

/** What was seen of a pod at second `at`. */
export const podSeen = (pod: number, at: number, parts: Parts): Seen =>
  seen(uid(pod), { ...look(at), type: 'PodObserved', parts });

export const podGone = (pod: number, at: number): Seen =>
  seen(uid(pod), { ...look(at), type: 'PodGone', how: 'deleted', between: null, parts: {} });

/** The log of an attempt of its init container, captured at second `at`. */
export const logSeen = (pod: number, at: number, log: Partial<InitLogCaptured>): Seen =>
  seen(uid(pod), {
    ...look(at),
    type: 'InitLogCaptured',
    container: 'migrate',
    containerId: `containerd://${pod}`,
    text: '',
    truncated: false,
    firstLineAt: null,
    lastLineAt: null,
    missing: null,
    ...log,
  });

/** A pod of the workload `api` with one init container, `migrate`, on `node-a` since second `at`. */
export const newPod = (
  pod: number,
  at: number,
  more: Readonly<{
    annotations?: object;
    owner?: number | null;
    revision?: string;
    command?: readonly string[];
    namespace?: string;
  }> = {},
): Seen =>
  podSeen(pod, at, {
    metadata: {
      uid: uid(pod),
      name: `api-${pod}`,
      namespace: more.namespace ?? 'shop',
      creationTimestamp: time(at),
      labels: { app: 'api', ...(more.revision ? { 'pod-template-hash': more.revision } : {}) },
      ...(more.annotations ? { annotations: more.annotations } : {}),
      ...(more.owner === null
        ? {}
        : {
            ownerReferences: [
              {
                apiVersion: 'apps/v1',
                kind: 'ReplicaSet',
                name: 'api-1',
                uid: uid(more.owner ?? 900),
                controller: true,
              },
            ],
          }),
    },
    spec: { nodeName: 'node-a', restartPolicy: 'Always', initContainers: ['migrate'], containers: ['app'] },
    'spec.initContainer.migrate': {
      name: 'migrate',
      image: 'migrate:1',
      ...(more.command ? { command: more.command } : {}),
    },
    'spec.container.app': { name: 'app', image: 'app:1' },
    'condition.PodScheduled': { type: 'PodScheduled', status: 'True', lastTransitionTime: time(at) },
    status: { phase: 'Pending', startTime: time(at), initContainerStatuses: ['migrate'], containerStatuses: ['app'] },
    'status.initContainer.migrate': status('migrate', { waiting: { reason: 'PodInitializing' } }),
    'status.container.app': status('app', { waiting: { reason: 'PodInitializing' } }),
  });

const status = (name: string, state: object, more: object = {}): object => ({
  name,
  state,
  lastState: {},
  ready: false,
  restartCount: 0,
  image: `${name}:1`,
  imageID: '',
  ...more,
});

/** Its init container runs since second `at`. */
export const initRuns = (pod: number, at: number): Seen =>
  podSeen(pod, at, {
    'status.initContainer.migrate': status(
      'migrate',
      { running: { startedAt: time(at) } },
      { containerID: `containerd://${pod}`, started: true },
    ),
  });

/** Its init container ended at second `to`, having run since second `from`. */
export const initEnds = (pod: number, from: number, to: number, exitCode = 0): Seen =>
  podSeen(pod, to, {
    'status.initContainer.migrate': status(
      'migrate',
      {
        terminated: {
          exitCode,
          reason: exitCode === 0 ? 'Completed' : 'Error',
          startedAt: time(from),
          finishedAt: time(to),
          containerID: `containerd://${pod}`,
        },
      },
      { containerID: `containerd://${pod}`, ready: exitCode === 0 },
    ),
    ...(exitCode === 0
      ? { 'condition.Initialized': { type: 'Initialized', status: 'True', lastTransitionTime: time(to) } }
      : {}),
  });

/** Its init container failed twice, at `at - 20` and at `at`, and waits for its next try; `message` is the kubelet's. */
export const initBacksOff = (pod: number, at: number, message: string): readonly Seen[] => [
  initEnds(pod, at - 21, at - 20, 1),
  podSeen(pod, at, {
    'status.initContainer.migrate': status(
      'migrate',
      { waiting: { reason: 'CrashLoopBackOff', message } },
      {
        containerID: `containerd://${pod}-2`,
        restartCount: 1,
        lastState: {
          terminated: {
            exitCode: 3,
            reason: 'Error',
            message: 'no such host',
            startedAt: time(at - 1),
            finishedAt: time(at),
            containerID: `containerd://${pod}-2`,
          },
        },
      },
    ),
  }),
];

/** A whole start of `seconds`, from second `at` on. */
export const goodStart = (pod: number, at: number, seconds: number): readonly Seen[] => [
  newPod(pod, at),
  initRuns(pod, at),
  initEnds(pod, at, at + seconds),
];

export const namespaceSeen = (at: number, name = 'shop', number = 800): Seen =>
  seen(uid(number), {
    ...look(at),
    type: 'NamespaceObserved',
    gone: false,
    parts: { metadata: { uid: uid(number), name } },
  });

export const nodeSeen = (at: number, kubeletVersion = 'v1.36.3'): Seen =>
  seen(uid(700), {
    ...look(at),
    type: 'NodeObserved',
    gone: false,
    parts: {
      metadata: { name: 'node-a', labels: { 'topology.kubernetes.io/zone': 'z1' } },
      nodeInfo: { bootID: 'boot-1', kubeletVersion },
    },
  });

/** The ReplicaSet of every pod here, and the Deployment above it. */
export const replicaSetSeen = (at: number): Seen =>
  ownerSeen(900, at, {
    kind: 'ReplicaSet',
    apiVersion: 'apps/v1',
    name: 'api-1',
    namespace: 'shop',
    labels: { 'pod-template-hash': '1' },
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'api', uid: uid(901), controller: true }],
  });

export const deploymentSeen = (at: number): Seen =>
  ownerSeen(901, at, { kind: 'Deployment', apiVersion: 'apps/v1', name: 'api', namespace: 'shop' });

const ownerSeen = (owner: number, at: number, metadata: object): Seen =>
  seen(uid(owner), { ...look(at), type: 'OwnerObserved', gone: false, parts: { metadata } });

/** Changes of `namespace`, or of all, may have gone unseen from second `from` to second `to`. */
export const gapSeen = (from: number, to: number, namespace: string | null = null): Seen =>
  seen(uid(600), {
    ...look(to),
    type: 'ObservationGap',
    resource: 'pods',
    namespace,
    from: time(from),
    to: time(to),
    fromResourceVersion: '1',
    toResourceVersion: '2',
    cause: 'expired',
  });

/** An Event about the object with this uid, on the stream of it. */
export const eventSeen = (objectUid: string, at: number, event: Partial<KubeEvent>): Seen =>
  seen(objectUid, {
    ...look(at),
    type: 'KubeEventObserved',
    event: {
      uid: uid(500 + at),
      name: `event.${at}`,
      namespace: 'shop',
      involvedObject: { kind: 'Pod', namespace: 'shop', uid: objectUid },
      type: 'Normal',
      count: 1,
      firstTimestamp: time(at),
      lastTimestamp: time(at),
      ...event,
    },
  });

/** A list of `resource` was complete at second `at`, as of `resourceVersion`. */
export const listSeen = (at: number, resourceVersion: string, resource = 'pods'): Seen =>
  seen(uid(600), {
    ...look(at),
    type: 'WatchOpened',
    via: 'relist',
    resourceVersion,
    resource,
    namespace: null,
    count: 0,
    watchEpoch: 0,
    serverVersion: 'v1.36.3',
  });

/** Another boot of the node, or another version of its kubelet. */
export const nodeBooted = (at: number, bootID: string, kubeletVersion = 'v1.36.3'): Seen =>
  seen(uid(700), {
    ...look(at),
    type: 'NodeObserved',
    gone: false,
    parts: { metadata: { name: 'node-a' }, nodeInfo: { bootID, kubeletVersion } },
  });
