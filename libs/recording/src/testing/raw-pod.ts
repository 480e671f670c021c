/** A Kubernetes object as a frame would bring it, free to be of any shape. */
export type RawObject = Record<string, unknown>;

/** What a test is about; all else has a dull default. */
export type PodShape = Readonly<{
  uid?: string;
  resourceVersion?: string;
  metadata?: RawObject;
  spec?: RawObject;
  status?: RawObject;
}>;

/** A pod with one init container that has ended and one container that runs, as its API server shows it. */
export function rawPod({ uid = nthUid(1), resourceVersion = '7', metadata, spec, status }: PodShape = {}): RawObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'web',
      namespace: 'shop',
      uid,
      resourceVersion,
      creationTimestamp: '2026-11-21T02:00:00Z',
      managedFields: [writtenBy('kubelet', '2026-11-21T02:00:09Z', 'status')],
      ...metadata,
    },
    spec: {
      initContainers: [{ name: 'prepare', image: 'busybox:1.28' }],
      containers: [{ name: 'app', image: 'nginx' }],
      restartPolicy: 'Always',
      ...spec,
    },
    status: {
      phase: 'Running',
      conditions: [condition('Initialized', 'True'), condition('ContainersReady', 'True'), condition('Ready', 'True')],
      initContainerStatuses: [containerStatus('prepare', { ready: true, state: { terminated: { exitCode: 0 } } })],
      containerStatuses: [containerStatus('app', { ready: true })],
      ...status,
    },
  };
}

/** The nth uid. */
export function nthUid(n: number): string {
  return `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
}

export function condition(type: string, status: string, more: RawObject = {}): RawObject {
  return { type, status, lastTransitionTime: '2026-11-21T02:00:09Z', ...more };
}

/** A container that runs, unless told otherwise. */
export function containerStatus(name: string, more: RawObject = {}): RawObject {
  const state = { running: { startedAt: '2026-11-21T02:00:08Z' } };
  return { name, restartCount: 0, containerID: `containerd://${name}-0`, state, ready: false, ...more };
}

/** An entry of managedFields. */
export function writtenBy(manager: string, time: string, subresource?: string): RawObject {
  return { manager, operation: 'Update', time, subresource, fieldsType: 'FieldsV1', fieldsV1: { 'f:status': {} } };
}
