import { describe, expect, test } from 'vitest';
import { fieldAt, listAt, textAt, type StoredObject } from '../api/kube-object.js';
import { startSimulator } from '../index.js';
import { app, container, pod, type Scenario } from '../scenarios/scenario.js';
import { testCluster, type TestCluster } from '../testing/cluster.js';

const named = (name: string, command: string): Scenario => ({
  name: 'faults',
  about: '',
  lasts: 0,
  begin: [
    pod(name, { terminationGracePeriodSeconds: 1, initContainers: [container('first', command)], containers: [app] }),
  ],
});

function begun(command = 'sleep 2', forMs = 10_000): TestCluster {
  const cluster = testCluster();
  cluster.kubelets.play(named('web', command));
  cluster.clock.advance(forMs);
  return cluster;
}

const web = { namespace: 'faults', name: 'web' };
const podOf = ({ store }: TestCluster): StoredObject => {
  const found = store.find('pods', web);
  if (!found) throw new Error('the pod is gone');
  return found;
};
const initOf = (one: StoredObject): unknown => listAt(one, 'status', 'initContainerStatuses')[0];
const instancesOf = ({ kubelets }: TestCluster, name: string) =>
  kubelets.truth.entries().filter((one) => one.container === name);

describe('what can be done to a node', () => {
  test('a killed sandbox begins another cycle, in the account and in the frames', () => {
    const cluster = begun();
    cluster.kubelets.nodes.killSandbox(web);
    cluster.clock.advance(20_000);
    expect(instancesOf(cluster, 'first').map(({ cycle, exitCode }) => [cycle, exitCode])).toEqual([
      [1, 0],
      [2, 0],
    ]);
    expect(fieldAt(initOf(podOf(cluster)), 'restartCount')).toBe(1);
    const sandboxes = cluster.kubelets.truth.entries().filter(({ kind }) => kind === 'sandbox');
    expect(sandboxes.map(({ cycle, finishedAt }) => [cycle, finishedAt !== null])).toEqual([
      [1, true],
      [2, false],
    ]);
  });

  test('a sandbox that a scenario kills is waited for while its node is down', () => {
    const cluster = testCluster();
    cluster.kubelets.play({ ...named('web', 'sleep 2'), later: [{ at: 10, killSandbox: 'web' }] });
    cluster.clock.advance(9000);
    cluster.kubelets.nodes.reboot('node-a');
    cluster.kubelets.nodes.stopKubelet('node-a');
    cluster.clock.advance(3000);
    expect(cluster.kubelets.nodes.hasSandbox(web)).toBe(false);
    cluster.kubelets.nodes.startKubelet('node-a');
    cluster.clock.advance(30_000);
    expect(instancesOf(cluster, 'first').map(({ cycle }) => cycle)).toEqual([1, 2, 3]);
    expect(cluster.kubelets.nodes.hasSandbox(web)).toBe(true);
  });

  test('a sandbox that a scenario kills, and that never comes, ends nothing but the waiting', () => {
    const cluster = testCluster();
    cluster.kubelets.play({ ...named('web', 'sleep 2'), later: [{ at: 10, killSandbox: 'web' }] });
    cluster.clock.advance(9000);
    cluster.kubelets.nodes.stopKubelet('node-a');
    cluster.kubelets.nodes.loseNode('node-a');
    cluster.clock.advance(120_000);
    expect(cluster.kubelets.nodes.hasSandbox(web)).toBe(false);
    expect(instancesOf(cluster, 'first').map(({ cycle }) => cycle)).toEqual([1]);
  });

  test('a reboot ends everything at one moment and changes the boot id', () => {
    const cluster = begun();
    const bootId = (): string =>
      textAt(cluster.store.find('nodes', { name: 'node-a' }), 'status', 'nodeInfo', 'bootID');
    const before = bootId();
    cluster.kubelets.nodes.reboot('node-a');
    const ended = cluster.kubelets.truth.entries().filter(({ finishedAt }) => finishedAt === cluster.clock.now());
    expect(ended.map(({ kind }) => kind).toSorted()).toEqual(['container', 'sandbox']);
    cluster.clock.advance(20_000);
    expect(bootId()).not.toBe(before);
    expect(textAt(podOf(cluster), 'status', 'phase')).toBe('Running');
    expect(instancesOf(cluster, 'first').map(({ cycle }) => cycle)).toEqual([1, 2]);
    expect(cluster.events.some(({ object }) => textAt(object, 'reason') === 'Rebooted')).toBe(true);
  });

  test('a dead kubelet tells nothing while its containers go on, and all of it when it is back', () => {
    const cluster = begun('sleep 20', 5000);
    const told = cluster.pods.length;
    cluster.kubelets.nodes.stopKubelet('node-a');
    cluster.clock.advance(30_000);
    expect(cluster.pods).toHaveLength(told);
    expect(instancesOf(cluster, 'first').map(({ exitCode }) => exitCode)).toEqual([0]);
    cluster.kubelets.nodes.startKubelet('node-a');
    cluster.clock.advance(5000);
    expect(textAt(podOf(cluster), 'status', 'phase')).toBe('Running');
  });

  test('a lost node is told not ready by others, and its pods are marked for deletion and stay', () => {
    const cluster = begun();
    cluster.kubelets.nodes.loseNode('node-a');
    cluster.clock.advance(60_000);
    const ready = (object: unknown): string =>
      textAt(
        listAt(object, 'status', 'conditions').find((one) => textAt(one, 'type') === 'Ready'),
        'status',
      );
    expect(ready(cluster.store.find('nodes', { name: 'node-a' }))).toBe('Unknown');
    expect(ready(podOf(cluster))).toBe('False');
    cluster.clock.advance(300_000);
    expect(podOf(cluster).metadata.deletionTimestamp).toBeDefined();
    expect(listAt(podOf(cluster), 'status', 'conditions').map((one) => textAt(one, 'reason'))).toContain(
      'DeletionByTaintManager',
    );
    cluster.clock.advance(300_000);
    expect(podOf(cluster).metadata.deletionTimestamp).toBeDefined();
  });

  test('what happens while the kubelet cannot reach the API arrives merged into one write', () => {
    const cluster = begun('sleep 2', 1000);
    const told = cluster.pods.length;
    cluster.kubelets.nodes.cutFromApi('node-a', 20_000);
    cluster.clock.advance(19_000);
    expect(cluster.pods).toHaveLength(told);
    cluster.clock.advance(5000);
    expect(cluster.pods).toHaveLength(told + 1);
    expect(textAt(podOf(cluster), 'status', 'phase')).toBe('Running');
    expect(fieldAt(initOf(podOf(cluster)), 'state', 'terminated', 'exitCode')).toBe(0);
  });

  test('what is not there is refused by name', () => {
    const { nodes } = begun().kubelets;
    expect(() => nodes.reboot('node-z')).toThrow(/node-z; there are node-a/);
    expect(() => nodes.killSandbox({ namespace: 'faults', name: 'api' })).toThrow(/faults\/api/);
  });
});

test('the same by request, with a refusal that says what is wrong', async () => {
  const simulator = await startSimulator({ seed: 3 });
  try {
    const ask = async (body: unknown) => {
      const answer = await fetch(`${simulator.url}/simulator/faults`, { method: 'POST', body: JSON.stringify(body) });
      return { status: answer.status, text: await answer.text() };
    };
    expect((await ask({ fault: 'stopKubelet', node: 'node-a' })).status).toBe(200);
    expect((await ask({ fault: 'startKubelet', node: 'node-a' })).status).toBe(200);
    expect(await ask({ fault: 'reboot', node: 'node-z' })).toMatchObject({
      status: 400,
      text: expect.stringContaining('no node is called node-z') as string,
    });
    expect((await ask({ fault: 'reboot' })).text).toContain('node must be named');
    expect((await ask({ fault: 'evict', namespace: 'default', pod: 'web', lowOn: 'patience' })).text).toContain(
      'low on',
    );
    expect((await ask({ fault: 'shutdown', node: 'node-a' })).status).toBe(200);
    expect((await ask({ fault: 'killSandbox', namespace: 'default', pod: 'web' })).status).toBe(400);
  } finally {
    await simulator.close();
  }
});
