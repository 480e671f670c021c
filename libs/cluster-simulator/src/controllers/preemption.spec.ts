import { describe, expect, test } from 'vitest';
import { listAt, textAt, type Fields, type StoredObject } from '../api/kube-object.js';
import { app, pod, type Manifest, type Step } from '../scenarios/scenario.js';
import { testCluster, type TestCluster } from '../testing/cluster.js';

const namespace = 'seats';
const seats = (count: number): Fields => ({
  ...app,
  resources: { limits: { 'example.com/seat': count } },
});
const seated = (name: string, count: number, spec: Fields = {}): Manifest =>
  pod(name, { terminationGracePeriodSeconds: 1, containers: [seats(count)], ...spec });
const priority = (name: string, value: number, rest: Fields = {}): Manifest => ({
  apiVersion: 'scheduling.k8s.io/v1',
  kind: 'PriorityClass',
  metadata: { name },
  value,
  ...rest,
});

/** One node with three seats, and two pods that have them by the twentieth second. */
function full(later: readonly Step[]): TestCluster {
  const cluster = testCluster();
  const begin = [
    priority('low', 10),
    priority('high', 1000),
    priority('peaceful', 1000, { preemptionPolicy: 'Never' }),
    seated('lowest', 1),
    seated('lower', 2, { priorityClassName: 'low' }),
  ];
  cluster.kubelets.play({ name: namespace, about: '', lasts: 0, begin, later });
  cluster.kubelets.nodes.extend('node-a', { 'example.com/seat': '3' });
  cluster.clock.advance(20_000);
  expect(names(cluster, 'Running')).toEqual(['lower', 'lowest']);
  cluster.clock.advance(20_000);
  return cluster;
}

const podsOf = ({ store }: TestCluster): StoredObject[] => store.list('pods', namespace);
const names = (cluster: TestCluster, phase: string): string[] =>
  podsOf(cluster)
    .filter((one) => textAt(one, 'status', 'phase') === phase)
    .map(({ metadata }) => metadata.name)
    .toSorted();
const whyWaits = (cluster: TestCluster, name: string): string =>
  textAt(
    listAt(cluster.store.find('pods', { namespace, name }), 'status', 'conditions').find(
      (one) => textAt(one, 'type') === 'PodScheduled',
    ),
    'message',
  );

describe('a pod that fits nowhere', () => {
  test('takes the place of no more pods than it must, the least important first', () => {
    const cluster = full([{ at: 20, apply: seated('needs-one', 1, { priorityClassName: 'high' }) }]);
    expect(names(cluster, 'Running')).toEqual(['lower', 'needs-one']);
  });

  test('takes the place of all that is less important, if it must', () => {
    const cluster = full([{ at: 20, apply: seated('needs-all', 3, { priorityClassName: 'high' }) }]);
    expect(names(cluster, 'Running')).toEqual(['needs-all']);
  });

  test.each<[string, Fields, number, string]>([
    ['is no more important', {}, 1, 'No preemption victims found for incoming pod'],
    ['asks for more than there is', { priorityClassName: 'high' }, 4, 'Preemption is not helpful for scheduling'],
    ['may not', { priorityClassName: 'peaceful' }, 1, 'preemptionPolicy=Never'],
  ])('takes no place if it %s, and says so', (_, spec, count, words) => {
    const cluster = full([{ at: 20, apply: seated('waits', count, spec) }]);
    expect(names(cluster, 'Running')).toEqual(['lower', 'lowest']);
    expect(whyWaits(cluster, 'waits')).toContain(words);
  });

  test('gets the place of a pod that goes of itself', () => {
    const cluster = full([
      { at: 20, apply: seated('waits', 1) },
      { at: 25, deletePod: 'lowest' },
    ]);
    expect(names(cluster, 'Running')).toEqual(['lower', 'waits']);
  });

  test('is refused where its class does not exist', () => {
    const { store } = testCluster();
    store.create('namespaces', { metadata: { name: namespace } }, { manager: 'test' });
    const { metadata, spec } = seated('nobody', 1, { priorityClassName: 'unheard-of' }) as Manifest & { spec: Fields };
    expect(() => store.create('pods', { metadata: { ...metadata, namespace }, spec }, { manager: 'test' })).toThrow(
      'no PriorityClass with name unheard-of was found',
    );
  });
});
