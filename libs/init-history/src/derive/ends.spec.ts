/** Ends before an initialization was complete: every row of semantics 2.9, and what the audit shows of it. */
import { describe, expect, it } from 'vitest';
import {
  end,
  ended,
  exitsOf,
  frame,
  frameEpoch,
  frameUid,
  happeningsOf,
  lastOf,
  lifeOf,
  passed,
  running,
  second,
  told,
  toldOf,
  typesOf,
  waiting,
  watched,
  type Frame,
} from '../testing/index.js';

type Bag = Record<string, unknown>;

const runs: Frame = { a: running('a0', 3) };
const killed = ended('a0', [3, 30], 137);
const asked = { deletionTimestamp: second(50), deletionGracePeriodSeconds: 30 };

const announced = (reason: string, status = 'True', since = 19): Bag => ({
  type: 'DisruptionTarget',
  status,
  reason,
  message: 'm',
  lastTransitionTime: second(since),
});

describe('an end before initialization was complete', () => {
  it.each([
    ['Evicted', 'aborted', 'EVICTION', 'evicted'],
    ['Preempting', 'aborted', 'PREEMPTION', 'preempted'],
    ['Terminated', 'aborted', 'NODE_SHUTDOWN', 'nodeShutdown'],
    ['DeadlineExceeded', 'aborted', 'DEADLINE', 'deadline'],
    ['NodeLost', 'aborted', 'NODE_LOST', 'nodeLost'],
    [undefined, 'failed', 'CRASH', undefined],
  ])('with status.reason %s is %s, %s', (reason, state, category, cause) => {
    const status = { phase: 'Failed', ...(reason ? { reason } : {}) };
    const all = watched([runs, { a: killed, status }]);
    expect(told(all)).toMatchObject({ state, category, cycles: [{ endedAt: second(30) }] });
    expect(lastOf(all, 'InitializationAborted')?.cause).toBe(cause);
  });

  it.each([
    ['DeletionByTaintManager', 'NODE_LOST', 'nodeLost'],
    ['DeletionByDeviceTaintManager', 'EVICTION', 'deviceTaint'],
    ['DeletionByPodGC', 'NODE_LOST', 'nodeLost'],
    ['PreemptionByScheduler', 'PREEMPTION', 'preempted'],
    ['EvictionByEvictionAPI', 'EVICTION', 'evicted'],
    ['TerminationByKubelet', 'EVICTION', 'evicted'],
    [null, 'DELETED', 'deleted'],
  ])(
    'by deletion, announced as %s, is %s at the request, not at the end of the grace period',
    (reason, category, cause) => {
      const conditions = reason ? [announced(reason)] : [];
      const all = watched([runs, { ...runs, conditions, metadata: asked }]);
      expect(told(all)).toMatchObject({ state: 'aborted', category, cycles: [{ endedAt: second(20) }] });
      expect(lastOf(all, 'InitializationAborted')).toMatchObject({ cause, clock: 'apiserver' });
    },
  );

  it('by PodGC, whose node is no more, has no reason but the disruption: Failed before it is deleted', () => {
    const all = watched([runs, { ...runs, conditions: [announced('DeletionByPodGC')], status: { phase: 'Failed' } }]);
    expect(told(all)).toMatchObject({ state: 'aborted', category: 'NODE_LOST' });
  });

  it('by its own failure is none of a disruption that was called off', () => {
    const conditions = [announced('PreemptionByScheduler')];
    const off = [announced('PreemptionByScheduler', 'False', 25)];
    const frames = [runs, { ...runs, conditions }, { ...runs, conditions: off }];
    expect(toldOf(...frames, { a: killed, conditions: off, status: { phase: 'Failed' } })).toMatchObject({
      state: 'failed',
      category: 'CRASH',
    });
  });

  it('by a disruption is announced once, whatever another condition does before it', () => {
    const conditions = [announced('PreemptionByScheduler')];
    const turned: Frame = { ...runs, conditions, ready: ['False', 25] };
    const over: Frame = { a: killed, conditions, status: { phase: 'Failed' } };
    const all = watched([runs, { ...runs, conditions }, turned, over]);
    expect(told(all)).toMatchObject({ state: 'aborted', category: 'PREEMPTION' });
    expect(typesOf(all).filter((type) => type === 'DisruptionAnnounced')).toHaveLength(1);
  });

  it('by its deadline is told when phase and reason say so; the condition comes first and ends nothing', () => {
    const spec = { activeDeadlineSeconds: 20 };
    const conditions = [{ type: 'Ready', status: 'False', reason: 'PodFailed', lastTransitionTime: second(21) }];
    const first = { ...runs, spec, conditions };
    expect(toldOf({ ...runs, spec }, first).state).toBe('initializing');
    const status = { phase: 'Failed', reason: 'DeadlineExceeded', message: 'Pod was active on the node longer' };
    const all = watched([{ ...runs, spec }, first, { a: killed, spec, conditions, status }]);
    expect(lastOf(all, 'InitializationAborted')).toMatchObject({
      cause: 'deadline',
      message: status.message,
      at: second(30),
    });
  });

  it('of a pod that obeyed the deletion with exit code 0 is an end all the same', () => {
    const all = watched([
      runs,
      { ...runs, metadata: asked },
      { a: ended('a0', [3, 21]), metadata: asked, status: { phase: 'Failed' } },
    ]);
    expect(told(all)).toMatchObject({ state: 'aborted', category: 'DELETED', cycles: [{ endedAt: second(20) }] });
    expect(exitsOf(told(all), 'a')).toEqual(['1: 0']);
  });

  it('of a pod whose image was never pulled has a termination that nobody lived: no attempt', () => {
    const made = { exitCode: 137, reason: 'ContainerStatusUnknown', startedAt: null, finishedAt: null };
    const of = toldOf(
      { a: waiting('ImagePullBackOff') },
      { a: waiting('ImagePullBackOff'), metadata: asked },
      { a: { restartCount: 0, state: { terminated: made } }, metadata: asked, status: { phase: 'Failed' } },
    );
    expect(of).toMatchObject({
      state: 'aborted',
      cycles: [{ initContainers: [{ attempts: [], missedAttempts: 0 }, {}] }],
    });
  });

  it('by force leaves an instance without an end: mark and DELETED came at once', () => {
    const all = watched([runs]);
    const metadata = { deletionTimestamp: second(20), deletionGracePeriodSeconds: 0 };
    all.look({ pod: frame({ ...runs, metadata }), receivedAt: second(20), gone: 'deleted' });
    expect(told(all)).toMatchObject({ state: 'aborted', category: 'DELETED', deletedAt: second(20) });
    expect(exitsOf(told(all), 'a')).toEqual(['1: unknown']);
    expect(lastOf(all, 'PodDeleted')).toMatchObject({ how: 'deleted', clock: 'watcher', endedIt: false });
  });

  it('by deletion of a pod that nobody had marked is told by its DELETED frame', () => {
    const all = watched([runs]);
    all.look({ pod: frame(runs), receivedAt: second(20), gone: 'deleted' });
    expect(told(all)).toMatchObject({ state: 'aborted', category: 'DELETED' });
    expect(lastOf(all, 'PodDeleted')).toMatchObject({ endedIt: true });
  });

  it('is none where the node is silent: statuses are stale, and nothing has ended', () => {
    const conditions = [{ type: 'Ready', status: 'False', lastTransitionTime: second(60) }];
    expect(toldOf(runs, { ...runs, conditions }).state).toBe('initializing');
  });

  it('by a node that was evicting before the pod had a status ends it before its first cycle', () => {
    const raw = frame({}) as { status: Bag };
    const none = {
      ...raw,
      status: { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' },
    };
    const of = toldOf({ pod: none, receivedAt: second(5) });
    expect(of).toMatchObject({ state: 'aborted', category: 'EVICTION', cycles: [] });
  });
});

describe('a pod that its node refused', () => {
  const refusal = (status: Bag): Frame => ({ status: { ...status, phase: 'Failed', ...nothingElse } });
  const nothingElse = { conditions: [], initContainerStatuses: [], containerStatuses: [] };

  it.each([
    ['NodeAffinity', 'Pod was rejected: Predicate NodeAffinity failed', 'failed', 'ADMISSION'],
    ['OutOfcpu', 'Pod was rejected: Node didn’t have enough resource', 'failed', 'ADMISSION'],
    ['InitContainerRestartPolicyForbidden', 'Pod was rejected: …', 'failed', 'ADMISSION'],
    ['OutOfpods', 'Pod Node didn’t have enough resource (1.25, 1.26; unproven)', 'failed', 'ADMISSION'],
    ['SomethingOfTomorrow', 'Pod was rejected: whatever it is', 'failed', 'ADMISSION'],
    ['NodeShutdown', 'Pod was rejected as the node is shutting down.', 'aborted', 'NODE_SHUTDOWN'],
    ['NodeShutdown', 'Pod was rejected: Pod was rejected as … (recorded)', 'aborted', 'NODE_SHUTDOWN'],
    ['Evicted', 'Pod was rejected: The node had condition: [DiskPressure]. (recorded)', 'aborted', 'EVICTION'],
    ['NodeShutdown', 'Pod Pod was rejected as … (1.25, 1.26; unproven)', 'aborted', 'NODE_SHUTDOWN'],
  ])('for %s has no cycle, though its status has a startTime: %s', (reason, message, state, category) => {
    const all = watched([refusal({ reason, message })]);
    expect(told(all)).toMatchObject({ state, category, cycles: [] });
    expect(lastOf(all, 'PodRejectedByNode')).toMatchObject({ reason, message });
    expect(typesOf(all)).not.toContain('PodAcceptedByNode');
  });

  it('is told refused once, and nothing else, when a kubelet that starts later names its containers after all', () => {
    const lost = { reason: 'ContainerStatusUnknown', exitCode: 137, startedAt: null, finishedAt: null };
    const status = { phase: 'Failed', reason: 'NodeShutdown', message: 'Pod was rejected: …', startTime: second(1) };
    const all = watched([
      refusal(status),
      { a: { ...waiting('PodInitializing'), state: { terminated: lost } }, app: waiting('PodInitializing'), status },
    ]);
    expect(told(all)).toMatchObject({ state: 'aborted', category: 'NODE_SHUTDOWN', cycles: [] });
    expect(typesOf(all).filter((type) => type === 'PodRejectedByNode')).toHaveLength(1);
  });

  it('after it had run there loses its conditions, and its cycle has failed', () => {
    const all = watched([
      runs,
      refusal({ reason: 'NodeAffinity', message: 'Pod was rejected: Predicate NodeAffinity failed' }),
    ]);
    expect(told(all)).toMatchObject({ state: 'failed', category: 'ADMISSION', cycles: [{ outcome: 'failed' }] });
    expect(exitsOf(told(all), 'a')).toEqual(['1: unknown']);
    const gone = happeningsOf(all).filter((one) => one.type === 'ConditionChanged' && one.to === null);
    expect(gone.map((one) => one.type === 'ConditionChanged' && one.condition)).toEqual([
      'PodScheduled',
      'PodReadyToStartContainers',
      'Initialized',
    ]);
  });
});

describe('an initialization that is complete', () => {
  const proofOf = (...frames: readonly Frame[]) => lastOf(watched(frames), 'InitializationCompleted');

  it('by its containers: all have succeeded', () => {
    expect(proofOf(runs, { ...passed, app: waiting('PodInitializing') })).toMatchObject({
      proof: 'containers',
      at: second(8),
      basis: 'observed',
    });
  });

  it('by its condition, in the first cycle, where a container’s end was not shown: an upper bound', () => {
    const of = proofOf(runs, { a: ended('a0', [3, 5]), initialized: ['True', 12] });
    expect(of).toMatchObject({ proof: 'condition', at: second(12), notBefore: second(5) });
  });

  it('by an app container that began: an upper bound, and inferred', () => {
    const of = proofOf(runs, { a: ended('a0', [3, 5]), app: running('app0', 14) });
    expect(of).toMatchObject({
      proof: 'appContainer',
      at: second(14),
      notBefore: second(5),
      basis: 'inferred',
      rule: 'app-began',
    });
  });
});

describe('a disruption that was announced', () => {
  it('stands while other conditions turn', () => {
    const ready = { type: 'Ready', status: 'False', lastTransitionTime: second(20) };
    const told1 = told(
      watched([
        { ...runs, conditions: [announced('DeletionByTaintManager')] },
        { ...runs, conditions: [announced('DeletionByTaintManager'), ready] },
        { ...runs, conditions: [announced('DeletionByTaintManager'), ready], metadata: asked },
      ]),
    );
    expect(told1).toMatchObject({ category: 'NODE_LOST' });
  });
});

describe('a mark of deletion', () => {
  const deletedAt = (of: Frame): Frame => ({ ...of, metadata: asked });

  it('stands against a completion that came after it', () => {
    const late: Frame = {
      ...passed,
      a: ended('a0', [3, 25]),
      b: ended('b0', [26, 28]),
      app: waiting('x'),
      initialized: ['True', 28],
    };
    expect(told(watched([runs, deletedAt(runs), deletedAt(late)]))).toMatchObject({ cycles: [{ outcome: 'aborted' }] });
  });

  it('is told when it came, also without a grace period or a time that can be read', () => {
    const at = (metadata: Bag) => lastOf(watched([runs, { ...runs, metadata }]), 'PodDeletionRequested')?.at;
    expect(at({ deletionTimestamp: second(50) })).toBe(second(50));
    expect(at({ deletionTimestamp: second(50), deletionGracePeriodSeconds: 0 })).toBe(second(50));
    expect(at({ deletionTimestamp: 'soon', deletionGracePeriodSeconds: 30 })).toBe('soon');
  });
});

describe('an end that is taken back', () => {
  it('by deletion is taken back when a later frame shows that it had been complete before', () => {
    const metadata = { deletionTimestamp: second(50), deletionGracePeriodSeconds: 30 };
    const all = watched([
      { ...runs },
      { a: ended('a0', [3, 5]), b: running('b0', 6), metadata },
      { ...passed, metadata },
    ]);
    expect(told(all).state).toBe('initialized');
    const aborted = lastOf(all, 'InitializationAborted');
    expect(aborted).toBeDefined();
    expect(lastOf(all, 'InitializationCompleted')?.supersedes).toBe(aborted?.id);
  });

  it('unseen, of a pod that is absent from a list, is unknown, with the span in which it went', () => {
    const all = watched([runs]);
    all.missing(frameUid, { lastSeen: second(10), foundMissing: second(70) });
    expect(told(all)).toMatchObject({
      state: 'unknown',
      deletedAt: second(70),
      cycles: [{ outcome: 'unknown', duration: { seconds: null, certainty: 'bounded' } }],
    });
    expect(exitsOf(told(all), 'a')).toEqual(['1: unknown']);
  });

  it('is taken back when a pod that a list left out is seen again, complete', () => {
    const all = watched([runs]);
    all.missing(frameUid, { lastSeen: second(10), foundMissing: second(70) });
    all.look({ pod: frame(passed), receivedAt: '2026-11-21T08:02:00.000Z', via: 'relist' });
    expect(told(all)).toMatchObject({ state: 'initialized', deletedAt: null, cycles: [{ outcome: 'completed' }] });
  });

  it('before the node took the pod needs no cycle', () => {
    const [created] = lifeOf({
      uid: frameUid,
      name: 'p',
      from: frameEpoch,
      init: [{ name: 'a', runs: [{ seconds: 1, exitCode: 0 }] }],
    }).looks;
    const marked = {
      ...created?.pod,
      metadata: { ...(created?.pod['metadata'] as Bag), deletionTimestamp: second(9), deletionGracePeriodSeconds: 0 },
    };
    const of = toldOf({ pod: marked, receivedAt: '2026-11-21T08:00:09.500Z' });
    expect(of).toMatchObject({ state: 'aborted', category: 'DELETED', cycles: [], sinceCreation: { seconds: 9 } });
  });

  it('goes on where it was when a pod that was told to be gone is seen again', () => {
    const all = watched([runs]);
    all.missing(frameUid, { lastSeen: second(10), foundMissing: second(70) });
    const deleted = lastOf(all, 'PodDeleted');
    const later = { a: { ...running('a1', 80, 1), lastState: { terminated: end('a0', [3, 60], 1) } } };
    all.look({ pod: frame(later), receivedAt: second(81), via: 'relist' });
    expect(lastOf(all, 'PodSeenAgain')).toMatchObject({ supersedes: deleted?.id, afterHow: 'missing' });
    expect(told(all)).toMatchObject({ state: 'initializing', deletedAt: null, cycles: [{ outcome: 'running' }] });
    expect(exitsOf(told(all), 'a')).toEqual(['1: 1', '1: running']);
  });

  it('may come a second time, and is then told apart from the first', () => {
    const all = watched([runs]);
    all.missing(frameUid, { lastSeen: second(10), foundMissing: second(70) });
    all.missing(frameUid, { lastSeen: second(10), foundMissing: second(71) });
    all.look({ pod: frame({ a: killed }), receivedAt: second(81), via: 'relist' });
    all.missing(frameUid, { lastSeen: second(90), foundMissing: second(95) });
    const types = typesOf(all).filter((type) => type === 'PodDeleted' || type === 'PodSeenAgain');
    expect(types).toEqual(['PodDeleted', 'PodSeenAgain', 'PodDeleted']);
    const ids = happeningsOf(all).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
