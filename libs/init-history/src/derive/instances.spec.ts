/** Instances that a busy node shows too late to tell them whole. */
import { describe, expect, it } from 'vitest';
import { instancesOf } from './instances.js';
import {
  end,
  ended,
  exitsOf,
  frameUid,
  passed,
  running,
  second,
  toldOf,
  waiting,
  watched,
  type Frame,
} from '../testing/index.js';

type Bag = Record<string, unknown>;

const inPlace = (since: number): readonly Bag[] => [
  { type: 'AllContainersRestarting', status: 'False', lastTransitionTime: second(since) },
];
const removed = { lastState: { terminated: { exitCode: 137, reason: 'RestartingAllContainers' } } };
const done = { containerID: 'a0', state: { terminated: end('a0', [3, 4]) } };

// as met on 1.36.3: second of restart-all-containers/init-begins-again ran and ended with 88 between two looks
const onlyNamed: readonly Frame[] = [
  { a: done, conditions: inPlace(1) },
  {
    a: waiting('RestartingAllContainers', { containerID: 'a0', restartCount: 1, ...removed }),
    b: waiting('RestartingAllContainers', { containerID: 'b0', restartCount: 1, ...removed }),
    conditions: inPlace(20),
  },
];
const again: Frame = {
  a: { ...done, containerID: 'a1', restartCount: 1, state: { terminated: end('a1', [21, 22]) }, ...removed },
  b: { ...running('b1', 23, 1), ...removed },
  conditions: inPlace(20),
};

describe('an instance of which only the id is shown', () => {
  it('is an attempt whose end is unknown, in the cycle in which it ran, and none is missed', () => {
    const account = toldOf(...onlyNamed, again);
    expect(exitsOf(account, 'b')).toEqual(['1: unknown', '2: running']);
    const [, b] = account.cycles[0]?.initContainers ?? [];
    expect(b).toMatchObject({
      missedAttempts: 0,
      attempts: [{ number: 1, containerId: 'b0', startedAt: null, outcome: 'unknown', basis: 'inferred' }],
    });
    expect(account.initRestarts).toBe(2);
  });

  it('is told once, however long it is shown', () => {
    const [, shown] = onlyNamed;
    const account = toldOf(...onlyNamed, ...(shown ? [{ ...shown, app: running('app', 30) }] : []));
    expect(exitsOf(account, 'b')).toEqual(['1: unknown']);
  });
});

describe('an instance that was created and has not begun', () => {
  it('is neither an attempt nor missed until it begins', () => {
    const created = { a: { containerID: 'a0', restartCount: 0, state: { waiting: {} } } };
    expect(toldOf(created).cycles[0]?.initContainers[0]).toMatchObject({ missedAttempts: 0, attempts: [] });

    const begun = toldOf(created, { a: running('a0', 9) });
    expect(begun.cycles[0]?.initContainers[0]).toMatchObject({ missedAttempts: 0, attempts: [{ number: 1 }] });
  });
});

describe('an instance that was created and never began', () => {
  // as met on 1.36.3: the kubelet was killed between the two, and made another instance when it was back
  const created = waiting('', { containerID: 'a1', restartCount: 1, lastState: { terminated: end('a0', [3, 4], 1) } });
  const next = { a: running('a2', 20, 2) };

  it('is an attempt without times once another one is there, and none is missed', () => {
    const account = toldOf({ a: running('a0', 3) }, { a: created }, next);
    expect(account.cycles[0]?.initContainers[0]).toMatchObject({
      missedAttempts: 0,
      attempts: [
        { number: 1, containerId: 'a0', exitCode: 1 },
        { number: 2, containerId: 'a1', startedAt: null, finishedAt: null, outcome: 'unknown', basis: 'inferred' },
        { number: 3, containerId: 'a2' },
      ],
    });
  });

  it('is told with the look that showed it', () => {
    const all = watched([{ a: running('a0', 3) }, { a: created }, { a: created, app: waiting('Other') }, next]);
    const its = (all.happenings.get(frameUid) ?? []).filter((one) => 'containerId' in one && one.containerId === 'a1');
    expect(Object.fromEntries(its.map(({ type, evidence }) => [type, evidence]))).toEqual({
      InitContainerStarted: [1, 3],
      InitContainerOutcomeUnknown: [1, 3],
    });
  });

  it('is of the cycle in which it was shown', () => {
    const passedOnce = { ...passed, a: ended('a0', [3, 5]) };
    const account = toldOf(
      passedOnce,
      { ...passedOnce, b: waiting('', { containerID: 'b1', restartCount: 1 }) },
      {
        ...passedOnce,
        ready: ['True', 100],
        a: running('a1', 101, 1),
        b: waiting('PodInitializing'),
      },
    );
    expect(exitsOf(account, 'b')).toEqual(['1: 0', '1: unknown']);
  });
});

describe('an instance and the one before it', () => {
  it('are numbered apart, and the image that is shown is that of the present one', () => {
    const shown = { ...running('a3', 9, 3), name: 'a', image: 'tool:2', imageID: 'sha256:2', resources: null };
    expect(instancesOf({ ...shown, lastState: { terminated: end('a2', [3, 5], 1) } })).toMatchObject([
      { containerId: 'a2', restartCount: 2, image: null, imageId: null },
      { containerId: 'a3', restartCount: 3, image: 'tool:2', imageId: 'sha256:2' },
    ]);
  });

  it('are one while it waits: the last one is still the present one', () => {
    const shown = {
      containerID: 'a2',
      restartCount: 2,
      name: 'a',
      image: 'tool:2',
      imageID: 'sha256:2',
      resources: null,
    };
    const over = { state: { waiting: {} }, lastState: { terminated: end('a2', [3, 5], 1) } };
    expect(instancesOf({ ...shown, ...over })).toMatchObject([
      { containerId: 'a2', restartCount: 2, image: 'tool:2', imageId: 'sha256:2' },
    ]);
  });
});
