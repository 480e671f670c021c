import { describe, expect, test } from 'vitest';
import { textAt, type StoredObject } from '../api/kube-object.js';
import {
  app,
  container,
  daemonSet,
  deployment,
  job,
  statefulSet,
  type Manifest,
  type Step,
} from '../scenarios/scenario.js';
import { testCluster, type TestCluster } from '../testing/cluster.js';
import { isPodReady } from './controller.js';

const namespace = 'work';

function playing(begin: readonly Manifest[], later: readonly Step[] = []): TestCluster {
  const cluster = testCluster({ nodes: ['node-a', 'node-b'] });
  cluster.kubelets.play({ name: namespace, about: '', begin, later, lasts: 0 });
  return cluster;
}

const podsOf = ({ store }: TestCluster): StoredObject[] => store.list('pods', namespace);
const web = (seconds: number): Manifest =>
  deployment('web', 8, { initContainers: [container('init', ['sleep', String(seconds)])], containers: [app] });

describe('a Deployment', () => {
  test('rolls to a new template without ever having too few ready pods or too many pods', () => {
    const cluster = playing([web(1)], [{ at: 30, apply: web(2) }]);
    cluster.clock.advance(29_000);
    for (let step = 0; step < 400; step++) {
      cluster.clock.advance(100);
      const living = podsOf(cluster).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      expect(living.length).toBeLessThanOrEqual(10);
      expect(living.filter(isPodReady).length).toBeGreaterThanOrEqual(6);
    }
    const hashes = new Set(podsOf(cluster).map(({ metadata }) => metadata.labels?.['pod-template-hash']));
    expect(hashes.size).toBe(1);
    expect(podsOf(cluster)).toHaveLength(8);
    expect(cluster.store.list('replicasets', namespace)).toHaveLength(2);
  });

  test('goes back to its revision before, in the ReplicaSet that it had', () => {
    const cluster = playing(
      [web(1)],
      [
        { at: 30, apply: deployment('web', 8, { initContainers: [container('init', 'exit 1')], containers: [app] }) },
        { at: 60, rollBack: 'web' },
      ],
    );
    cluster.clock.advance(29_000);
    const [first] = cluster.store.list('replicasets', namespace);
    cluster.clock.advance(61_000);
    expect(podsOf(cluster).every(({ metadata }) => metadata.name.startsWith(`${first?.metadata.name}-`))).toBe(true);
    expect(podsOf(cluster).filter(isPodReady)).toHaveLength(8);
  });

  test('takes its ReplicaSets and pods with it', () => {
    const cluster = playing([web(1)], [{ at: 20, remove: { resource: 'deployments', name: 'web' } }]);
    cluster.clock.advance(19_000);
    expect(podsOf(cluster)).toHaveLength(8);
    cluster.clock.advance(10_000);
    expect(podsOf(cluster)).toHaveLength(0);
    expect(cluster.store.list('replicasets', namespace)).toHaveLength(0);
  });
});

test('a StatefulSet has its pods one after the other', () => {
  const cluster = playing([
    statefulSet('db', 3, { initContainers: [container('init', ['sleep', '3'])], containers: [app] }),
  ]);
  cluster.clock.advance(2000);
  expect(podsOf(cluster).map(({ metadata }) => metadata.name)).toEqual(['db-0']);
  cluster.clock.advance(20_000);
  expect(podsOf(cluster).map(({ metadata }) => metadata.name)).toEqual(['db-0', 'db-1', 'db-2']);
});

describe('a Job', () => {
  const failing = {
    restartPolicy: 'Never',
    initContainers: [container('init', 'exit 1')],
    containers: [container('work', ['true'])],
  };

  test('makes a new pod for one that failed, later each time, until its limit', () => {
    const cluster = playing([job('report', { backoffLimit: 2 }, failing)]);
    cluster.clock.advance(8000);
    expect(podsOf(cluster)).toHaveLength(1);
    cluster.clock.advance(10_000);
    expect(podsOf(cluster)).toHaveLength(2);
    cluster.clock.advance(200_000);
    expect(podsOf(cluster)).toHaveLength(3);
    expect(cluster.store.list('jobs', namespace)[0]?.['status']).toMatchObject({
      failed: 3,
      conditions: [{ type: 'Failed', reason: 'BackoffLimitExceeded' }],
    });
  });

  test('that is deleted takes its running pods with it', () => {
    const long = {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 1,
      initContainers: [container('init', ['sleep', '60'])],
      containers: [app],
    };
    const cluster = playing([job('report', {}, long)], [{ at: 10, remove: { resource: 'jobs', name: 'report' } }]);
    cluster.clock.advance(9000);
    expect(podsOf(cluster)).toHaveLength(1);
    cluster.clock.advance(10_000);
    expect(podsOf(cluster)).toHaveLength(0);
  });

  test('lets its finished pods go of its finalizer', () => {
    const cluster = playing([job('report', { backoffLimit: 0 }, failing)]);
    cluster.clock.advance(20_000);
    expect(podsOf(cluster).map(({ metadata }) => metadata.finalizers)).toEqual([undefined]);
  });
});

test('a namespace that is deleted goes when its pods have gone', () => {
  const cluster = playing([web(1)]);
  cluster.clock.advance(20_000);
  cluster.store.delete('namespaces', { name: namespace });
  cluster.clock.advance(1000);
  expect(cluster.store.find('namespaces', { name: namespace })?.metadata.deletionTimestamp).toBeDefined();
  cluster.clock.advance(40_000);
  expect(podsOf(cluster)).toHaveLength(0);
  expect(cluster.store.find('namespaces', { name: namespace })).toBeUndefined();
});

test('pods are spread over the nodes', () => {
  const cluster = playing([web(1)]);
  cluster.clock.advance(1000);
  const nodes = podsOf(cluster).map((pod) => textAt(pod, 'spec', 'nodeName'));
  expect(nodes.filter((node) => node === 'node-a')).toHaveLength(4);
});

describe('a DaemonSet', () => {
  const logger = (seconds: number): Manifest =>
    daemonSet('logger', {
      terminationGracePeriodSeconds: 1,
      initContainers: [container('init', ['sleep', String(seconds)])],
      containers: [app],
    });
  const nodesOf = (cluster: TestCluster): string[] =>
    podsOf(cluster)
      .map((pod) => textAt(pod, 'spec', 'nodeName'))
      .toSorted();

  test('has one pod on every node, and replaces them one after the other when its template changes', () => {
    const cluster = playing([logger(1)], [{ at: 30, apply: logger(2) }]);
    cluster.clock.advance(20_000);
    expect(nodesOf(cluster)).toEqual(['node-a', 'node-b']);
    const before = podsOf(cluster).map(({ metadata }) => metadata.uid);
    for (let step = 0; step < 300; step++) {
      cluster.clock.advance(100);
      expect(podsOf(cluster).filter(isPodReady).length).toBeGreaterThanOrEqual(1);
    }
    expect(nodesOf(cluster)).toEqual(['node-a', 'node-b']);
    expect(podsOf(cluster).filter(({ metadata }) => before.includes(metadata.uid))).toEqual([]);
  });
});

test('a CronJob keeps the last three of its Jobs that are over', () => {
  const template = { spec: { restartPolicy: 'Never', containers: [container('work', ['sleep', '1'])] } };
  const spec = { schedule: '* * * * *', jobTemplate: { spec: { template } } };
  const cluster = playing([{ apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'each-minute' }, spec }]);
  cluster.clock.advance(6.5 * 60_000);
  const names = cluster.store.list('jobs', namespace).map(({ metadata }) => metadata.name);
  expect(names).toHaveLength(3);
  expect(new Set(names).size).toBe(3);
});
