import { describe, expect, it } from 'vitest';
import { condition, nthUid, writtenBy } from '../testing/raw-pod.js';
import { Masking } from './masking.js';
import { reduceEvent, reduceNamespace, reduceNode, reduceOwner } from './reduce-others.js';

const masking = new Masking({ key: 'a key', commands: 'masked' });
const plain = (parts: ReadonlyMap<string, string> | undefined) =>
  Object.fromEntries([...(parts ?? [])].map(([name, text]) => [name, JSON.parse(text) as unknown]));

describe('reduceNode', () => {
  const node = {
    metadata: { name: 'node-a', uid: nthUid(2), resourceVersion: '9', labels: { zone: 'a' }, annotations: { a: 'b' } },
    spec: {
      podCIDR: '10.0.0.0/24',
      unschedulable: true,
      taints: [
        { key: 'b', effect: 'NoExecute' },
        { key: 'a', effect: 'NoSchedule' },
      ],
    },
    status: {
      allocatable: { cpu: '2' },
      capacity: { cpu: '4' },
      conditions: [
        condition('Ready', 'True', { lastHeartbeatTime: '2026-11-21T02:00:00Z' }),
        condition('MemoryPressure', 'False'),
        condition('KernelDeadlock', 'False'),
      ],
      images: [{ names: ['x'], sizeBytes: 1 }],
      nodeInfo: { bootID: 'b', kubeletVersion: 'v1.36.3', machineID: 'm' },
    },
  };

  it('keeps what explains its pods: versions, conditions, taints, labels, allocatable', () => {
    expect(plain(reduceNode(node, masking).parts)).toEqual({
      metadata: { name: 'node-a', uid: nthUid(2), labels: { zone: 'a' } },
      spec: {
        unschedulable: true,
        taints: [
          { key: 'a', effect: 'NoSchedule' },
          { key: 'b', effect: 'NoExecute' },
        ],
      },
      nodeInfo: { bootID: 'b', kubeletVersion: 'v1.36.3' },
      allocatable: { cpu: '2' },
      'condition.Ready': condition('Ready', 'True'),
      'condition.MemoryPressure': condition('MemoryPressure', 'False'),
    });
  });

  it('is the same after a heartbeat and another image', () => {
    const beaten = structuredClone(node);
    beaten.status.images = [];
    beaten.status.conditions[0] = condition('Ready', 'True', { lastHeartbeatTime: '2026-11-21T02:05:00Z' });

    expect(reduceNode(beaten, masking).parts).toEqual(reduceNode(node, masking).parts);
  });
});

describe('reduceNamespace', () => {
  it('keeps uid, name, labels and deletion', () => {
    const metadata = {
      name: 'shop',
      uid: nthUid(3),
      resourceVersion: '1',
      labels: { a: 'b' },
      deletionTimestamp: '2026-11-21T02:00:00Z',
    };
    const raw = {
      metadata: { ...metadata, annotations: { x: 'y' } },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    };

    const { resourceVersion: _, ...kept } = metadata;

    expect(plain(reduceNamespace(raw, masking).parts)).toEqual({ metadata: kept });
  });
});

describe('reduceOwner', () => {
  it('keeps the chain, the template hashes, the revision and the cause of change', () => {
    const ownerReferences = [
      { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: nthUid(4), controller: true },
    ];
    const metadata = {
      name: 'web-5b8',
      namespace: 'shop',
      uid: nthUid(5),
      resourceVersion: '4',
      creationTimestamp: '2026-11-21T02:00:00Z',
      labels: { app: 'web', 'pod-template-hash': '5b8' },
      annotations: {
        'deployment.kubernetes.io/revision': '3',
        'kubernetes.io/change-cause': 'kubectl set env --token=abc123',
        'deployment.kubernetes.io/desired-replicas': '2',
      },
      ownerReferences,
    };
    const raw = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };

    expect(plain(reduceOwner(raw, { apiVersion: 'apps/v1', kind: 'ReplicaSet' }, masking).parts)['metadata']).toEqual({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      name: 'web-5b8',
      namespace: 'shop',
      uid: nthUid(5),
      creationTimestamp: '2026-11-21T02:00:00Z',
      ownerReferences,
      labels: { 'pod-template-hash': '5b8' },
      annotations: {
        'deployment.kubernetes.io/revision': '3',
        'kubernetes.io/change-cause': expect.stringMatching(/^kubectl set env --token=<masked:/) as string,
      },
    });
  });
});

describe('reduceEvent', () => {
  const event = {
    metadata: {
      name: 'web.18e9',
      namespace: 'shop',
      uid: nthUid(6),
      resourceVersion: '5',
      creationTimestamp: '2026-11-21T02:00:00Z',
      managedFields: [writtenBy('kubelet', '2026-11-21T02:00:00Z')],
    },
    involvedObject: {
      kind: 'Pod',
      name: 'web',
      namespace: 'shop',
      uid: nthUid(1),
      fieldPath: 'spec.initContainers{prepare}',
    },
    reason: 'Started',
    message: 'Container started',
    type: 'Normal',
    count: 1,
    eventTime: null,
    source: { component: 'kubelet', host: 'node-a' },
  };

  it('keeps the fields of the Event flat, with its identity, in the stream of the pod', () => {
    const reduced = reduceEvent(event, masking);
    const { metadata, eventTime: _, ...fields } = event;

    expect(reduced).toMatchObject({ uid: nthUid(6), resourceVersion: '5', streamId: nthUid(1) });
    expect(plain(reduced?.parts)['event']).toEqual({
      ...fields,
      uid: metadata.uid,
      name: metadata.name,
      namespace: metadata.namespace,
      creationTimestamp: metadata.creationTimestamp,
    });
  });

  it('is nothing for an Event about anything else', () => {
    expect(reduceEvent({ ...event, involvedObject: { kind: 'Node', name: 'node-a' } }, masking)).toBeUndefined();
  });

  it('goes to the dashed uid of a static pod, and to one of its own for a pod without uid', () => {
    const streamOf = (uid: string | undefined) =>
      reduceEvent({ ...event, involvedObject: { ...event.involvedObject, uid } }, masking)?.streamId;

    expect(streamOf('0123456789abcdef0123456789abcdef')).toBe('01234567-89ab-cdef-0123-456789abcdef');
    expect(streamOf(undefined)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('says when its message was cut', () => {
    const text = plain(reduceEvent({ ...event, message: 'x '.repeat(9_000) }, masking)?.parts)['event'];

    expect(text).toMatchObject({ truncated: true, reason: 'Started' });
  });
});
