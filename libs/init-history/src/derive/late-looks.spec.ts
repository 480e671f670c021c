/** Late looks and waits: rules of semantics 1.6, 3.5 and 8.2 that no recording shows. */
import { describe, expect, it } from 'vitest';
import { noContext } from '../index.js';
import {
  end,
  ended,
  exitsOf,
  frame,
  frameUid,
  happeningsOf,
  passed,
  running,
  second,
  told,
  toldOf,
  typesOf,
  waiting,
  watched,
} from '../testing/index.js';

type Bag = Record<string, unknown>;

/** The kubelet treats it as done. */
const saidDone = (restartCount: number): Bag => ({
  restartCount,
  state: {
    terminated: {
      exitCode: 0,
      reason: 'Completed',
      startedAt: null,
      finishedAt: null,
      message: 'treat it as exited normally',
    },
  },
});

describe('what a late look can still tell', () => {
  it('is both instances that are visible, and how many were missed', () => {
    const late = { a: { ...running('a9', 90, 9), lastState: { terminated: end('a8', [80, 85], 1) } } };
    const of = toldOf(late);
    expect(exitsOf(of, 'a')).toEqual(['1: 1', '1: running']);
    expect(of.cycles[0]?.initContainers[0]).toMatchObject({
      missedAttempts: 8,
      attempts: [{ number: 9 }, { number: 10 }],
    });
    expect(of.initRestarts).toBe(9);
  });

  it('is that the end of an instance is lost when others took its place', () => {
    const late = { a: { ...running('a3', 30, 3), lastState: { terminated: end('a2', [20, 25], 1) } } };
    expect(exitsOf(toldOf({ a: running('a0', 3) }, late), 'a')).toEqual(['1: unknown', '1: 1', '1: running']);
  });

  it('is not that an instance was missed, when one was lost and its successor has not begun', () => {
    const lost = waiting('PodInitializing', {
      restartCount: 1,
      lastState: { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown', startedAt: null, finishedAt: null } },
    });
    const of = toldOf(
      { a: ended('a0', [3, 5]), b: running('b0', 6) },
      { a: ended('a0', [3, 5]), b: lost },
      { a: ended('a0', [3, 5]), b: { ...lost, ...running('b1', 20, 1) } },
    );
    expect(exitsOf(of, 'b')).toEqual(['1: unknown', '1: running']);
    expect(of.cycles[0]?.initContainers[1]?.missedAttempts).toBe(0);
  });

  it('is not that an attempt was missed, when the kubelet could not read the container for a moment', () => {
    const of = toldOf({ a: running('a0', 3) }, { a: waiting('') }, { a: running('a0', 3) }, { a: ended('a0', [3, 9]) });
    expect(of.cycles[0]?.initContainers[0]).toMatchObject({
      missedAttempts: 0,
      attempts: [{ number: 1, exitCode: 0 }],
    });
  });

  it('is that an init container was done, when the kubelet says so without knowing the instance', () => {
    const of = toldOf({ ...passed, a: saidDone(0) });
    expect(of).toMatchObject({
      state: 'initialized',
      cycles: [{ initContainers: [{ state: 'succeeded', attempts: [] }, {}] }],
    });
  });

  it('is that it was done in each of two passes, when the kubelet says so in both', () => {
    const again = { ...passed, ready: ['True', 100] as const, b: running('b1', 103, 1) };
    const of = toldOf({ ...passed, a: saidDone(0) }, { ...again, a: saidDone(0) }, { ...again, a: saidDone(1) });
    expect(of.cycles.map(({ initContainers }) => initContainers[0]?.state)).toEqual(['succeeded', 'succeeded']);
  });

  it('is that init containers ran after the app had: a pass whose beginning nobody saw', () => {
    const late = {
      ...passed,
      ready: ['True', 100] as const,
      a: running('a1', 101, 1),
      b: waiting('PodInitializing'),
      app: ended('app0', [9, 98], 137),
    };
    expect(toldOf(late)).toMatchObject({
      state: 'initializing',
      cycles: [{ cause: 'unknown', startedAt: second(100) }],
    });
  });

  it('is that they ran after the pod was initialized: what is measured is the later pass, not the month before it', () => {
    const again = { a: ended('a1', [1000, 1002], 0, 1), b: ended('b1', [1003, 1004]), app: running('app1', 1005, 1) };
    const of = toldOf({ ...passed, ...again, ready: ['True', 999] });
    expect(of).toMatchObject({
      state: 'initialized',
      cycles: [{ cause: 'unknown', startedAt: second(999), duration: { seconds: 5, hi: 997, certainty: 'bounded' } }],
    });
  });

  it('is the end of an instance after all, which then supersedes that it was unknown', () => {
    const made = { exitCode: 137, reason: 'ContainerStatusUnknown', startedAt: null, finishedAt: null };
    const all = watched([
      { a: running('a0', 3) },
      { a: waiting('PodInitializing', { restartCount: 1, lastState: { terminated: made } }) },
      { a: { ...running('a1', 20, 1), lastState: { terminated: end('a0', [3, 15], 137) } } },
    ]);
    expect(exitsOf(told(all), 'a')).toEqual(['1: 137', '1: running']);
    const unknown = happeningsOf(all).find(({ type }) => type === 'InitContainerOutcomeUnknown');
    const finished = happeningsOf(all).find(({ type }) => type === 'InitContainerFinished');
    expect(finished?.supersedes).toBe(unknown?.id);
  });

  it('takes 1970 for no time: the container was never started', () => {
    const failedStart = waiting('RunContainerError', {
      containerID: 'a0',
      lastState: {
        terminated: {
          exitCode: 128,
          reason: 'StartError',
          startedAt: '1970-01-01T00:00:00Z',
          finishedAt: second(4),
          containerID: 'a0',
        },
      },
    });
    const attempt = toldOf({ a: failedStart }).cycles[0]?.initContainers[0]?.attempts[0];
    expect(attempt).toMatchObject({
      startedAt: null,
      finishedAt: second(4),
      exitCode: 128,
      category: 'START',
      duration: { seconds: null },
    });
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
      ready: { status: 'Unknown', since: second(60) },
    };
    const conditions = [{ type: 'Ready', status: 'False', lastTransitionTime: second(60) }];
    const context = { ...noContext, node };
    expect(told(watched([{ a: running('a0', 3), conditions }], context), context)).toMatchObject({
      category: 'NODE_LOST',
      stuckSince: second(60),
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
      involvedObject: { uid: frameUid },
      reason,
      type: 'Warning',
      message: 'm',
      count: 1,
      lastTimestamp: second(10),
    };
    all.event(frameUid, event, second(11));
    expect(told(all)).toMatchObject({ state: 'initializing', category, stuckSince: second(1) });
    const happenings = typesOf(all).length;
    all.event(frameUid, event, second(12));
    expect(typesOf(all).length).toBe(happenings);
  });

  it('is counted from the first of several alternating reasons of one category', () => {
    const of = toldOf(
      {},
      { a: waiting('ErrImagePull') },
      { a: waiting('ImagePullBackOff') },
      { a: waiting('ErrImagePull') },
    );
    expect(of).toMatchObject({ category: 'IMAGE_PULL', stuckSince: '2026-11-21T08:00:01.500Z' });
  });

  it('is never an ephemeral container', () => {
    const raw = frame({ a: running('a0', 3) }) as { spec: Bag; status: Bag };
    raw.spec['ephemeralContainers'] = [{ name: 'debugger' }];
    raw.status['ephemeralContainerStatuses'] = [{ name: 'debugger', ...ended('d0', [4, 5], 1) }];
    const of = toldOf({ pod: raw, receivedAt: '2026-11-21T08:00:10.000Z' });
    expect(of).toMatchObject({
      state: 'initializing',
      category: null,
      cycles: [{ initContainers: [{ name: 'a' }, { name: 'b' }] }],
    });
  });
});

describe('the end of an initialization with a sidecar that has a startup probe', () => {
  const spec = { initContainers: [{ name: 'a', restartPolicy: 'Always', startupProbe: {} }, { name: 'b' }] };
  const starting = { ...running('a0', 4), started: false };

  it('is the end of the last regular one, though the probe’s success was written after it', () => {
    const of = toldOf(
      { spec, a: starting },
      { spec, a: starting, b: running('b0', 11) },
      { spec, a: running('a0', 4), b: ended('b0', [11, 13]), initialized: ['True', 15] },
    );
    expect(of.cycles[0]).toMatchObject({ endedAt: second(13), duration: { seconds: 12, certainty: 'exact' } });
  });

  it('lies between its start and the condition where it is the last', () => {
    const last = { initContainers: [{ name: 'b' }, { name: 'a', restartPolicy: 'Always', startupProbe: {} }] };
    const b = ended('b0', [2, 3]);
    const startedLate = frame({ spec: last, b, a: running('a0', 4), initialized: ['True', 9] });
    const of = toldOf({ spec: last, b, a: starting }, { pod: startedLate, receivedAt: second(11) });
    const duration = { seconds: 8, lo: 2, hi: 9, certainty: 'bounded' };
    expect(of.cycles[0]).toMatchObject({ outcome: 'completed', duration });
  });

  it('lies after what is known, where the condition is all that tells', () => {
    const of = toldOf({ a: ended('a0', [3, 5]) }, { a: ended('a0', [3, 5]), initialized: ['True', 12] });
    expect(of.cycles[0]).toMatchObject({ outcome: 'completed', duration: { lo: 3, hi: 12, certainty: 'bounded' } });
  });
});

describe('a static pod', () => {
  const metadata = { creationTimestamp: second(100), annotations: { 'kubernetes.io/config.mirror': 'static-uid' } };

  it('begins with the creation of its mirror when the manifest was changed, whatever startTime the mirror took over', () => {
    const of = toldOf({ metadata }, { metadata, a: running('a0', 102) });
    expect(of).toMatchObject({ findings: [], cycles: [{ startedAt: second(100) }] });
  });

  it('is not initialized again when its mirror is made again beside running containers', () => {
    const of = toldOf({ ...passed, metadata });
    expect(of).toMatchObject({
      state: 'initialized',
      findings: [{ kind: 'mirrorRecreated' }],
      cycles: [{ startedAt: second(1), endedAt: second(8) }],
    });
  });
});
