import { describe, expect, test } from 'vitest';
import { fieldAt, listAt, textAt, type StoredObject } from '../api/kube-object.js';
import { app, container, pod, type Scenario } from '../scenarios/scenario.js';
import { testCluster, type TestCluster } from '../testing/cluster.js';

const namespace = 'ends';
const web = { namespace, name: 'web' };
const waits = (name: string, graceSeconds: number, priorityClassName?: string) =>
  pod(name, {
    terminationGracePeriodSeconds: graceSeconds,
    ...(priorityClassName && { priorityClassName }),
    initContainers: [container('wait', 'sleep 600; true')],
    containers: [app],
  });
const scenario: Scenario = {
  name: namespace,
  about: '',
  lasts: 0,
  begin: [waits('web', 5), waits('dns', 2, 'system-node-critical')],
};

function begun(): TestCluster {
  const cluster = testCluster();
  cluster.kubelets.play(scenario);
  cluster.clock.advance(10_000);
  return cluster;
}

const found = ({ store }: TestCluster, name: string): StoredObject => {
  const one = store.find('pods', { namespace, name });
  if (!one) throw new Error(`${name} is gone`);
  return one;
};
const conditionOf = (object: unknown, type: string): unknown =>
  listAt(object, 'status', 'conditions').find((one) => textAt(one, 'type') === type);
const initOf = (object: unknown): unknown => listAt(object, 'status', 'initContainerStatuses')[0];
const reasonsOf = ({ events }: TestCluster): string[] => events.map(({ object }) => textAt(object, 'reason'));
const endOf = ({ kubelets }: TestCluster, name: string) =>
  kubelets.truth.entries().find((one) => one.pod === name && one.container === 'wait');

describe('an eviction by the kubelet', () => {
  test('fails the pod with its reason, its disruption and its end in one write, and leaves the object', () => {
    const cluster = begun();
    const before = cluster.pods.length;
    cluster.kubelets.nodes.evict(web, 'ephemeral-storage');
    cluster.clock.advance(20_000);
    const [write, ...more] = cluster.pods.slice(before);
    expect(more).toEqual([]);
    const message = expect.stringContaining('The node was low on resource: ephemeral-storage.') as string;
    expect(fieldAt(write?.object, 'status')).toMatchObject({ phase: 'Failed', reason: 'Evicted', message });
    expect(conditionOf(write?.object, 'DisruptionTarget')).toMatchObject({
      status: 'True',
      reason: 'TerminationByKubelet',
    });
    expect(fieldAt(initOf(write?.object), 'state', 'terminated', 'exitCode')).toBe(137);
    expect(
      reasonsOf(cluster)
        .filter((one) => /Evict|Killing/.test(one))
        .toSorted(),
    ).toEqual(['Evicted', 'EvictionThresholdMet', 'Killing']);
    expect(endOf(cluster, 'web')).toMatchObject({ exitCode: 137, cycle: 1 });
    expect(textAt(found(cluster, 'dns'), 'status', 'phase')).toBe('Pending');
  });

  test('is refused for what is not there, ended, or no reason to evict', () => {
    const { nodes } = begun().kubelets;
    expect(() => nodes.evict({ namespace, name: 'api' })).toThrow(/ends\/api/);
    expect(() => nodes.evict(web, 'patience')).toThrow(/low on memory, .*not on patience/);
    nodes.evict(web);
    expect(() => nodes.evict(web)).toThrow(/ends\/web/);
  });
});

describe('a node that is shut down', () => {
  test('ends its pods, the critical ones last, and goes', () => {
    const cluster = begun();
    cluster.kubelets.nodes.shutdown('node-a');
    cluster.clock.advance(40_000);
    for (const name of ['web', 'dns']) {
      const reason = 'Terminated';
      const message = 'Pod was terminated in response to imminent node shutdown.';
      expect(fieldAt(found(cluster, name), 'status')).toMatchObject({ phase: 'Failed', reason, message });
    }
    const [ordinary, critical] = [endOf(cluster, 'web'), endOf(cluster, 'dns')];
    expect(Number(critical?.finishedAt)).toBeGreaterThan(Number(ordinary?.finishedAt) + 2000);
    expect(cluster.kubelets.truth.entries().every(({ finishedAt }) => finishedAt !== null)).toBe(true);
    expect(reasonsOf(cluster)).toContain('Shutdown');
  });

  test('gets no pod from the scheduler, rejects one that is given to it, and takes pods when it is back', () => {
    const cluster = begun();
    const bootId = () => textAt(cluster.store.find('nodes', { name: 'node-a' }), 'status', 'nodeInfo', 'bootID');
    const before = bootId();
    cluster.kubelets.nodes.shutdown('node-a');
    const given = (name: string, nodeName?: string) => {
      const { metadata, spec } = waits(name, 1);
      const wanted = { ...(spec as object), ...(nodeName && { nodeName }) };
      cluster.store.create('pods', { metadata: { ...metadata, namespace }, spec: wanted }, { manager: 'test' });
    };
    cluster.clock.advance(500);
    given('later');
    given('bound', 'node-a');
    cluster.clock.advance(1000);
    expect(fieldAt(found(cluster, 'bound'), 'status')).toMatchObject({ phase: 'Failed', reason: 'NodeShutdown' });
    expect(textAt(conditionOf(found(cluster, 'later'), 'PodScheduled'), 'message')).toContain(
      '1 node(s) had untolerated taint(s)',
    );
    cluster.clock.advance(40_000);
    cluster.kubelets.nodes.startKubelet('node-a');
    cluster.clock.advance(5000);
    expect(bootId()).not.toBe(before);
    expect(fieldAt(initOf(found(cluster, 'later')), 'state', 'running')).toBeDefined();
  });
});
