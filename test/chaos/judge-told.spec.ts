import { describe, expect, it } from 'vitest';
import type { Instance } from '#libs/cluster-simulator';
import type { Json } from '../e2e/service.js';
import { Account } from './account.js';
import { judgeTold, type ToldCase } from './judge-told.js';
import type { Gap } from './log.js';

const key = Buffer.alloc(32, 7);
const start = Date.UTC(2026, 0, 1);
const at = (seconds: number): number => start + seconds * 1000;
const iso = (seconds: number): string => new Date(at(seconds)).toISOString();
const uidOf = (pod: number): string => `00000000-0000-4000-8000-00000000000${pod}`;

/** Pod 1 was written at resourceVersions 11 to 13, pod 2 at 21 to 23. */
function accountOf(): Account {
  const account = new Account(key);
  for (const pod of [1, 2])
    for (const nth of [1, 2, 3])
      account.note({
        resource: 'pods',
        type: nth === 1 ? 'ADDED' : 'MODIFIED',
        object: {
          metadata: { name: `web-${pod}`, namespace: 'shop', uid: uidOf(pod), resourceVersion: String(pod * 10 + nth) },
          status: { phase: nth === 1 ? 'Pending' : 'Running' },
        } as never,
        at: at(nth),
      });
  return account;
}

const instance = (pod: number, number: number, exitCode: number): Instance => ({
  podUid: uidOf(pod),
  pod: `web-${pod}`,
  namespace: 'shop',
  node: 'node-a',
  container: 'first',
  kind: 'container',
  role: 'init',
  containerId: `c${pod}${number}`,
  attempt: number,
  cycle: 1,
  order: number,
  createdAt: at(number * 10),
  startedAt: at(number * 10),
  finishedAt: at(number * 10 + 2),
  exitCode,
  reason: exitCode === 0 ? 'Completed' : 'Error',
});
const truth = [instance(1, 1, 3), instance(1, 2, 0), instance(2, 1, 0)];

const attempt = (pod: number, number: number, exitCode: number): Json => ({
  containerId: `containerd://c${pod}${number}`,
  number,
  startedAt: iso(number * 10),
  finishedAt: iso(number * 10 + 2),
  exitCode,
  reason: exitCode === 0 ? 'Completed' : 'Error',
  outcome: exitCode === 0 ? 'succeeded' : 'failed',
  duration: { lo: 1, hi: 3, seconds: 2 },
});
const podOf = (pod: number, attempts: readonly Json[], missedAttempts = 0): Json => ({
  uid: uidOf(pod),
  namespace: 'shop',
  name: `web-${pod}`,
  deletedAt: null,
  cycles: [{ number: 1, initContainers: [{ name: 'first', attempts, missedAttempts }] }],
});
const [failed, succeeded, other] = [attempt(1, 1, 3), attempt(1, 2, 0), attempt(2, 1, 0)];
const pods = [podOf(1, [failed, succeeded]), podOf(2, [other])];

/** In which the changes of pod 1 went unseen. */
const gap: Gap = { resource: 'pods', from: 11, to: 14, fromAt: at(1), toAt: at(3), cause: 'expired', position: 5 };

const judged = (told: readonly Json[], more: Partial<ToldCase> = {}) =>
  judgeTold({ pods: told, truth, account: accountOf(), gaps: [], opened: 1, at: at(100), until: 30, ...more });

describe('what is told', () => {
  it('is true that tells every attempt as it was', () => {
    expect(judged(pods)).toEqual({ untruths: [], compared: { pods: 2, podsInGaps: 0, attempts: 3 } });
  });

  it('is true that counts an attempt which it did not see', () => {
    expect(judged([podOf(1, [succeeded], 1), pods[1]]).untruths).toEqual([]);
  });

  it('is true that counts no pass in which nothing ran, and every other', () => {
    const inPass = (first: number, second: number) => [
      { ...instance(1, 1, 3), cycle: first },
      { ...instance(1, 2, 0), cycle: second },
      instance(2, 1, 0),
    ];

    expect(judged(pods, { truth: inPass(2, 2) }).untruths).toEqual([]);
    expect(judged(pods, { truth: inPass(1, 2) }).untruths.join()).toMatch(/c12: told in cycle 1, not 2/);
    expect(judged(pods, { truth: inPass(2, 4) }).untruths.join()).toMatch(/c12: told in cycle 1, not 2/);
  });

  it('is true that tells what a static pod ran under each of its mirrors, and no more than that', () => {
    const account = accountOf();
    const hash = '0123456789abcdef0123456789abcdef';
    const metadata = { namespace: 'shop', name: 'static', annotations: { 'kubernetes.io/config.mirror': hash } };
    for (const mirror of [3, 4]) {
      const object = { metadata: { ...metadata, uid: uidOf(mirror), resourceVersion: `${mirror}1` }, status: {} };
      account.note({ resource: 'pods', type: 'ADDED', object, at: at(1) });
    }
    const ran = [instance(3, 1, 3), { ...instance(3, 2, 0), cycle: 2 }].map((one) => ({ ...one, podUid: hash }));
    const [first, second] = [attempt(3, 1, 3), attempt(3, 2, 0)];
    const cycleOf = (number: number, one: Json) => podOf(3, [one]).cycles.map((cycle: Json) => ({ ...cycle, number }));
    const whole = { ...podOf(3, []), cycles: [...cycleOf(1, first), ...cycleOf(2, second)] };
    const mirrored = (...told: Json[]) =>
      judged([...pods, ...told], { account, truth: [...truth, ...ran], until: 99 }).untruths.join();

    expect(mirrored(whole, podOf(4, [second]))).toBe('');
    expect(mirrored()).toMatch(/000000000003 ran and is not told/);
    expect(mirrored(whole, podOf(4, [second, { ...second, number: 3 }]))).toMatch(/c32: is told twice/);
    expect(mirrored(whole, podOf(4, [{ ...second, exitCode: 9 }]))).toMatch(/exit code 9, in truth 0/);
    expect(mirrored(whole, podOf(4, [second], 2))).toMatch(/attempts of the mirror .*3 told, 0 to 2 in truth/);
    expect(mirrored({ ...whole, cycles: cycleOf(1, second) })).toMatch(/c32: told in cycle 1, not 2/);
  });

  it('may tell as running what the API server showed as running still', () => {
    const account = accountOf();
    const state = { running: { startedAt: iso(20) } };
    const first = { name: 'first', containerID: 'containerd://c12', restartCount: 1, state };
    const metadata = { namespace: 'shop', name: 'web-1', uid: uidOf(1), resourceVersion: '14' };
    const object = { metadata, status: { initContainerStatuses: [first] } };
    account.note({ resource: 'pods', type: 'MODIFIED', object, at: at(4) });
    const running = podOf(1, [failed, { ...succeeded, outcome: 'running' }]);

    expect(judged([running, pods[1]], { account }).untruths).toEqual([]);
    expect(judged([running, pods[1]], { account, until: 13 }).untruths.join()).toMatch(/c12: has ended/);
  });

  it('may lack attempts, and pods, of which something went unseen in a gap', () => {
    expect(judged([podOf(1, [succeeded]), pods[1]], { gaps: [gap] })).toEqual({
      untruths: [],
      compared: { pods: 2, podsInGaps: 1, attempts: 2 },
    });
    expect(judged([pods[1]], { gaps: [gap] }).untruths).toEqual([]);
  });

  it('may lack attempts, and pods, of which something went unseen before the first list, and no others', () => {
    expect(judged([pods[1]], { opened: 13 })).toEqual({
      untruths: [],
      compared: { pods: 1, podsInGaps: 0, attempts: 1 },
    });
    expect(judged([podOf(1, [succeeded]), pods[1]], { opened: 11 }).untruths).toEqual([]);
    expect(judged([pods[0]], { opened: 13 }).untruths.join()).toMatch(/000000000002 ran and is not told/);
  });

  it('may lack a pod that came after all was read', () => {
    expect(judged([pods[0]], { until: 21 }).untruths).toEqual([]);
  });

  const untrue: Readonly<Record<string, readonly [told: readonly Json[], says: RegExp, more?: Partial<ToldCase>]>> = {
    'lacks an attempt': [[podOf(1, [succeeded]), pods[1]], /attempts of shop\/web-1 first: 1 told, 2 to 2 in truth/],
    'counts more than there were': [[podOf(1, [failed, succeeded], 1), pods[1]], /first: 3 told, 2 to 2 in truth/],
    'lacks a pod': [[pods[0]], /pod 00000000-0000-4000-8000-000000000002 ran and is not told/],
    'lacks a pod where the gap was another’s': [[pods[0]], /000000000002 ran and is not told/, { gaps: [gap] }],
    'lacks a pod where the gap was of Events': [
      [pods[1]],
      /000000000001 ran and is not told/,
      { gaps: [{ ...gap, resource: 'events' }] },
    ],
    'tells an attempt that never was': [
      [podOf(1, [failed, { ...succeeded, containerId: 'containerd://x' }]), pods[1]],
      /containerd:\/\/x: never was/,
    ],
    'tells an attempt twice': [[podOf(1, [failed, succeeded, { ...succeeded, number: 3 }]), pods[1]], /is told twice/],
    'tells another exit code': [
      [podOf(1, [{ ...failed, exitCode: 1 }, succeeded]), pods[1]],
      /exit code 1, in truth 3/,
    ],
    'tells what is over as running': [
      [podOf(1, [failed, { ...succeeded, outcome: 'running' }]), pods[1]],
      /c12: has ended/,
    ],
    'tells another exit code after a gap': [
      [podOf(1, [{ ...failed, exitCode: 1 }]), pods[1]],
      /exit code 1, in truth 3/,
      { gaps: [gap] },
    ],
    'tells in a gap an attempt that never was': [
      [podOf(1, [{ ...failed, containerId: 'containerd://x' }]), pods[1]],
      /containerd:\/\/x: never was/,
      { gaps: [gap] },
    ],
  };
  it.each(Object.entries(untrue))('is found out that %s', (_, [told, says, more]) => {
    expect(judged(told, more).untruths.join('\n')).toMatch(says);
  });
});
