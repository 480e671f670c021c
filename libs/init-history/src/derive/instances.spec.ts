/** Instances that a busy node shows too late to tell them whole. */
import { describe, expect, it } from 'vitest';
import type { Terminated, ContainerStatus } from '../pod-view.js';
import { viewOf } from '../snapshot.js';
import { beganAt, begunOf, instancesOf, onlyCreated, onlyNamed, refused } from './instances.js';
import {
  allOf,
  end,
  ended,
  exitsOf,
  happeningsOf,
  partsOf,
  passed,
  running,
  second,
  toldOf,
  typesOf,
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
const namedOnly: readonly Frame[] = [
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
    const account = toldOf(...namedOnly, again);
    expect(exitsOf(account, 'b')).toEqual(['1: unknown', '2: running']);
    const [, b] = account.cycles[0]?.initContainers ?? [];
    expect(b).toMatchObject({
      missedAttempts: 0,
      attempts: [{ number: 1, containerId: 'b0', startedAt: null, outcome: 'unknown', basis: 'inferred' }],
    });
    expect(account.initRestarts).toBe(2);
  });

  it('is told once, however long it is shown', () => {
    const [, shown] = namedOnly;
    const account = toldOf(...namedOnly, ...(shown ? [{ ...shown, app: running('app', 30) }] : []));
    expect(exitsOf(account, 'b')).toEqual(['1: unknown']);
  });
});

describe('an instance of which only the id was shown', () => {
  it('is told whole when its end is shown after all', () => {
    const shown = { ...running('b1', 23, 1), lastState: { terminated: end('b0', [5, 6], 88) } };
    const account = toldOf(...namedOnly, { ...again, b: shown });
    expect(account.cycles[0]?.initContainers[1]?.attempts).toMatchObject([
      { containerId: 'b0', startedAt: second(5), finishedAt: second(6), exitCode: 88 },
    ]);
  });

  it('is of the pass that goes on, where nothing else tells of a restart', () => {
    const removal = waiting('RestartingAllContainers', { containerID: 'a1', restartCount: 1 });
    expect(exitsOf(toldOf({ a: ended('a0', [3, 4], 1) }, { a: removal }), 'a')).toEqual(['1: 1', '1: unknown']);
  });
});

describe('instances that were missed', () => {
  it('are counted pass by pass', () => {
    const first = { a: running('a3', 9, 3) };
    const over = { ...passed, a: ended('a3', [9, 10], 0, 3) };
    const account = toldOf(
      first,
      over,
      { ...over, ready: ['False', 98] },
      { ...over, ready: ['True', 100], a: running('a6', 105, 6) },
    );
    expect(account.cycles.map(({ initContainers }) => initContainers[0]?.missedAttempts)).toEqual([3, 2]);
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
    const its = happeningsOf(all).filter((one) => 'containerId' in one && one.containerId === 'a1');
    expect(Object.fromEntries(its.map(({ type, evidence }) => [type, evidence]))).toEqual({
      InitContainerStarted: [1, 3],
      InitContainerOutcomeUnknown: [1, 3],
    });
  });

  it('has no start and no image that anybody tells', () => {
    const all = watched([{ a: running('a0', 3) }, { a: created }, next]);
    const starts = allOf(all, 'InitContainerStarted');
    expect(starts.find((one) => 'containerId' in one && one.containerId === 'a1')).toMatchObject({
      at: null,
      atSource: 'state.startedAt',
      image: null,
      imageId: null,
    });
  });

  it.each<[string, Frame]>([
    ['the one in its place', next],
    [
      'one in its place of which only the id is shown',
      { a: waiting('RestartingAllContainers', { containerID: 'a2', restartCount: 3, ...removed }) },
    ],
  ])('is numbered before %s', (_, shown) => {
    const all = watched([{ a: running('a0', 3) }, { a: created }, shown]);
    const begun = allOf(all, 'InitContainerStarted');
    expect(begun.map((one) => 'attempt' in one && `${one.containerId} ${one.attempt}`)).toEqual([
      'a0 1',
      'a1 2',
      'a2 3',
    ]);
  });

  it('is not one that began after all, and is shown when its end is', () => {
    const shown = { ...running('a2', 20, 2), lastState: { terminated: end('a1', [9, 12], 2) } };
    const frames = [{ a: running('a0', 3) }, { a: created }, { a: shown }];
    expect(typesOf(watched(frames))).not.toContain('InitContainerOutcomeUnknown');
    expect(exitsOf(toldOf(...frames), 'a')).toEqual(['1: 1', '1: 2', '1: running']);
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

/** A status as it is read, with what is told of it. */
const statusOf = (told: Partial<ContainerStatus>): ContainerStatus => ({
  name: 'a',
  restartCount: 0,
  state: {},
  lastState: {},
  resources: null,
  ...told,
});
const terminated = (more: Terminated): ContainerStatus['state'] => ({ terminated: more });
const times = { startedAt: second(3), finishedAt: second(5) };

describe('an instance and the one before it', () => {
  it('are numbered apart, and the image that is shown is that of the present one', () => {
    const shown = statusOf({
      containerID: 'a3',
      restartCount: 3,
      image: 'tool:2',
      imageID: 'sha256:2',
      state: { running: { startedAt: second(9) } },
      lastState: terminated({ ...times, exitCode: 1, containerID: 'a2' }),
    });
    expect(instancesOf(shown)).toMatchObject([
      { containerId: 'a2', restartCount: 2, image: null, imageId: null },
      { containerId: 'a3', restartCount: 3, image: 'tool:2', imageId: 'sha256:2' },
    ]);
  });

  it('are one while it waits: the last one is still the present one', () => {
    const shown = statusOf({
      containerID: 'a2',
      restartCount: 2,
      image: 'tool:2',
      imageID: 'sha256:2',
      state: { waiting: {} },
      lastState: terminated({ ...times, exitCode: 1, containerID: 'a2' }),
    });
    expect(instancesOf(shown)).toMatchObject([
      { containerId: 'a2', restartCount: 2, image: 'tool:2', imageId: 'sha256:2' },
    ]);
  });
});

describe('the instances of a status', () => {
  const idsOf = (told: Partial<ContainerStatus>): readonly string[] =>
    instancesOf(statusOf(told)).map(({ containerId }) => containerId);

  it.each<[string, Partial<ContainerStatus>, readonly string[]]>([
    [
      'an end without an id of its own is of the container that the status names',
      { containerID: 'a0', state: terminated({ ...times }) },
      ['a0'],
    ],
    [
      'but not an earlier end: which one that was is not told',
      { containerID: 'a1', lastState: terminated({ ...times }) },
      [],
    ],
    ['an end keeps its own id', { containerID: 'a1', state: terminated({ ...times, containerID: 'a0' }) }, ['a0']],
    [
      'one that could not be started has an end, and an id',
      { state: terminated({ finishedAt: second(5), containerID: 'a0' }) },
      ['a0'],
    ],
    ['one of which no time is known has an id', { state: terminated({ containerID: 'a0' }) }, ['a0']],
    [
      'one that only began is told by its start',
      { containerID: 'a0', state: terminated({ startedAt: second(3) }) },
      ['a0'],
    ],
    ['an end that the kubelet made up has neither', { containerID: 'a0', state: terminated({ exitCode: 137 }) }, []],
    [
      'nor one of its own reasons, whatever stands beside it',
      { state: terminated({ ...times, containerID: 'a0', reason: 'ContainerStatusUnknown' }) },
      [],
    ],
    ['nor of its other', { state: terminated({ ...times, containerID: 'a0', reason: 'RestartingAllContainers' }) }, []],
    ['what runs without an id is none yet', { state: { running: { startedAt: second(3) } } }, []],
  ])('%s', (_, told, ids) => {
    expect(idsOf(told)).toEqual(ids);
  });
});

describe('how many instances have begun', () => {
  it.each<[string, Partial<ContainerStatus>, number]>([
    ['one that runs has', { containerID: 'a2', state: { running: {} } }, 3],
    ['one that has ended had', { containerID: 'a2', state: terminated({ ...times }) }, 3],
    [
      'one whose end is made up is counted with the next',
      { state: terminated({ reason: 'ContainerStatusUnknown' }) },
      2,
    ],
    [
      'one that waits for its next start has',
      { containerID: 'a2', lastState: terminated({ ...times, containerID: 'a2' }) },
      3,
    ],
    [
      'one that was only created has not',
      { containerID: 'a2', lastState: terminated({ ...times, containerID: 'a1' }) },
      2,
    ],
    ['nor one that nothing is told of', {}, 2],
  ])('%s', (_, told, count) => {
    expect(begunOf(statusOf({ restartCount: 2, ...told }))).toBe(count);
  });
});

describe('an instance of which its id is all', () => {
  const restarting = { waiting: { reason: 'RestartingAllContainers' } };
  it.each<[string, Partial<ContainerStatus>, string | null]>([
    ['is removed to be restarted with all', { containerID: 'a0', state: restarting }, 'a0'],
    [
      'is one whose end is made up',
      { containerID: 'a0', state: terminated({ reason: 'ContainerStatusUnknown' }) },
      'a0',
    ],
    [
      'is not one that waits for anything else',
      { containerID: 'a0', state: { waiting: { reason: 'PodInitializing' } } },
      null,
    ],
    ['is not one whose end is told', { containerID: 'a0', state: terminated({ ...times }) }, null],
    [
      'is not one whose end stands in lastState',
      { containerID: 'a0', state: restarting, lastState: terminated({ ...times, containerID: 'a0' }) },
      null,
    ],
    [
      'is one though the end of the one before it is told',
      { containerID: 'a1', state: restarting, lastState: terminated({ ...times, containerID: 'a0' }) },
      'a1',
    ],
  ])('%s', (_, told, id) => {
    expect(onlyNamed(statusOf(told))).toBe(id);
  });
});

describe('an instance that was only created', () => {
  const silent = { waiting: {} };
  it.each<[string, Partial<ContainerStatus>, string | null]>([
    ['is one whose container waits for nothing that is said', { containerID: 'a0', state: silent }, 'a0'],
    [
      'is one though the end of the one before it is told',
      { containerID: 'a1', state: silent, lastState: terminated({ ...times, containerID: 'a0' }) },
      'a1',
    ],
    [
      'is not one whose end is told',
      { containerID: 'a0', state: silent, lastState: terminated({ ...times, containerID: 'a0' }) },
      null,
    ],
    [
      'is not one whose container waits for something',
      { containerID: 'a0', state: { waiting: { reason: 'PodInitializing' } } },
      null,
    ],
    [
      'is not one whose end is made up',
      { containerID: 'a0', state: terminated({ reason: 'ContainerStatusUnknown' }) },
      null,
    ],
    ['is none without an id', { state: silent }, null],
  ])('%s', (_, status, id) => {
    expect(onlyCreated(statusOf(status))).toBe(id);
  });
});

describe('when an instance began', () => {
  it.each([
    ['is its start', second(3), { finishedAt: second(5) }, second(3)],
    ['is at latest its end, where it could not be started', null, { finishedAt: second(5) }, second(5)],
    ['is not known of what has neither', null, { finishedAt: null }, null],
    ['is not known of what runs without a start', null, null, null],
  ])('%s', (_, startedAt, itsEnd, expected) => {
    expect(beganAt({ startedAt, ended: itsEnd })).toBe(expected);
  });
});

describe('a pod was refused', () => {
  const viewed = (status: Readonly<Record<string, unknown>>) => viewOf(partsOf({ metadata: {}, spec: {}, status }));
  const none = { initContainerStatuses: [], containerStatuses: [] };
  const said = 'Pod was rejected: no room';
  it.each([
    [
      'though its containers are named, of which none has begun',
      {
        ...none,
        phase: 'Failed',
        reason: 'OutOfcpu',
        initContainerStatuses: [{ name: 'a' }],
        containerStatuses: [{ name: 'app' }],
      },
      true,
    ],
    ['with a reason of admission', { phase: 'Failed', reason: 'OutOfcpu', ...none }, true],
    ['because its node shuts down', { phase: 'Failed', reason: 'NodeShutdown', ...none }, true],
    ['with another reason and the kubelet’s words', { phase: 'Failed', reason: 'Own', message: said, ...none }, true],
    ['not with these words and no reason', { phase: 'Failed', message: said, ...none }, false],
    ['not with another reason and other words', { phase: 'Failed', reason: 'Own', message: 'm', ...none }, false],
    ['not with another reason and no words', { phase: 'Failed', reason: 'Own', ...none }, false],
    ['not without any', { phase: 'Failed', ...none }, false],
    ['not while it has not failed', { phase: 'Pending', reason: 'OutOfcpu', ...none }, false],
    [
      'not where an init container has begun',
      { ...none, phase: 'Failed', reason: 'OutOfcpu', initContainerStatuses: [{ name: 'a', ...running('a0', 3) }] },
      false,
    ],
    [
      'not where an app container has',
      { ...none, phase: 'Failed', reason: 'OutOfcpu', containerStatuses: [{ name: 'app', ...running('app0', 3) }] },
      false,
    ],
  ])('%s', (_, status, expected) => {
    expect(refused(viewed(status))).toBe(expected);
  });
});
