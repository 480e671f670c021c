import { expect, test } from 'vitest';
import { fieldAt, listAt, textAt } from '../api/kube-object.js';
import { testCluster, type TestCluster } from '../testing/cluster.js';
import { scenarioNamed, scenarios } from './index.js';

function played(name: string, seconds: number): TestCluster {
  const cluster = testCluster({ nodes: ['node-a', 'node-b', 'node-c'] });
  cluster.kubelets.play(scenarioNamed(name));
  cluster.clock.advance(seconds * 1000);
  return cluster;
}

test('a sandbox that fails is told by events alone, until it succeeds', () => {
  const { pods, events } = played('sandbox-failure', 90);
  const failures = events.filter(({ object }) => textAt(object, 'reason') === 'FailedCreatePodSandBox');
  expect(failures.at(-1)?.object).toMatchObject({
    count: 4,
    message: expect.stringContaining('no IP addresses available') as string,
  });
  expect(JSON.stringify(pods)).not.toContain('IP addresses');
  expect(pods.map(({ object }) => textAt(object, 'status', 'phase')).at(-1)).toBe('Running');
});

test('a bad rollout of forty gets stuck at its surge and is rolled back', () => {
  const cluster = played('bad-rollout-of-forty', 190);
  const failing = cluster.store
    .list('pods', 'bad-rollout-of-forty')
    .filter((pod) =>
      listAt(pod, 'status', 'initContainerStatuses').some((one) => Number(fieldAt(one, 'restartCount')) > 0),
    );
  expect(failing).toHaveLength(20);
  cluster.clock.advance(60_000);
  const pods = cluster.store.list('pods', 'bad-rollout-of-forty');
  expect(pods).toHaveLength(40);
  expect(pods.every((pod) => textAt(pod, 'status', 'phase') === 'Running')).toBe(true);
});

test('every scenario has a name of its own and ends as it says', () => {
  expect(new Set(scenarios.map(({ name }) => name)).size).toBe(scenarios.length);
  for (const { later = [], lasts } of scenarios) for (const { at } of later) expect(at).toBeLessThan(lasts);
});

test('an unknown scenario is refused with the names of those there are', () => {
  expect(() => scenarioNamed('nothing')).toThrow(/nginx-page/);
});
