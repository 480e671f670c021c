import { describe, expect, test, vi } from 'vitest';
import { fieldAt, isFields, listAt, textAt, wholeSeconds } from '../api/kube-object.js';
import { scenarioNamed } from '../scenarios/index.js';
import { testCluster } from '../testing/cluster.js';
import { Truth, type Instance } from './truth.js';

const instance = (id: number, finishedAt: number | null): Instance => ({
  podUid: 'uid',
  pod: 'web',
  namespace: 'default',
  node: 'node-a',
  container: 'init',
  kind: 'container',
  role: 'init',
  containerId: String(id),
  attempt: id,
  cycle: 1,
  order: id,
  createdAt: 0,
  startedAt: 0,
  finishedAt,
  exitCode: finishedAt === null ? null : 0,
  reason: null,
});

test('the account forgets the oldest that have ended and none that runs', () => {
  const truth = new Truth(100);
  truth.begin(instance(-1, null));
  for (let i = 0; i < 1000; i++) truth.begin(instance(i, 5));
  const ids = truth.entries().map(({ containerId }) => containerId);
  expect(ids.length).toBeLessThanOrEqual(110);
  expect(ids).toContain('-1');
  expect(ids).toContain('999');
  expect(ids).not.toContain('0');
});

const told = [
  'second-fails',
  'sidecar',
  'deleted-during-init',
  'run-error',
  'oom',
  'sandbox-killed',
  'sandbox-killed-on-failure',
  'sandbox-killed-during-init',
  'reboot-after-running',
  'reboot-during-init',
  'kubelet-restart',
  'kubelet-down-during-init',
  'sidecar-startup-never',
  'post-start-hook-fails',
];

describe.each(told)('in %s', (name) => {
  const { clock, kubelets, pods } = testCluster();
  kubelets.play(scenarioNamed(name));
  clock.advance(200_000);
  const truth = new Map(kubelets.truth.entries().map((one) => [one.containerId, one]));
  const ends = pods.flatMap(({ object }) =>
    [...listAt(object, 'status', 'initContainerStatuses'), ...listAt(object, 'status', 'containerStatuses')].flatMap(
      (status) => [fieldAt(status, 'state', 'terminated'), fieldAt(status, 'lastState', 'terminated')],
    ),
  );

  test('every end that a frame tells is in the account, with its code, reason and times cut to seconds', () => {
    const real = ends.filter(isFields).filter((one) => textAt(one, 'containerID') !== '');
    expect(real.length).toBeGreaterThan(0);
    for (const end of real) {
      const known = truth.get(textAt(end, 'containerID').slice('containerd://'.length));
      expect(end).toMatchObject({
        exitCode: known?.exitCode,
        reason: known?.reason,
        startedAt: wholeSeconds(known?.startedAt ?? 0),
        finishedAt: wholeSeconds(known?.finishedAt ?? 0),
      });
    }
  });

  test('every instance of the account was told', () => {
    const ids = new Set(JSON.stringify(pods).match(/(?<=containerd:\/\/)[0-9a-f]{64}/g));
    const untold = [...truth.values()].filter(({ kind, containerId }) => kind === 'container' && !ids.has(containerId));
    expect(untold).toEqual([]);
  });
});

test('an end is told at the moment that the account has, though time goes on meanwhile', () => {
  const { clock, kubelets, pods } = testCluster();
  const now = clock.now.bind(clock);
  let readings = 0;
  vi.spyOn(clock, 'now').mockImplementation(() => now() + 1_000 * (readings += 1));
  kubelets.play(scenarioNamed('second-fails'));
  clock.advance(60_000);
  const ended = kubelets.truth.entries().filter(({ kind, finishedAt }) => kind === 'container' && finishedAt !== null);

  expect(ended.length).toBeGreaterThan(1);
  for (const { containerId, finishedAt } of ended)
    expect(JSON.stringify(pods)).toMatch(
      new RegExp(
        `"finishedAt":"${wholeSeconds(finishedAt!)}"[^}]*${containerId}|${containerId}[^}]*"finishedAt":"${wholeSeconds(finishedAt!)}"`,
      ),
    );
});

test('all containers that begin again in one sandbox are another pass', () => {
  const { clock, kubelets } = testCluster();
  kubelets.play(scenarioNamed('restart-all-containers'));
  clock.advance(40_000);
  const ofFirst = kubelets.truth.entries().filter((one) => one.pod === 'all-again' && one.container === 'first');
  expect(ofFirst.map(({ cycle }) => cycle)).toEqual([1, 2]);
  const sandboxes = kubelets.truth.entries().filter((one) => one.pod === 'all-again' && one.kind === 'sandbox');
  expect(sandboxes).toHaveLength(1);
});
