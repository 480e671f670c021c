/** What the first look at a pod tells (semantics 8.2 step 0), and its first cycle (step 5a). */
import { describe, expect, it } from 'vitest';
import type { Happening } from '../happenings.js';
import {
  cyclesOf,
  end,
  ended,
  frameUid,
  happeningsOf,
  passed,
  running,
  second,
  toldOf,
  waiting,
  watched,
  type Frame,
} from '../testing/index.js';

type Bag = Record<string, unknown>;

const firstOf = (...frames: readonly Frame[]): Happening | undefined =>
  happeningsOf(watched(frames)).find(({ type }) => type === 'PodFirstObserved');

describe('what is known of a pod that is found', () => {
  it.each<[string, Frame, boolean]>([
    ['is all, where no container has begun', {}, true],
    ['is not all, where an init container runs', { a: running('a0', 3) }, false],
    ['is not all, where one has ended', { a: ended('a0', [3, 5]) }, false],
    [
      'is not all, where one waits for its next start',
      { a: waiting('CrashLoopBackOff', { lastState: { terminated: end('a0', [3, 5], 1) } }) },
      false,
    ],
    ['is not all, where one was created', { a: waiting('x', { containerID: 'a0' }) }, false],
    [
      'is not all, where one runs of which no id is shown',
      { a: { restartCount: 0, state: running('a0', 3)['state'] } },
      false,
    ],
    [
      'is not all, where one has ended of which no id is shown',
      { a: { restartCount: 0, state: { terminated: { exitCode: 1 } } } },
      false,
    ],
    ['is not all, where an app container runs', { app: running('app0', 3) }, false],
  ])('%s', (_, frame, historyComplete) => {
    expect(firstOf(frame)).toMatchObject({ historyComplete });
  });
});

describe('the first cycle', () => {
  const without = (status: Bag): Frame => ({ status });

  it('begins with the node’s acceptance, before any status of a container', () => {
    expect(toldOf(without({ initContainerStatuses: [], containerStatuses: [] })).cycles).toMatchObject([
      { startedAt: second(1) },
    ]);
  });

  it('has begun where containers have a status, whenever that was', () => {
    expect(toldOf(without({ startTime: null })).cycles).toMatchObject([{ cause: 'first', startedAt: null }]);
  });

  it('has not begun without either', () => {
    expect(toldOf(without({ startTime: null, initContainerStatuses: [], containerStatuses: [] })).cycles).toEqual([]);
  });

  it('begins with the acceptance, also where the node’s clock is behind the API server’s', () => {
    expect(toldOf({ metadata: { creationTimestamp: second(4) } }).cycles).toMatchObject([{ startedAt: second(1) }]);
  });
});

describe('a pod that is found after its init containers ran again', () => {
  const app = { ...running('app1', 1005, 1), lastState: { terminated: end('app0', [9, 990], 137) } };
  const again: Frame = {
    ...passed,
    a: ended('a1', [1000, 1002], 0, 1),
    b: ended('b1', [1003, 1004]),
    app,
    ready: ['True', 999],
  };

  it('began its pass with its sandbox, and after the app container of the pass before', () => {
    expect(toldOf(again).cycles).toMatchObject([{ cause: 'unknown', startedAt: second(999) }]);
    expect(watched([again]).pods.get(frameUid)?.cycles).toMatchObject([{ startNotBefore: second(9) }]);
  });

  it('began it with its first instance, where the sandbox’s time was written later or not at all', () => {
    const late: Frame = { ...again, ready: ['True', 1001] };
    const none: Frame = {
      ...again,
      status: {
        phase: 'Running',
        conditions: [{ type: 'Initialized', status: 'True', lastTransitionTime: second(8) }],
      },
    };
    for (const one of [late, none]) {
      const started = happeningsOf(watched([one])).find(({ type }) => type === 'InitializationStarted');
      expect(started).toMatchObject({ at: second(1000), atSource: 'state.startedAt' });
    }
  });

  it('is not initialized by what was said of the pass before', () => {
    expect(cyclesOf(toldOf({ ...again, b: waiting('PodInitializing'), app: ended('app0', [9, 990], 137) }))).toEqual([
      'unknown running',
    ]);
  });

  it.each<[string, Frame]>([
    ['a sidecar that was started again', { ...passed, sidecar: true, a: running('a1', 1000, 1) }],
    [
      'what was OOMKilled with exit code 0, which is retried (recorded, 1.36.3: oom/hungry-child)',
      {
        a: { ...ended('a0', [9, 12]), state: { terminated: { ...end('a0', [9, 12]), reason: 'OOMKilled' } } },
        initialized: ['True', 8],
      },
    ],
  ])('is none for %s', (_, frame) => {
    const cycles = cyclesOf(toldOf(frame));
    expect(cycles).toHaveLength(1);
    expect(cycles[0]).toMatch(/^first /);
  });

  it('is one though the later instance was OOMKilled, if it failed', () => {
    const killed = {
      ...ended('a1', [1000, 1002], 137, 1),
      state: { terminated: { ...end('a1', [1000, 1002], 137), reason: 'OOMKilled' } },
    };
    expect(cyclesOf(toldOf({ ...again, a: killed, b: ended('b0', [6, 8]) })).at(-1)).not.toMatch(/^first /);
  });

  it('is one of its regular init container, whatever its sidecar did', () => {
    expect(cyclesOf(toldOf({ ...again, sidecar: true, a: running('a0', 3) })).at(-1)).not.toMatch(/^first /);
  });
});

describe('a mirror that is made again', () => {
  const metadata = { creationTimestamp: second(100), annotations: { 'kubernetes.io/config.mirror': 'static-uid' } };

  it('has the passes of its older containers, also where only the app is one of them', () => {
    const appOnly: Frame = {
      metadata,
      app: running('app0', 9),
      status: { initContainerStatuses: [] },
      spec: { initContainers: [] },
    };
    expect(toldOf(appOnly).cycles).toMatchObject([{ startedAt: second(1) }]);
  });

  it('whose startTime is not older begins with that', () => {
    expect(toldOf({ metadata, status: { startTime: second(101) } }).cycles).toMatchObject([{ startedAt: second(101) }]);
  });
});
