/** Cycles: rules of semantics 2.4, 7 and 8.2 that no recording shows, or that must hold whatever a recording shows. */
import { describe, expect, it } from 'vitest';
import { noContext } from '../index.js';
import {
  cyclesOf,
  end,
  ended,
  exitsOf,
  frame,
  frameUid,
  happeningsOf,
  lastOf,
  passed,
  running,
  second,
  told,
  toldOf,
  typesOf,
  waiting,
  watched,
  type Frame,
  type LookAt,
} from '../testing/index.js';

type Bag = Record<string, unknown>;

const unknownEnd = { exitCode: 137, reason: 'ContainerStatusUnknown', startedAt: null, finishedAt: null };

const node = { name: 'node-a', uid: 'n', bootId: 'one', kubeletVersion: 'v1.36.3', zone: null, ready: null };

/** As a server before 1.29 shows it, which has no condition of the sandbox. */
function old(shape: Frame): LookAt {
  const raw = frame(shape) as { status: { conditions: Bag[] } };
  raw.status.conditions = raw.status.conditions.filter(({ type }) => type !== 'PodReadyToStartContainers');
  return { pod: raw, receivedAt: '2026-11-21T08:05:00.000Z' };
}

describe('a condition of a newer kubelet that is first shown', () => {
  it('is no restart of all containers', () => {
    const shown = [{ type: 'AllContainersRestarting', status: 'False', lastTransitionTime: second(50) }];
    expect(cyclesOf(toldOf({ a: running('a0', 3) }, { a: running('a0', 3), conditions: shown }))).toEqual([
      'first running',
    ]);
  });
});

describe('a sandbox that is made again', () => {
  it('begins a second cycle, though kubelets up to 1.35 count b from 0 again', () => {
    const again: Frame = { ...passed, ready: ['True', 100], app: ended('app0', [9, 98], 137) };
    const all = watched([
      { a: running('a0', 3) },
      passed,
      { ...passed, ready: ['False', 98] },
      { ...again, a: running('a1', 101, 1) },
      { ...again, a: ended('a1', [101, 102], 0, 1), b: running('b1', 103, 0) },
      { ...again, a: ended('a1', [101, 102], 0, 1), b: ended('b1', [103, 104]), app: running('app1', 105, 1) },
    ]);
    expect(cyclesOf(told(all))).toEqual(['first completed', 'sandboxRecreated completed']);
    expect(exitsOf(told(all), 'b')).toEqual(['1: 0', '2: 0']);
    expect(told(all).cycles[1]).toMatchObject({ startedAt: second(98), endedAt: second(104) });
  });

  it('is told by a moved time alone, and its beginning is then an upper bound', () => {
    const again: Frame = {
      ...passed,
      ready: ['True', 100],
      a: running('a1', 101, 1),
      app: ended('app0', [9, 98], 137),
    };
    const all = watched([{ a: running('a0', 3) }, passed, again]);
    expect(typesOf(all)).toContain('SandboxLost');
    expect(told(all).cycles[1]).toMatchObject({
      cause: 'sandboxRecreated',
      startedAt: second(100),
      duration: { certainty: 'bounded' },
    });
  });

  it('of which two followed each other within a gap, begins each with its own', () => {
    const all = watched([
      { a: running('a0', 3) },
      passed,
      { ...passed, ready: ['False', 20] },
      {
        ...passed,
        ready: ['True', 40],
        a: { ...ended('a2', [41, 43], 0, 2), lastState: { terminated: end('a1', [24, 26]) } },
      },
    ]);
    expect(told(all).cycles.map(({ startedAt }) => startedAt)).toEqual([second(1), second(20), second(40)]);
    expect(exitsOf(told(all), 'a')).toEqual(['1: 0', '2: 0', '3: 0']);
  });

  const turned = (...turns: readonly NonNullable<Frame['ready']>[]): readonly Frame[] =>
    turns.map((ready): Frame => ({ ...passed, ready }));
  const seenTwice = turned(['False', 20], ['True', 22], ['False', 40], ['True', 42]);

  it.each<[string, readonly Frame[], readonly [number, number]]>([
    ['each with its own loss, where both were seen', seenTwice, [20, 40]],
    [
      'each with the time of the next, where it alone tells of them, also in the second of the first instance',
      turned(['True', 24], ['True', 43]),
      [24, 43],
    ],
  ])('of which two went before one look proves both passes, begins %s', (_, turns, began) => {
    const a = { ...ended('a2', [43, 45], 0, 2), lastState: { terminated: end('a1', [24, 26]) } };
    const account = toldOf({ a: running('a0', 3) }, passed, ...turns, { ...turns.at(-1), a });
    expect(cyclesOf(account)).toEqual(['first completed', 'sandboxRecreated unknown', 'sandboxRecreated running']);
    expect(account.cycles.map(({ startedAt }) => startedAt)).toEqual([1, ...began].map(second));
  });

  it('of which two went begins a pass with the first loss, where no time tells when its first instance began', () => {
    const a = { containerID: 'a1', restartCount: 1, state: { terminated: { exitCode: 128, containerID: 'a1' } } };
    const account = toldOf({ a: running('a0', 3) }, passed, ...seenTwice, { ...seenTwice.at(-1), a });
    expect(account.cycles[1]).toMatchObject({ cause: 'sandboxRecreated', startedAt: second(20) });
  });

  it('was lost though it was never seen ready, where its condition moved while it was False', () => {
    const all = watched([
      { ready: ['False', 1] },
      { ready: ['False', 8], a: running('a0', 3) },
      { ready: ['True', 10], a: { ...running('a1', 11, 1), lastState: { terminated: unknownEnd } } },
    ]);
    expect(cyclesOf(told(all))).toEqual(['first aborted', 'sandboxRecreated running']);
    expect(exitsOf(told(all), 'a')).toEqual(['1: unknown', '2: running']);
  });

  it('leaves the end of a first pass that nobody saw to its condition, which is an upper bound', () => {
    const late: Frame = {
      ...passed,
      ready: ['True', 100],
      a: { ...running('a1', 101, 1), lastState: { terminated: end('a0', [3, 5]) } },
      app: ended('app0', [9, 98], 137),
    };
    expect(toldOf(late).cycles[0]).toMatchObject({
      outcome: 'completed',
      endedAt: second(8),
      duration: { lo: 0, hi: 8, certainty: 'bounded' },
    });
  });

  it('of a server before 1.29, which has no such condition, is proven by the container that ran again', () => {
    const rerun = { ...passed, a: running('a1', 101, 1), app: ended('app0', [9, 98], 137) };
    expect(cyclesOf(toldOf(old({ a: running('a0', 3) }), old(passed), old(rerun)))).toEqual([
      'first completed',
      'sandboxRecreated running',
    ]);
  });

  it('is a reboot where the node’s boot id is another', () => {
    const all = watched([{ a: running('a0', 3) }, passed, { ...passed, ready: ['False', 98] }], { ...noContext, node });
    all.context = { ...noContext, node: { ...node, bootId: 'two' } };
    all.look({
      pod: frame({ ...passed, ready: ['True', 100], a: running('a1', 101, 1) }),
      receivedAt: '2026-11-21T08:01:42.000Z',
    });
    expect(cyclesOf(told(all))).toEqual(['first completed', 'nodeReboot running']);
  });

  it('is none that is known where the node is not', () => {
    const all = watched([{ a: running('a0', 3) }, passed, { ...passed, ready: ['False', 98] }], { ...noContext, node });
    all.context = noContext;
    all.look({
      pod: frame({ ...passed, ready: ['True', 100], a: running('a1', 101, 1) }),
      receivedAt: '2026-11-21T08:01:42.000Z',
    });
    expect(cyclesOf(told(all))).toEqual(['first completed', 'sandboxRecreated running']);
  });

  it('is a reboot only the last time, where one look proves two passes and no time tells when the node booted', () => {
    const all = watched([{ a: running('a0', 3) }, passed, { ...passed, ready: ['False', 20] }], { ...noContext, node });
    all.context = { ...noContext, node: { ...node, bootId: 'two' } };
    const a = { ...ended('a2', [41, 43], 0, 2), lastState: { terminated: end('a1', [24, 26]) } };
    all.look({ pod: frame({ ...passed, ready: ['True', 40], a }), receivedAt: '2026-11-21T08:00:44.000Z' });
    expect(told(all).cycles.map(({ cause }) => cause)).toEqual(['first', 'sandboxRecreated', 'nodeReboot']);
  });

  it('is corrected to a reboot when the boot id comes a moment later, by a happening that supersedes', () => {
    const again = { ...passed, ready: ['True', 100] as const, a: running('a1', 101, 1) };
    const all = watched([{ a: running('a0', 3) }, passed, { ...passed, ready: ['False', 98] }, again], {
      ...noContext,
      node,
    });
    const before = lastOf(all, 'InitializationStarted');
    all.context = { ...noContext, node: { ...node, bootId: 'two' } };
    const seen = {
      reducer: 1,
      via: 'watch',
      resourceVersion: '9',
      receivedAt: '2026-11-21T08:00:05.000Z',
      writes: [],
    } as const;
    all.fold(frameUid, { ...seen, type: 'NodeObserved', gone: false, parts: {} });
    expect(cyclesOf(told(all))).toEqual(['first completed', 'nodeReboot running']);
    expect(happeningsOf(all).at(-1)).toMatchObject({
      type: 'InitializationStarted',
      supersedes: before?.id,
    });
  });

  it('of a server before 1.29 begins with the first container that ran again, where several are shown at once', () => {
    const both = { ...passed, a: ended('a1', [101, 102], 0, 1), b: running('b1', 103, 1) };
    const account = toldOf(old(passed), old({ ...both, app: ended('app0', [9, 98], 137) }));
    expect(account.cycles[1]?.startedAt).toBe(second(101));
    expect(exitsOf(account, 'a')).toEqual(['1: 0', '2: 0']);
  });

  it('that skips an init container is found out by the app container that began without it', () => {
    const rerun = { ...passed, ready: ['True', 100] as const };
    const all = watched([
      { a: running('a0', 3) },
      passed,
      { ...passed, ready: ['False', 98] },
      { ...rerun, a: ended('a1', [101, 102], 0, 1) },
      { ...rerun, a: ended('a1', [101, 102], 0, 1), app: running('app1', 103, 1) },
    ]);
    expect(told(all).cycles[1]?.initContainers.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'a succeeded',
      'b skipped',
    ]);
    expect(told(all).findings).toMatchObject([{ kind: 'initContainerSkipped', container: 'b' }]);
    expect(told(all).cycles[1]).toMatchObject({ outcome: 'completed', duration: { certainty: 'bounded' } });
  });

  it('does not begin with an instance of the old sandbox that is shown late, but with the first of the new one', () => {
    const a1 = { ...ended('a1', [38, 39], 1, 1), lastState: { terminated: end('a0', [3, 5], 1) } };
    const frames = [{ a: ended('a0', [3, 5], 1) }, { ready: ['False', 40] as const, a: a1 }];
    expect(cyclesOf(toldOf(...frames))).toEqual(['first running']);
    const a2 = { ...running('a2', 45, 2), lastState: { terminated: end('a1', [38, 39], 1) } };
    const of = toldOf(...frames, { ready: ['True', 44], a: a2 });
    expect(exitsOf(of, 'a')).toEqual(['1: 1', '1: 1', '2: running']);
    expect(cyclesOf(of)).toEqual(['first aborted', 'sandboxRecreated running']);
  });

  it('is no new cycle while nothing had run in the first', () => {
    const all = toldOf(
      { ready: ['True', 2] },
      { ready: ['False', 4] },
      { ready: ['True', 6] },
      { ready: ['True', 6], a: running('a0', 7) },
    );
    expect(cyclesOf(all)).toEqual(['first running']);
  });
});

describe('an instance that is first shown with a new sandbox', () => {
  const failing: Frame = { a: ended('a0', [3, 5], 1) };
  const first = end('a0', [3, 5], 1);
  const after = (instance: Bag): Bag => ({ ...instance, lastState: { terminated: first } });
  /** The new one, by a condition that was seen False at 98; and by its moved time alone. */
  const seen: readonly Frame[] = [failing, { ...failing, ready: ['False', 98] }];
  const moved: readonly Frame[] = [failing];
  const atOnce: Frame = { ...failing, ready: ['True', 100] };
  const itself = ['first aborted', 'sandboxRecreated running'];
  const none = ['first running'];

  it.each<[string, readonly Frame[], Bag, readonly string[]]>([
    ['began in it, where it began in the second of the loss', seen, running('a1', 98, 1), itself],
    [
      'began in it, though it ended before the condition was written, as up to 1.35',
      seen,
      ended('a1', [98, 99], 1, 1),
      itself,
    ],
    ['began in the old one, where it began before the loss', seen, running('a1', 97, 1), none],
    ['proves nothing, where it has no time', seen, { ...running('a1', 0, 1), state: { running: {} } }, none],
    ['began in it, where it runs since three seconds before a moved time', moved, running('a1', 97, 1), itself],
    ['began in the old one, where it began earlier than that', moved, running('a1', 96, 1), none],
    ['began in the old one, where it had ended before a moved time', moved, ended('a1', [98, 99], 1, 1), none],
    ['began in it, where it ended within the second of a moved time', moved, ended('a1', [98, 100], 1, 1), itself],
  ])('%s', (_, before, instance, expected) => {
    expect(cyclesOf(toldOf(...before, { ...atOnce, a: after(instance) }))).toEqual(expected);
  });

  it('is the only proof: one of an app container that was known before is none, though it began within these seconds', () => {
    const late: Frame = { ...passed, app: running('app0', 99) };
    expect(cyclesOf(toldOf(late, { ...late, ready: ['True', 100] }))).toEqual(['first completed']);
  });
});

describe('an init container that runs again after its success, while no sandbox is known to have gone', () => {
  it('shows itself that the pass before was cut off', () => {
    const all = watched([{ a: ended('a0', [3, 5]) }, { a: running('a1', 24, 1) }]);
    expect(cyclesOf(told(all))).toEqual(['first aborted', 'unknown running']);
    expect(happeningsOf(all).find(({ type }) => type === 'InitializationAborted')).toMatchObject({
      categorySource: 'status.initContainerStatuses',
    });
  });
});

describe('a restart of all containers in place', () => {
  const condition = (status: string, since: number): Bag => ({
    type: 'AllContainersRestarting',
    status,
    lastTransitionTime: second(since),
  });
  const removed = { exitCode: 137, reason: 'RestartingAllContainers' };
  const restarting = waiting('RestartingAllContainers', {
    containerID: 'a0',
    restartCount: 1,
    lastState: { terminated: removed },
  });
  const began = { ...running('a1', 41, 1), lastState: { terminated: removed } };

  it('begins one cycle, whether its condition is seen to turn twice or only to have moved', () => {
    const first = { ...passed, conditions: [condition('False', 1)] };
    const turned = [
      { a: running('a0', 3), conditions: [condition('False', 1)] },
      first,
      { ...passed, conditions: [condition('True', 40)], a: restarting },
      { ...passed, conditions: [condition('False', 41)], a: began },
    ];
    expect(cyclesOf(toldOf(...turned))).toEqual(['first completed', 'restartAllContainers running']);
    expect(cyclesOf(toldOf(...turned.filter((_, i) => i !== 2)))).toEqual([
      'first completed',
      'restartAllContainers running',
    ]);
  });

  it('begins one, too, where the condition turned there and back within the second of its last stamp', () => {
    const stamped = [condition('False', 1)];
    const all = toldOf(
      { a: running('a0', 1), conditions: stamped },
      { a: restarting, conditions: stamped },
      { a: began, conditions: stamped },
    );
    expect(cyclesOf(all)).toEqual(['first aborted', 'restartAllContainers running']);
    expect(exitsOf(all, 'a')).toEqual(['1: unknown', '2: running']);
  });

  it('begins it with the look that first shows a removal', () => {
    const stamped = [condition('False', 1)];
    expect(
      cyclesOf(toldOf({ a: running('a0', 1), conditions: stamped }, { a: restarting, conditions: stamped })),
    ).toEqual(['first aborted', 'restartAllContainers running']);
  });

  it('holds the instance that began before its condition was stamped', () => {
    const all = toldOf(
      { ...passed, conditions: [condition('False', 1)] },
      { ...passed, conditions: [condition('False', 43)], a: began },
    );
    expect(exitsOf(all, 'a')).toEqual(['1: 0', '2: running']);
    expect(all.cycles[1]?.startedAt).toBe(second(41));
  });
});

describe('what is no new cycle', () => {
  it('an app container that crashes and starts again', () => {
    const crashed = {
      ...passed,
      app: { ...running('app1', 20, 1), lastState: { terminated: end('app0', [9, 19], 1) } },
    };
    expect(cyclesOf(toldOf({ a: running('a0', 3) }, passed, crashed))).toEqual(['first completed']);
  });

  it('a failed init container that is retried: one stream, one cycle, attempts counted', () => {
    const retried = { a: { ...running('a1', 7, 1), lastState: { terminated: end('a0', [3, 5], 1) } } };
    const of = toldOf({ a: running('a0', 3) }, { a: ended('a0', [3, 5], 1) }, retried);
    expect(cyclesOf(of)).toEqual(['first running']);
    expect(exitsOf(of, 'a')).toEqual(['1: 1', '1: running']);
  });

  it('an image that is changed', () => {
    const changed = frame({ ...passed }) as { spec: { initContainers: Bag[] } };
    changed.spec.initContainers = [{ name: 'a', image: 'new' }, { name: 'b' }];
    const all = watched([{ a: running('a0', 3) }, passed, { pod: changed, receivedAt: '2026-11-21T08:05:00.000Z' }]);
    expect(typesOf(all)).toContain('InitContainerSpecChanged');
    expect(cyclesOf(told(all))).toEqual(['first completed']);
  });

  it.each([0, 1])('a sidecar that restarts after initialization, having ended with %s', (exitCode) => {
    const proxied = { ...passed, sidecar: true, a: running('a0', 3) };
    const of = toldOf(
      { a: running('a0', 3), sidecar: true },
      proxied,
      { ...proxied, a: ended('a0', [3, 30], exitCode) },
      { ...proxied, a: running('a1', 31, 1) },
    );
    expect(cyclesOf(of)).toEqual(['first completed']);
    expect(of.cycles[0]?.endedAt).toBe(second(8));
  });
});
