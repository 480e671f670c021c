/** The tables of reasons (semantics 3.1 to 3.4), as the derivation tells them. */
import { describe, expect, it } from 'vitest';
import {
  allOf,
  end,
  ended,
  frameUid,
  running,
  second,
  told,
  toldOf,
  waiting,
  watched,
  type Frame,
} from '../testing/index.js';

type Bag = Record<string, unknown>;

describe('a waiting reason', () => {
  it.each([
    ['PodInitializing', 'PENDING'],
    ['ContainerCreating', 'PENDING'],
    ['', 'RUNTIME'],
    ['ErrImagePull', 'IMAGE_PULL'],
    ['ImagePullBackOff', 'IMAGE_PULL'],
    ['ErrImageNeverPull', 'IMAGE_PULL'],
    ['InvalidImageName', 'IMAGE_PULL'],
    ['ImageInspectError', 'RUNTIME'],
    ['RegistryUnavailable', 'IMAGE_PULL'],
    ['SignatureValidationFailed', 'IMAGE_PULL'],
    ['CreateContainerConfigError', 'CONFIG'],
    ['CreateContainerError', 'RUNTIME'],
    ['PreCreateHookError', 'RUNTIME'],
    ['PreStartHookError', 'RUNTIME'],
    ['RunContainerError', 'START'],
    ['PostStartHookError', 'HOOK'],
    ['RestartingAllContainers', 'RESTART_ALL'],
    ['text that an error brought along', 'UNKNOWN'],
  ])('%j of the container whose turn it is, is %s', (reason, category) => {
    const all = watched([{ a: waiting(reason) }]);
    expect(allOf(all, 'InitContainerWaiting')).toMatchObject([{ container: 'a', index: 0, reason, category }]);
    expect(told(all)).toMatchObject({ state: 'initializing', category });
  });

  it('is that of the instance before it in a crash loop, which has no cause of its own', () => {
    const oom = { ...end('a0', [3, 5], 137), reason: 'OOMKilled' };
    const looping = waiting('CrashLoopBackOff', { containerID: 'a0', lastState: { terminated: oom } });
    const all = watched([{ a: running('a0', 3) }, { a: looping }]);
    expect(allOf(all, 'InitContainerWaiting').at(-1)).toMatchObject({ reason: 'CrashLoopBackOff', category: 'OOM' });
  });

  it('of a container whose turn has not come says nothing', () => {
    const all = watched([{ a: running('a0', 3), b: waiting('ErrImagePull') }]);
    expect(allOf(all, 'InitContainerWaiting')).toEqual([]);
  });

  it('that alternates with another is told each time, by ids of their own', () => {
    const pull = (reason: string): Frame => ({ a: waiting(reason) });
    const all = watched(['ErrImagePull', 'ImagePullBackOff', 'ErrImagePull', 'ImagePullBackOff'].map(pull));
    const waits = allOf(all, 'InitContainerWaiting');
    expect(waits.map(({ waitSeq }) => waitSeq)).toEqual([1, 2, 3, 4]);
    expect(new Set(waits.map(({ id }) => id)).size).toBe(4);
    const backOffs = allOf(all, 'InitContainerBackoffEntered');
    expect(backOffs.map(({ kind }) => kind)).toEqual(['image', 'image']);
    expect(new Set(backOffs.map(({ id }) => id)).size).toBe(2);
  });

  it('of a back-off tells its delay, which is no constant', () => {
    const message = 'back-off 1m20s restarting failed container=a pod=p_n(u)';
    const state = { waiting: { reason: 'CrashLoopBackOff', message } };
    const all = watched([
      { a: { containerID: 'a0', restartCount: 0, state, lastState: { terminated: end('a0', [3, 5], 1) } } },
    ]);
    expect(allOf(all, 'InitContainerBackoffEntered')).toMatchObject([{ kind: 'crash', delaySeconds: 80 }]);
  });
});

describe('an end', () => {
  it.each([
    ['Completed', 0, 'succeeded', null, null],
    ['Error', 1, 'failed', 'CRASH', null],
    ['Error', 126, 'failed', 'CRASH', null],
    ['Error', 137, 'failed', 'CRASH', 9],
    ['Error', 143, 'failed', 'CRASH', 15],
    ['OOMKilled', 137, 'failed', 'OOM', 9],
    ['OOMKilled', 0, 'failed', 'OOM', null],
    ['StartError', 128, 'failed', 'START', null],
    ['ContainerCannotRun', 127, 'failed', 'START', null],
    ['Unknown', 255, 'failed', 'NODE_OR_RUNTIME_LOST', null],
    ['seccomp killed', 159, 'failed', 'SECURITY', 31],
  ])('with %s and %d has %s: category %s, signal %s', (reason, exitCode, ...[outcome, category, signal]) => {
    const a = { ...ended('a0', [3, 5]), state: { terminated: { ...end('a0', [3, 5], exitCode), reason } } };
    const [finished] = allOf(watched([{ a: running('a0', 3) }, { a }]), 'InitContainerFinished');
    expect(finished).toMatchObject({ exitCode, reason, outcome, category, signal, durationMs: 2000, from: 'state' });
  });

  it.each(['ContainerStatusUnknown', 'RestartingAllContainers'])('with %s is none: nobody lived it', (reason) => {
    const made = { exitCode: 137, reason, startedAt: null, finishedAt: null };
    const lost = waiting('PodInitializing', { restartCount: 1, lastState: { terminated: made } });
    const all = watched([{ a: running('a0', 3) }, { a: lost }]);
    expect(allOf(all, 'InitContainerFinished')).toEqual([]);
    expect(allOf(all, 'InitContainerOutcomeUnknown')).toMatchObject([
      { containerId: 'a0', reason, at: null, basis: 'inferred' },
    ]);
    expect(told(all).cycles[0]?.initContainers[0]).toMatchObject({
      missedAttempts: 0,
      attempts: [{ outcome: 'unknown' }],
    });
  });
});

describe('a condition', () => {
  const turned = (type: string, status: string, reason: string | undefined, since: number): Bag => ({
    type,
    status,
    ...(reason ? { reason } : {}),
    lastTransitionTime: second(since),
  });

  it.each([
    ['Initialized', 'False', 'ContainersNotInitialized', 'node'],
    ['Initialized', 'False', 'UnknownContainerStatuses', 'node'],
    ['Ready', 'False', 'ContainersNotReady', 'node'],
    ['Ready', 'False', 'ReadinessGatesNotReady', 'node'],
    ['Ready', 'False', 'PodFailed', 'node'],
    ['Ready', 'False', 'PodCompleted', 'node'],
    ['DisruptionTarget', 'True', 'EvictionByEvictionAPI', 'apiserver'],
  ])('%s %s, %s, is told with its stamp, of the clock of the %4$s', (type, status, reason, clock) => {
    const all = watched([{ a: running('a0', 3), conditions: [turned(type, status, reason, 7)] }]);
    const changes = allOf(all, 'ConditionChanged').filter(({ condition }) => condition === type);
    expect(changes.at(-1)).toMatchObject({ to: status, reason, at: second(7), precisionMs: 1000, clock });
  });

  it.each(['SchedulingGated', 'Unschedulable', 'SchedulerError'])(
    'PodScheduled False with %s holds the pod up',
    (reason) => {
      const conditions = [turned('PodScheduled', 'False', reason, 1)];
      const all = watched([
        {
          status: { startTime: undefined, conditions, initContainerStatuses: undefined, containerStatuses: undefined },
        },
      ]);
      expect(allOf(all, 'SchedulingBlocked')).toMatchObject([{ reason, at: second(1), clock: 'apiserver', cycle: 0 }]);
      expect(told(all)).toMatchObject({
        state: 'pending',
        category: reason === 'SchedulingGated' ? 'GATED' : 'SCHEDULING',
      });
    },
  );

  it.each([
    ['SchedulingGated', second(4)],
    ['Unschedulable', null],
  ])('PodScheduled True after %s tells that gates went by then: %s', (reason, ungatedAt) => {
    const unbound = { startTime: undefined, initContainerStatuses: undefined, containerStatuses: undefined };
    const all = watched([
      { status: { ...unbound, conditions: [turned('PodScheduled', 'False', reason, 1)] } },
      { status: { conditions: [turned('PodScheduled', 'True', undefined, 4)] } },
    ]);
    expect(all.pods.get(frameUid)?.ungatedAt).toBe(ungatedAt);
  });

  it.each([
    ['SchedulingGated', 'Unschedulable', true],
    ['SchedulingGated', 'SchedulingGated', false],
    ['Unschedulable', 'SchedulerError', false],
  ])('PodScheduled False with %s and then with %s tells that gates went: %s', (reason, then, went) => {
    const unbound = { startTime: undefined, initContainerStatuses: undefined, containerStatuses: undefined };
    const looks = [turned('PodScheduled', 'False', reason, 1), turned('PodScheduled', 'False', then, 4)];
    const all = watched(looks.map((one) => ({ status: { ...unbound, conditions: [one] } })));
    expect(all.pods.get(frameUid)?.ungatedAt !== null).toBe(went);
  });

  it('whose reason alone changed is told again', () => {
    const [first, next] = [turned('Ready', 'False', 'ContainersNotReady', 1), turned('Ready', 'False', 'PodFailed', 1)];
    const all = watched([{ conditions: [first] }, { conditions: [next] }]);
    const reasons = allOf(all, 'ConditionChanged').filter(({ condition }) => condition === 'Ready');
    expect(reasons.map(({ reason }) => reason)).toEqual(['ContainersNotReady', 'PodFailed']);
  });
});

describe('an OOM kill with exit code 0', () => {
  it('is no success, whatever ready and Initialized say: it is retried', () => {
    const oom = { ...end('a0', [3, 5], 0), reason: 'OOMKilled' };
    const shown = { containerID: 'a0', restartCount: 0, ready: true, state: { terminated: oom } };
    const of = toldOf({ a: running('a0', 3) }, { a: shown, b: ended('b0', [6, 7]), initialized: ['True', 7] });
    expect(of).toMatchObject({ state: 'initializing', category: 'OOM' });
    expect(of.findings.map(({ kind }) => kind)).toEqual(['oomKilledWithExitZero']);
  });
});
