import { expect, test } from 'vitest';
import { fieldAt, listAt, textAt } from '../api/kube-object.js';
import { app, container, deployment, pod, type Scenario } from '../scenarios/scenario.js';
import { testCluster, type TestCluster } from '../testing/cluster.js';

const podSpec = (command: string) => ({ initContainers: [container('first', command)], containers: [app] });

const scenario = (command: string): Scenario => ({
  name: 'away',
  about: '',
  lasts: 60,
  begin: [pod('web', podSpec(command))],
});

function begun(command: string, afterMs: number): TestCluster {
  const cluster = testCluster();
  cluster.kubelets.play(scenario(command));
  cluster.clock.advance(afterMs);
  return cluster;
}

const writes = ({ pods, events, replicaSets }: TestCluster): number => pods.length + events.length + replicaSets.length;
const first = (object: unknown): unknown => listAt(object, 'status', 'initContainerStatuses')[0];

test('nobody writes while the API server is away: not the kubelet, not a controller, not a user', () => {
  const cluster = begun('sleep 3', 3000);
  const shop = (name: string) => deployment(name, 1, podSpec('true'));
  cluster.kubelets.play({ ...scenario(''), begin: [shop('bakery')], later: [{ at: 1, apply: shop('grocery') }] });
  cluster.clock.advance(2);
  const before = writes(cluster);
  cluster.store.outage.begin('restart', { refusesForMs: 8000, waitsForMs: 2000 });
  cluster.clock.advance(9900);
  expect(writes(cluster)).toBe(before);
  cluster.clock.advance(15_000);
  const phases = cluster.store.list('pods', 'away').map((one) => textAt(one, 'status', 'phase'));
  expect(phases).toEqual(['Running', 'Running', 'Running']);
});

test('a status that found a server which only begins to start is written late, and the newer one after it', () => {
  const cluster = begun('sleep 3', 3000);
  const before = cluster.pods.length;
  cluster.store.outage.begin('kill', { refusesForMs: 100, waitsForMs: 4900 });
  cluster.clock.advance(5000);
  const [stale, newer] = cluster.pods.slice(before).map(({ object }) => object);
  expect(fieldAt(first(stale), 'state', 'terminated', 'exitCode')).toBe(0);
  expect(textAt(stale, 'status', 'phase')).toBe('Pending');
  expect(textAt(newer, 'status', 'phase')).toBe('Running');
});

test('what happened while the server refused is merged into one write, ten seconds later at most', () => {
  const cluster = begun('sleep 3', 3000);
  const before = cluster.pods.length;
  cluster.store.outage.begin('kill', { refusesForMs: 20_000, waitsForMs: 10 });
  cluster.clock.advance(30_100);
  const [merged, ...more] = cluster.pods.slice(before).map(({ object }) => object);
  expect(more).toEqual([]);
  expect(textAt(merged, 'status', 'phase')).toBe('Running');
});

test('a kubelet that starts while the server is away takes up its pods when it answers', () => {
  const cluster = begun('sleep 30', 3000);
  cluster.store.outage.begin('kill', { refusesForMs: 10_000, waitsForMs: 10 });
  cluster.kubelets.nodes.stopKubelet('node-a');
  cluster.kubelets.nodes.startKubelet('node-a');
  const before = writes(cluster);
  cluster.clock.advance(9000);
  expect(writes(cluster)).toBe(before);
  cluster.clock.advance(40_000);
  expect(cluster.store.list('pods', 'away').map((one) => textAt(one, 'status', 'phase'))).toEqual(['Running']);
});
