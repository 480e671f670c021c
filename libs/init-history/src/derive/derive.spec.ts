/** Rules of semantics 2.4, 2.9, 7 and 8.2 that no recording shows, or that must hold whatever a recording shows. */
import { describe, expect, it } from 'vitest';
import { noContext, podAccount, type Context, type PodAccount } from '../index.js';
import { lifeOf, Watched, type LookAt, type RawPod } from '../testing/index.js';

const from = Date.parse('2026-11-21T08:00:00Z');
const at = from + 600_000;
const time = (second: number): string => new Date(from + second * 1000).toISOString().replace('.000Z', 'Z');
const uid = 'u-1';

type Bag = Record<string, unknown>;
const running = (id: string, second: number, restartCount = 0): Bag => ({
  containerID: id,
  restartCount,
  started: true,
  state: { running: { startedAt: time(second) } },
});
const end = (id: string, [start, finish]: readonly [number, number], exitCode = 0): Bag => ({
  exitCode,
  reason: exitCode === 0 ? 'Completed' : 'Error',
  startedAt: time(start),
  finishedAt: time(finish),
  containerID: id,
});
const ended = (id: string, span: readonly [number, number], exitCode = 0, restartCount = 0): Bag => ({
  containerID: id,
  restartCount,
  state: { terminated: end(id, span, exitCode) },
});
const waiting = (reason: string, more: Bag = {}): Bag => ({ restartCount: 0, state: { waiting: { reason } }, ...more });

type Shape = Readonly<{
  a?: Bag;
  b?: Bag;
  app?: Bag;
  ready?: readonly [string, number];
  initialized?: readonly [string, number];
  status?: Bag;
  meta?: Bag;
  conditions?: readonly Bag[];
  sidecar?: boolean;
}>;

/** A pod with init containers a and b, accepted at second 1, as one frame shows it. */
function pod({ a, b, app, ready, initialized, status, meta, conditions = [], sidecar }: Shape): RawPod {
  const condition = (type: string, told: readonly [string, number]): Bag => ({
    type,
    status: told[0],
    lastTransitionTime: time(told[1]),
  });
  const idle = waiting('PodInitializing');
  return {
    metadata: { uid, name: 'p', namespace: 'n', creationTimestamp: time(0), ...meta },
    spec: {
      nodeName: 'node-a',
      restartPolicy: 'Always',
      initContainers: [{ name: 'a', ...(sidecar ? { restartPolicy: 'Always' } : {}) }, { name: 'b' }],
      containers: [{ name: 'app' }],
    },
    status: {
      phase: 'Pending',
      startTime: time(1),
      conditions: [
        condition('PodScheduled', ['True', 0]),
        condition('PodReadyToStartContainers', ready ?? ['True', 2]),
        condition('Initialized', initialized ?? ['False', 1]),
        ...conditions,
      ],
      initContainerStatuses: [
        { name: 'a', ...(a ?? idle) },
        { name: 'b', ...(b ?? idle) },
      ],
      containerStatuses: [{ name: 'app', ...(app ?? idle) }],
      ...status,
    },
  };
}

function watched(shapes: readonly (Shape | LookAt)[], context: Context = noContext): Watched {
  const all = new Watched(context);
  shapes.forEach((shape, i) => {
    const look =
      'pod' in shape ? shape : { pod: pod(shape), receivedAt: new Date(from + i * 1000 + 500).toISOString() };
    all.look(look);
  });
  return all;
}

const told = (all: Watched, context: Context = noContext): PodAccount => {
  const [history] = all.pods.values();
  if (!history) throw new Error('nothing was looked at');
  return podAccount(history, at, context);
};
const account = (...shapes: readonly (Shape | LookAt)[]): PodAccount => told(watched(shapes));
const cycles = (of: PodAccount): readonly string[] => of.cycles.map(({ cause, outcome }) => `${cause} ${outcome}`);
const types = (all: Watched): readonly string[] => (all.happenings.get(uid) ?? []).map(({ type }) => type);
const exits = (of: PodAccount, name: string): readonly string[] =>
  of.cycles.flatMap(({ number, initContainers }) =>
    initContainers
      .filter((one) => one.name === name)
      .flatMap(({ attempts }) => attempts.map(({ exitCode, outcome }) => `${number}: ${exitCode ?? outcome}`)),
  );

const passed: Shape = {
  a: ended('a0', [3, 5]),
  b: ended('b0', [6, 8]),
  initialized: ['True', 8],
  app: running('app0', 9),
  status: { phase: 'Running' },
};

describe('a sandbox that is made again', () => {
  it('begins a second cycle, though kubelets up to 1.35 count b from 0 again', () => {
    const again: Shape = { ...passed, ready: ['True', 100], app: ended('app0', [9, 98], 137) };
    const all = watched([
      { a: running('a0', 3) },
      passed,
      { ...passed, ready: ['False', 98] },
      { ...again, a: running('a1', 101, 1) },
      { ...again, a: ended('a1', [101, 102], 0, 1), b: running('b1', 103, 0) },
      { ...again, a: ended('a1', [101, 102], 0, 1), b: ended('b1', [103, 104]), app: running('app1', 105, 1) },
    ]);
    expect(cycles(told(all))).toEqual(['first completed', 'sandboxRecreated completed']);
    expect(exits(told(all), 'b')).toEqual(['1: 0', '2: 0']);
    expect(told(all).cycles[1]).toMatchObject({ startedAt: time(98), endedAt: time(104) });
  });

  it('is told by a moved time alone, and its beginning is then an upper bound', () => {
    const again: Shape = {
      ...passed,
      ready: ['True', 100],
      a: running('a1', 101, 1),
      app: ended('app0', [9, 98], 137),
    };
    const all = watched([{ a: running('a0', 3) }, passed, again]);
    expect(types(all)).toContain('SandboxLost');
    expect(told(all).cycles[1]).toMatchObject({
      cause: 'sandboxRecreated',
      startedAt: time(100),
      duration: { certainty: 'bounded' },
    });
  });

  it('of a server before 1.29, which has no such condition, is proven by the container that ran again', () => {
    const old = (shape: Shape): LookAt => {
      const raw = pod(shape) as { status: { conditions: Bag[] } };
      raw.status.conditions = raw.status.conditions.filter(({ type }) => type !== 'PodReadyToStartContainers');
      return { pod: raw as RawPod, receivedAt: '2026-11-21T08:05:00.000Z' };
    };
    const second = { ...passed, a: running('a1', 101, 1), app: ended('app0', [9, 98], 137) };
    expect(cycles(account(old({ a: running('a0', 3) }), old(passed), old(second)))).toEqual([
      'first completed',
      'sandboxRecreated running',
    ]);
  });

  it('is a reboot where the node’s boot id is another', () => {
    const node = { name: 'node-a', uid: 'n', bootId: 'one', kubeletVersion: 'v1.36.3', zone: null, ready: null };
    const all = watched([{ a: running('a0', 3) }, passed, { ...passed, ready: ['False', 98] }], { ...noContext, node });
    all.context = { ...noContext, node: { ...node, bootId: 'two' } };
    all.look({
      pod: pod({ ...passed, ready: ['True', 100], a: running('a1', 101, 1) }),
      receivedAt: '2026-11-21T08:01:42.000Z',
    });
    expect(cycles(told(all))).toEqual(['first completed', 'nodeReboot running']);
  });

  it('is corrected to a reboot when the boot id comes a moment later, by a happening that supersedes', () => {
    const node = { name: 'node-a', uid: 'n', bootId: 'one', kubeletVersion: 'v1.36.3', zone: null, ready: null };
    const again = { ...passed, ready: ['True', 100] as const, a: running('a1', 101, 1) };
    const all = watched([{ a: running('a0', 3) }, passed, { ...passed, ready: ['False', 98] }, again], {
      ...noContext,
      node,
    });
    const before = all.happenings.get(uid)?.findLast(({ type }) => type === 'InitializationStarted');
    all.context = { ...noContext, node: { ...node, bootId: 'two' } };
    const seen = {
      reducer: 1,
      via: 'watch',
      resourceVersion: '9',
      receivedAt: '2026-11-21T08:00:05.000Z',
      writes: [],
    } as const;
    all.fold(uid, { ...seen, type: 'NodeObserved', gone: false, parts: {} });
    expect(cycles(told(all))).toEqual(['first completed', 'nodeReboot running']);
    expect(all.happenings.get(uid)?.at(-1)).toMatchObject({ type: 'InitializationStarted', supersedes: before?.id });
  });

  it('that skips an init container is found out by the app container that began without it', () => {
    const second = { ...passed, ready: ['True', 100] as const };
    const all = watched([
      { a: running('a0', 3) },
      passed,
      { ...passed, ready: ['False', 98] },
      { ...second, a: ended('a1', [101, 102], 0, 1) },
      { ...second, a: ended('a1', [101, 102], 0, 1), app: running('app1', 103, 1) },
    ]);
    expect(told(all).cycles[1]?.initContainers.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'a succeeded',
      'b skipped',
    ]);
    expect(told(all).findings).toMatchObject([{ kind: 'initContainerSkipped', container: 'b' }]);
    expect(told(all).cycles[1]).toMatchObject({ outcome: 'completed', duration: { certainty: 'bounded' } });
  });

  it('is no new cycle while nothing had run in the first', () => {
    const all = account(
      { ready: ['True', 2] },
      { ready: ['False', 4] },
      { ready: ['True', 6] },
      { ready: ['True', 6], a: running('a0', 7) },
    );
    expect(cycles(all)).toEqual(['first running']);
  });
});

describe('what is no new cycle', () => {
  it('an app container that crashes and starts again', () => {
    const crashed = {
      ...passed,
      app: { ...running('app1', 20, 1), lastState: { terminated: end('app0', [9, 19], 1) } },
    };
    expect(cycles(account({ a: running('a0', 3) }, passed, crashed))).toEqual(['first completed']);
  });

  it('a failed init container that is retried: one stream, one cycle, attempts counted', () => {
    const retried = { a: { ...running('a1', 7, 1), lastState: { terminated: end('a0', [3, 5], 1) } } };
    const of = account({ a: running('a0', 3) }, { a: ended('a0', [3, 5], 1) }, retried);
    expect(cycles(of)).toEqual(['first running']);
    expect(exits(of, 'a')).toEqual(['1: 1', '1: running']);
  });

  it('an image that is changed', () => {
    const changed = pod({ ...passed }) as { spec: { initContainers: Bag[] } };
    changed.spec.initContainers = [{ name: 'a', image: 'new' }, { name: 'b' }];
    const all = watched([
      { a: running('a0', 3) },
      passed,
      { pod: changed as RawPod, receivedAt: '2026-11-21T08:05:00.000Z' },
    ]);
    expect(types(all)).toContain('InitContainerSpecChanged');
    expect(cycles(told(all))).toEqual(['first completed']);
  });

  it('a sidecar that restarts after initialization', () => {
    const proxied = { ...passed, sidecar: true, a: running('a0', 3) };
    const of = account(
      { a: running('a0', 3), sidecar: true },
      proxied,
      { ...proxied, a: ended('a0', [3, 30], 1) },
      { ...proxied, a: running('a1', 31, 1) },
    );
    expect(cycles(of)).toEqual(['first completed']);
    expect(of.cycles[0]?.endedAt).toBe(time(8));
  });
});

describe('what a late look can still tell', () => {
  it('is both instances that are visible, and how many were missed', () => {
    const late = { a: { ...running('a9', 90, 9), lastState: { terminated: end('a8', [80, 85], 1) } } };
    const of = account(late);
    expect(exits(of, 'a')).toEqual(['1: 1', '1: running']);
    expect(of.cycles[0]?.initContainers[0]).toMatchObject({
      missedAttempts: 8,
      attempts: [{ number: 9 }, { number: 10 }],
    });
    expect(of.initRestarts).toBe(9);
  });

  it('is that the end of an instance is lost when others took its place', () => {
    const late = { a: { ...running('a3', 30, 3), lastState: { terminated: end('a2', [20, 25], 1) } } };
    expect(exits(account({ a: running('a0', 3) }, late), 'a')).toEqual(['1: unknown', '1: 1', '1: running']);
  });

  it('is not that an instance was missed, when one was lost and its successor has not begun', () => {
    const lost = waiting('PodInitializing', {
      restartCount: 1,
      lastState: { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown', startedAt: null, finishedAt: null } },
    });
    const of = account(
      { a: ended('a0', [3, 5]), b: running('b0', 6) },
      { a: ended('a0', [3, 5]), b: lost },
      { a: ended('a0', [3, 5]), b: { ...lost, ...running('b1', 20, 1) } },
    );
    expect(exits(of, 'b')).toEqual(['1: unknown', '1: running']);
    expect(of.cycles[0]?.initContainers[1]?.missedAttempts).toBe(0);
  });

  it('is that an init container was done, when the kubelet says so without knowing the instance', () => {
    const said = {
      restartCount: 0,
      state: {
        terminated: {
          exitCode: 0,
          reason: 'Completed',
          startedAt: null,
          finishedAt: null,
          message: 'treat it as exited normally',
        },
      },
    };
    const of = account({ ...passed, a: said });
    expect(of).toMatchObject({
      state: 'initialized',
      cycles: [{ initContainers: [{ state: 'succeeded', attempts: [] }, {}] }],
    });
  });

  it('is that init containers ran after the app had: a pass whose beginning nobody saw', () => {
    const late = {
      ...passed,
      ready: ['True', 100] as const,
      a: running('a1', 101, 1),
      app: ended('app0', [9, 98], 137),
    };
    expect(account(late)).toMatchObject({
      state: 'initializing',
      cycles: [{ cause: 'unknown', startedAt: time(100) }],
    });
  });

  it('takes 1970 for no time: the container was never started', () => {
    const failedStart = waiting('RunContainerError', {
      containerID: 'a0',
      lastState: {
        terminated: {
          exitCode: 128,
          reason: 'StartError',
          startedAt: '1970-01-01T00:00:00Z',
          finishedAt: time(4),
          containerID: 'a0',
        },
      },
    });
    const attempt = account({ a: failedStart }).cycles[0]?.initContainers[0]?.attempts[0];
    expect(attempt).toMatchObject({
      startedAt: null,
      finishedAt: time(4),
      exitCode: 128,
      category: 'START',
      duration: { seconds: null },
    });
  });
});

describe('an end before initialization was complete', () => {
  const runs: Shape = { a: running('a0', 3) };
  const killed = ended('a0', [3, 30], 137);

  it.each([
    ['Evicted', 'aborted', 'EVICTION'],
    ['Preempting', 'aborted', 'PREEMPTION'],
    ['Terminated', 'aborted', 'NODE_SHUTDOWN'],
    ['DeadlineExceeded', 'aborted', 'DEADLINE'],
    [undefined, 'failed', 'CRASH'],
  ])('with status.reason %s is %s, %s', (reason, state, category) => {
    const status = { phase: 'Failed', ...(reason ? { reason } : {}) };
    expect(account(runs, { a: killed, status })).toMatchObject({ state, category, cycles: [{ endedAt: time(30) }] });
  });

  it.each([
    ['DeletionByTaintManager', 'NODE_LOST'],
    ['PreemptionByScheduler', 'PREEMPTION'],
    ['EvictionByEvictionAPI', 'EVICTION'],
    [null, 'DELETED'],
  ])('by deletion, announced as %s, is %s at the request, not at the end of the grace period', (reason, category) => {
    const conditions = reason
      ? [{ type: 'DisruptionTarget', status: 'True', reason, lastTransitionTime: time(19) }]
      : [];
    const meta = { deletionTimestamp: time(50), deletionGracePeriodSeconds: 30 };
    expect(account(runs, { ...runs, conditions, meta })).toMatchObject({
      state: 'aborted',
      category,
      cycles: [{ endedAt: time(20) }],
    });
  });

  it('by deletion is taken back when a later frame shows that it had been complete before', () => {
    const meta = { deletionTimestamp: time(50), deletionGracePeriodSeconds: 30 };
    const all = watched([{ ...runs }, { a: ended('a0', [3, 5]), b: running('b0', 6), meta }, { ...passed, meta }]);
    expect(told(all).state).toBe('initialized');
    expect(all.happenings.get(uid)?.find(({ type }) => type === 'InitializationCompleted')?.supersedes).not.toBeNull();
  });

  it('unseen, of a pod that is absent from a list, is unknown, with the span in which it went', () => {
    const all = watched([runs]);
    all.missing(uid, { lastSeen: time(10), foundMissing: time(70) });
    expect(told(all)).toMatchObject({
      state: 'unknown',
      deletedAt: time(70),
      cycles: [{ outcome: 'unknown', duration: { certainty: 'unknown' } }],
    });
    expect(exits(told(all), 'a')).toEqual(['1: unknown']);
  });

  it('before the node took the pod needs no cycle', () => {
    const [created] = lifeOf({
      uid,
      name: 'p',
      from,
      init: [{ name: 'a', runs: [{ seconds: 1, exitCode: 0 }] }],
    }).looks;
    const marked = {
      ...created?.pod,
      metadata: { ...(created?.pod['metadata'] as Bag), deletionTimestamp: time(9), deletionGracePeriodSeconds: 0 },
    };
    const of = account({ pod: marked, receivedAt: '2026-11-21T08:00:09.500Z' });
    expect(of).toMatchObject({ state: 'aborted', category: 'DELETED', cycles: [], sinceCreation: { seconds: 9 } });
  });
});

describe('why a pod does not go on', () => {
  it('is its node, when that is silent and the statuses are stale', () => {
    const node = {
      name: 'node-a',
      uid: 'n',
      bootId: null,
      kubeletVersion: null,
      zone: null,
      ready: { status: 'Unknown', since: time(60) },
    };
    const conditions = [{ type: 'Ready', status: 'False', lastTransitionTime: time(60) }];
    const context = { ...noContext, node };
    expect(told(watched([{ a: running('a0', 3), conditions }], context), context)).toMatchObject({
      category: 'NODE_LOST',
      stuckSince: time(60),
    });
  });

  it.each([
    ['FailedMount', 'VOLUME'],
    ['FailedCreatePodSandBox', 'SANDBOX'],
  ])('is told by the Event %s while there is no sandbox', (reason, category) => {
    const all = watched([{ ready: ['False', 1] }]);
    const event = {
      uid: 'e',
      name: 'e',
      namespace: 'n',
      involvedObject: { uid },
      reason,
      type: 'Warning',
      message: 'm',
      count: 1,
      lastTimestamp: time(10),
    };
    all.event(uid, event, time(11));
    expect(told(all)).toMatchObject({ state: 'initializing', category, stuckSince: time(1) });
    const happenings = types(all).length;
    all.event(uid, event, time(12));
    expect(types(all).length).toBe(happenings);
  });

  it('is counted from the first of several alternating reasons of one category', () => {
    const of = account(
      {},
      { a: waiting('ErrImagePull') },
      { a: waiting('ImagePullBackOff') },
      { a: waiting('ErrImagePull') },
    );
    expect(of).toMatchObject({ category: 'IMAGE_PULL', stuckSince: '2026-11-21T08:00:01.500Z' });
  });

  it('is never an ephemeral container', () => {
    const raw = pod({ a: running('a0', 3) }) as { spec: Bag; status: Bag };
    raw.spec['ephemeralContainers'] = [{ name: 'debugger' }];
    raw.status['ephemeralContainerStatuses'] = [{ name: 'debugger', ...ended('d0', [4, 5], 1) }];
    const of = account({ pod: raw as RawPod, receivedAt: '2026-11-21T08:00:10.000Z' });
    expect(of).toMatchObject({
      state: 'initializing',
      category: null,
      cycles: [{ initContainers: [{ name: 'a' }, { name: 'b' }] }],
    });
  });
});
