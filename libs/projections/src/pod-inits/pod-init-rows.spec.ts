import { describe, expect, it } from 'vitest';
import type { PodAccount } from '#libs/init-history';
import { account, attempt, container, cycle, soFar, unknown } from '../testing/accounts.js';
import { initAttemptRows } from './init-attempt-rows.js';
import { podInitRows } from './pod-init-rows.js';
import type { Told } from './pod-init-rows.js';

const told = (pod: PodAccount, more: Partial<Told> = {}): Told => ({
  account: pod,
  declared: [{ name: 'migrate', image: 'migrate:1' }],
  deadline: null,
  moment: { shardId: 1, position: 9, recordedAt: '2026-11-21T11:00:01.300000Z' },
  ...more,
});

const running = (seconds: number): PodAccount =>
  account({
    state: 'initializing',
    category: 'DEPENDENCY_WAIT',
    stuckSince: '2026-11-21T10:59:56Z',
    duration: soFar(seconds),
    sinceCreation: soFar(seconds + 1),
    toAppStarted: soFar(seconds),
    cycles: [
      cycle({
        outcome: 'running',
        endedAt: null,
        duration: soFar(seconds),
        phases: [
          {
            phase: 'run',
            container: 'migrate',
            attempt: 1,
            from: '2026-11-21T10:59:56Z',
            to: null,
            duration: soFar(seconds),
          },
        ],
        initContainers: [
          container({
            state: 'running',
            done: false,
            attempts: [
              attempt({ outcome: 'running', finishedAt: null, exitCode: null, reason: null, duration: soFar(seconds) }),
            ],
          }),
        ],
      }),
    ],
  });

describe('podInitRows', () => {
  it('tells a pod that no node has accepted as cycle 0', () => {
    const pending = account({ state: 'pending', category: 'SCHEDULING', node: null, cycles: [], duration: unknown });

    expect(podInitRows(told(pending))).toMatchObject([
      {
        cycle: 0,
        newest: true,
        state: 'pending',
        outcome: 'running',
        category: 'SCHEDULING',
        containers: ['migrate'],
        started_at: null,
        attempts: 0,
        contribution: null,
      },
    ]);
  });

  it('tells where a running cycle stands, and gives durations that run no number', () => {
    const deadline = {
      at: '2026-11-21T11:04:56.000Z',
      category: 'DEPENDENCY_WAIT' as const,
      thresholdSeconds: 300,
      basis: 'default 300 s',
    };

    expect(podInitRows(told(running(5), { deadline }))).toMatchObject([
      {
        cycle: 1,
        state: 'initializing',
        outcome: 'running',
        container: 'migrate',
        stuck_since: '2026-11-21T10:59:56Z',
        deadline_at: '2026-11-21T11:04:56.000Z',
        stuck_category: 'DEPENDENCY_WAIT',
        threshold_seconds: 300,
        threshold_basis: 'default 300 s',
        duration_seconds: null,
        attempts: 1,
        contribution: null,
        told_at: '2026-11-21T11:00:01.300000Z',
      },
    ]);
  });

  it.each([
    ['completed', 'initialized', null],
    ['failed', 'failed', 'migrate'],
    ['aborted', 'aborted', 'migrate'],
    ['unknown', 'unknown', 'migrate'],
  ] as const)('tells a cycle that is %s, and at which container it ended', (outcome, state, at) => {
    const last = cycle({
      outcome,
      initContainers: [container(outcome === 'completed' ? {} : { state: 'failed', done: false, category: 'CRASH' })],
    });

    expect(podInitRows(told(account({ state, cycles: [last] })))).toMatchObject([
      { outcome, state, container: at, ended_at: '2026-11-21T11:00:01Z', deadline_at: null },
    ]);
  });

  it('says that it stands at the container after a sidecar that has started', () => {
    const sidecar = container({ name: 'proxy', kind: 'sidecar', state: 'running', done: true });
    const second = container({ name: 'migrate', state: 'running', done: false });
    const newest = cycle({ outcome: 'running', initContainers: [sidecar, second] });

    expect(podInitRows(told(account({ state: 'initializing', cycles: [newest] })))).toMatchObject([
      { container: 'migrate' },
    ]);
  });

  it('serves an older cycle for what it was, whatever became of the pod since', () => {
    const first = cycle();
    const second = cycle({ number: 2, cause: 'sandboxRecreated' });

    const now = podInitRows(told(account({ cycles: [first, second] })));
    const later = podInitRows(
      told(
        account({ cycles: [first, second], status: 'Terminating', ready: '0/1', deletedAt: '2026-11-21T12:00:00Z' }),
      ),
    );

    expect(now).toMatchObject([
      { cycle: 1, newest: false, doc: { cycles: [first] }, deleted_at: null },
      { cycle: 2, newest: true, doc: { cycles: [second] } },
    ]);
    expect(later[0]?.digest).toBe(now[0]?.digest);
    expect(later[1]?.digest).not.toBe(now[1]?.digest);
  });

  it('says the same of a pod at which nothing but time has passed', () => {
    const digests = [running(5), running(65)].map((pod) => podInitRows(told(pod)).map(({ digest }) => digest));

    expect(digests[1]).toEqual(digests[0]);
  });
});

describe('initAttemptRows', () => {
  it('tells every attempt of every cycle', () => {
    const failed = attempt({ outcome: 'failed', exitCode: 137, reason: 'OOMKilled', category: 'OOM' });
    const again = attempt({ number: 2, containerId: 'containerd://2' });
    const pod = account({
      cycles: [
        cycle({ initContainers: [container({ attempts: [failed, again] })] }),
        cycle({
          number: 2,
          initContainers: [container({ attempts: [attempt({ number: 3, containerId: 'containerd://3' })] })],
        }),
      ],
    });

    expect(initAttemptRows(told(pod))).toMatchObject([
      {
        cycle: 1,
        number: 1,
        container_id: 'containerd://1',
        outcome: 'failed',
        exit_code: 137,
        category: 'OOM',
        workload_kind: 'Deployment',
      },
      { cycle: 1, number: 2, container_id: 'containerd://2', outcome: 'succeeded', duration_seconds: 5 },
      { cycle: 2, number: 3, container_id: 'containerd://3' },
    ]);
  });

  it('says the same of an attempt that runs on', () => {
    const rows = [running(5), running(65)].map((pod) =>
      initAttemptRows(told(pod)).map(({ digest, duration_seconds }) => ({ digest, duration_seconds })),
    );

    expect(rows[0]).toMatchObject([{ duration_seconds: null }]);
    expect(rows[1]).toEqual(rows[0]);
  });
});
