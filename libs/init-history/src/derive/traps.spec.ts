/** Traps that peers fell into (the field's trap list), as far as the derivation is concerned: each named for what it tells. */
import { describe, expect, it } from 'vitest';
import { advance, noContext, type PodHistory } from '../index.js';
import {
  allOf,
  cyclesOf,
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
  Watched,
  type Frame,
} from '../testing/index.js';
import { begun } from '../testing/scene-frames.js';

type Bag = Record<string, unknown>;

const countOf = (types: readonly string[], type: string): number => types.filter((one) => one === type).length;

describe('times', () => {
  it('of one second keep the order of what they tell: begun, ended, the next begun', () => {
    const all = watched([
      begun,
      { a: ended('a0', [3, 3]), b: ended('b0', [3, 3]), app: running('app0', 3), initialized: ['True', 3] },
    ]);
    const order = typesOf(all).filter((type) => /Started|Finished|Completed/.test(type));
    expect(order).toEqual([
      'InitializationStarted',
      'InitContainerStarted',
      'InitContainerFinished',
      'InitContainerStarted',
      'InitContainerFinished',
      'InitializationCompleted',
      'AppContainersStarted',
    ]);
    expect(told(all).cycles[0]?.duration).toMatchObject({ seconds: 2, certainty: 'exact' });
  });

  it('of a condition that turns and turns back within one second have ids of their own', () => {
    const ready = (status: string): Frame => ({
      ...begun,
      conditions: [{ type: 'Ready', status, lastTransitionTime: second(9) }],
    });
    const all = watched([
      ready('True'),
      ready('False'),
      ready('True'),
      ready('False'),
      { ...begun, ready: ['False', 9] },
      { ...begun, ready: ['True', 9] },
      { ...begun, ready: ['False', 9] },
      { ...begun, ready: ['True', 9] },
    ]);
    const ids = happeningsOf(all).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(countOf(typesOf(all), 'SandboxLost')).toBe(2);
  });

  it('of a scheduler that changes its mind to and fro under one stamp have ids of their own', () => {
    const blocked = (message: string): Frame => ({
      status: {
        startTime: undefined,
        conditions: [
          { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message, lastTransitionTime: second(0) },
        ],
      },
    });
    const all = watched([blocked('no cpu'), blocked('no memory'), blocked('no cpu')]);
    const ids = allOf(all, 'SchedulingBlocked').map(({ id }) => id);
    expect(ids).toHaveLength(3);
    expect(new Set(ids).size).toBe(3);
  });

  it('of a node whose clock is 90 s ahead are compared with its own alone', () => {
    const ahead = { status: { startTime: second(91) }, ready: ['True', 92], initialized: ['True', 98] } as const;
    const of = toldOf(
      { ...ahead, initialized: ['False', 91], a: running('a0', 93) },
      { ...ahead, a: ended('a0', [93, 95]), b: ended('b0', [96, 98]), app: running('app0', 99) },
    );
    expect(cyclesOf(of)).toEqual(['first completed']);
    expect(of.cycles[0]?.duration).toMatchObject({ seconds: 7, certainty: 'exact' });
    expect(of.sinceCreation.mixedClocks).toBe(true);
  });
});

describe('instances', () => {
  it('whose lastState was overwritten twice are counted as missed, never made up', () => {
    const jumped = { a: { ...running('a3', 40, 3), lastState: { terminated: end('a2', [20, 25], 1) } } };
    const all = watched([{ a: ended('a0', [3, 5], 1) }, jumped]);
    expect(exitsOf(told(all), 'a')).toEqual(['1: 1', '1: 1', '1: running']);
    expect(told(all).cycles[0]?.initContainers[0]?.attempts.map(({ number }) => number)).toEqual([1, 3, 4]);
    const missed = happeningsOf(all).find(({ type }) => type === 'InitContainerAttemptsMissed');
    expect(missed).toMatchObject({
      count: 1,
      from: 0,
      to: 3,
      between: { from: '2026-11-21T08:00:00.500Z', to: '2026-11-21T08:00:01.500Z' },
    });
  });

  it('of a success with restartCount above 0 were tried before, and it is a success', () => {
    const late = {
      a: { ...ended('a2', [9, 10], 0, 2), lastState: { terminated: end('a1', [5, 8], 1) } },
      b: running('b0', 11),
    };
    expect(toldOf(late).cycles[0]?.initContainers[0]).toMatchObject({
      state: 'succeeded',
      missedAttempts: 1,
      attempts: [{}, {}],
    });
  });

  it('stay told when the statuses are gone for a moment, and are not told again when they are back', () => {
    const absent = { status: { initContainerStatuses: undefined, containerStatuses: undefined } };
    const all = watched([begun, absent, begun, { a: ended('a0', [3, 9]) }]);
    expect(exitsOf(told(all), 'a')).toEqual(['1: 0']);
    expect(countOf(typesOf(all), 'InitContainerStarted')).toBe(1);
  });

  it('of statuses in another order than the spec’s are those of their names', () => {
    const status = {
      initContainerStatuses: [
        { name: 'b', ...waiting('PodInitializing') },
        { name: 'a', ...running('a0', 3) },
      ],
    };
    expect(exitsOf(toldOf({ status }), 'a')).toEqual(['1: running']);
  });

  it('that were cleaned away, so that their status waits again (kubernetes#41580, #52462), have succeeded all the same', () => {
    const cleaned = { ...passed, a: waiting('PodInitializing') };
    expect(cyclesOf(toldOf(begun, passed, cleaned))).toEqual(['first completed']);
    const during = toldOf(
      begun,
      { a: ended('a0', [3, 5]), b: running('b0', 6) },
      { a: waiting('PodInitializing'), b: running('b0', 6) },
    );
    expect(during.cycles[0]?.initContainers.map(({ state }) => state)).toEqual(['succeeded', 'running']);
  });

  it('of a sidecar that restarts after the pod was ready are attempts, and nothing is initialized again', () => {
    const sidecar = true;
    const ready = { ...passed, sidecar, a: running('a0', 3) };
    const of = toldOf({ ...begun, sidecar }, ready, {
      ...ready,
      a: { ...running('a1', 40, 1), lastState: { terminated: end('a0', [3, 39], 1) } },
    });
    expect(cyclesOf(of)).toEqual(['first completed']);
    expect(exitsOf(of, 'a')).toEqual(['1: 1', '1: running']);
  });
});

describe('a pod', () => {
  it('that waits with PodInitializing while its app is pulled is initialized', () => {
    const pulling = { ...passed, app: waiting('PodInitializing'), status: { phase: 'Pending' } };
    expect(toldOf(begun, pulling)).toMatchObject({
      state: 'initialized',
      category: null,
      cycles: [{ endedAt: second(8) }],
    });
  });

  it('whose name is used again is another one, by its uid', () => {
    const all = watched([begun]);
    const next = frame({ a: running('x0', 30), metadata: { uid: '99999999-2222-4333-8444-555555555555' } });
    all.look({ pod: next, receivedAt: second(31) });
    expect([...all.pods.values()].map((history) => history.cycles.length)).toEqual([1, 1]);
    expect(exitsOf(told(all), 'a')).toEqual(['1: running']);
  });

  it('that was deleted in a gap is missing from the list after it: an end that nobody saw', () => {
    const all = watched([begun]);
    all.missing(frameUid, { lastSeen: second(5), foundMissing: second(65) });
    expect(lastOf(all, 'PodDeleted')).toMatchObject({
      at: null,
      how: 'missing',
      basis: 'inferred',
      rule: 'absent-from-list',
      between: { lastSeen: second(5), foundMissing: second(65) },
    });
  });

  it('whose DELETED frame carries an older state loses nothing by it', () => {
    const retried = { a: { ...running('a1', 10, 1), lastState: { terminated: end('a0', [3, 5], 1) } } };
    const all = watched([begun, { a: ended('a0', [3, 5], 1) }, retried]);
    all.look({ pod: frame({ a: ended('a0', [3, 5], 1) }), receivedAt: second(12), gone: 'deleted' });
    expect(exitsOf(told(all), 'a')).toEqual(['1: 1', '1: unknown']);
    expect(typesOf(all)).not.toContain('RestartCounterReset');
  });

  it('that a restored server shows in an older state is not taken back to it', () => {
    const all = watched([begun, passed]);
    all.look({ pod: frame(begun), receivedAt: second(90), via: 'relist' });
    expect(cyclesOf(told(all))).toEqual(['first completed']);
    expect(exitsOf(told(all), 'a')).toEqual(['1: 0']);
  });

  it('with 200 init containers is told as it was', () => {
    const init = Array.from({ length: 200 }, (_, i) => ({ name: `init-${i}`, runs: [{ seconds: 1, exitCode: 0 }] }));
    const life = lifeOf({ uid: frameUid, name: 'p', from: frameEpoch, init });
    const all = new Watched();
    for (const look of life.looks) all.look(look);
    expect(told(all)).toMatchObject({ state: 'initialized' });
    expect(told(all).cycles[0]?.initContainers.map(({ attempts }) => attempts.length)).toEqual(init.map(() => 1));
  }, 120_000);

  it('that a static manifest made is scheduled by its kubelet: by the node’s clock', () => {
    const metadata = { annotations: { 'kubernetes.io/config.mirror': 'static-uid' } };
    const clockOf = (of: Frame): string | undefined =>
      happeningsOf(watched([of])).find(({ type }) => type === 'PodScheduled')?.clock;
    expect(clockOf({ ...begun, metadata })).toBe('node');
    expect(clockOf(begun)).toBe('apiserver');
  });
});

describe('a batch that is written twice, by a leader and the one that follows it', () => {
  it('adds nothing the second time', () => {
    const all = watched([begun, passed]);
    const history = all.pods.get(frameUid) as PodHistory;
    const again = (all.recorded.get(frameUid) ?? []).map((one) => advance(history, one, noContext));
    expect(again.flatMap(({ happenings }) => happenings)).toEqual([]);
  });

  it('adds nothing at other positions either, where what it shows is as it was', () => {
    const all = watched([begun, passed]);
    const last = (all.recorded.get(frameUid) ?? []).at(-1);
    const history = all.pods.get(frameUid) as PodHistory;
    const news = last && advance(history, { ...last, position: 99 }, noContext).happenings;
    expect(news).toEqual([]);
  });
});

describe('an Event', () => {
  const event = (more: Bag) => ({
    uid: 'e',
    name: 'e',
    namespace: 'n',
    involvedObject: { uid: frameUid, fieldPath: 'spec.initContainers{a}' },
    reason: 'BackOff',
    type: 'Warning',
    message: 'Back-off restarting failed container a in pod p_n(u)',
    ...more,
  });
  const recordedOf = (...events: readonly Bag[]) => {
    const all = watched([begun]);
    events.forEach((one, i) => all.event(frameUid, event(one), second(20 + i)));
    return allOf(all, 'ClusterEventRecorded');
  };

  it('of a series without a lastTimestamp has the time of the series', () => {
    const series = { count: 3, lastObservedTime: '2026-11-21T08:00:12.000001Z' };
    expect(recordedOf({ eventTime: '2026-11-21T08:00:10.000001Z', series })).toMatchObject([
      { at: '2026-11-21T08:00:12.000001Z', precisionMs: 0.001, clock: 'emitter', count: 3 },
    ]);
  });

  it('whose count jumps is one happening, with the difference', () => {
    const [, jumped] = recordedOf({ count: 1, lastTimestamp: second(10) }, { count: 6, lastTimestamp: second(60) });
    expect(jumped).toMatchObject({ count: 6, delta: 5 });
  });
});
