/** What tutorials claim and is not so (semantics 7): each claim, and what the audit shows. */
import { describe, expect, it } from 'vitest';
import {
  allOf,
  cyclesOf,
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
  type Frame,
} from '../testing/index.js';
import { begun } from '../testing/scene-frames.js';

type Bag = Record<string, unknown>;

const spec = (init: readonly Bag[]): Bag => ({ initContainers: init });

/** Two failures and their retries, then success. */
const retried: readonly Frame[] = [
  begun,
  { a: ended('a0', [3, 5], 1) },
  { a: { ...running('a1', 6, 1), lastState: { terminated: end('a0', [3, 5], 1) } } },
  {
    a: {
      ...waiting('CrashLoopBackOff'),
      containerID: 'a1',
      restartCount: 1,
      lastState: { terminated: end('a1', [6, 8], 1) },
    },
  },
  { a: { ...running('a2', 19, 2), lastState: { terminated: end('a1', [6, 8], 1) } } },
  { a: { ...ended('a2', [19, 20], 0, 2), lastState: { terminated: end('a1', [6, 8], 1) } }, b: running('b0', 21) },
];

describe('the claim that', () => {
  it('a failed liveness probe runs the init containers again: the app has another instance, they have not', () => {
    const restarted = { ...running('app1', 41, 1), lastState: { terminated: end('app0', [9, 40], 137) } };
    const all = watched([begun, passed, { ...passed, app: restarted }]);
    expect(cyclesOf(told(all))).toEqual(['first completed']);
    expect(told(all).cycles[0]?.initContainers.map(({ attempts }) => attempts.length)).toEqual([1, 1]);
    expect(typesOf(all).filter((type) => type === 'SandboxReady')).toHaveLength(1);
  });

  it('the pod is restarted until its init container succeeds: one pod, one cycle, three attempts of one container', () => {
    const of = toldOf(...retried);
    expect(cyclesOf(of)).toEqual(['first running']);
    expect(exitsOf(of, 'a')).toEqual(['1: 1', '1: 1', '1: 0']);
    expect(of.cycles[0]?.initContainers[0]?.attempts.map(({ number }) => number)).toEqual([1, 2, 3]);
  });

  it('failurePolicy lets an init container fail: under Never the pod has failed', () => {
    const lenient = spec([{ name: 'a', failurePolicy: 'Ignore' }, { name: 'b' }]);
    const failed = {
      spec: { ...lenient, restartPolicy: 'Never' },
      a: ended('a0', [3, 5], 1),
      status: { phase: 'Failed' },
    };
    expect(toldOf({ ...begun, spec: lenient }, failed)).toMatchObject({ state: 'failed', category: 'CRASH' });
  });

  it('init containers have liveness probes: one that hangs runs, and has no category of its own', () => {
    expect(toldOf(begun)).toMatchObject({ state: 'initializing', category: null, stuckSince: second(3) });
  });

  it('changing an image restarts the pod: told as a change, with no cycle', () => {
    const all = watched([begun, passed, { ...passed, spec: spec([{ name: 'a', image: 'new' }, { name: 'b' }]) }]);
    expect(typesOf(all)).toContain('InitContainerSpecChanged');
    expect(cyclesOf(told(all))).toEqual(['first completed']);
  });

  it('restartPolicy Always runs them again after success: one success, no other instance', () => {
    const of = toldOf(begun, passed, { ...passed, status: { phase: 'Running', podIP: '10.0.0.1' } });
    expect([...exitsOf(of, 'a'), ...exitsOf(of, 'b')]).toEqual(['1: 0', '1: 0']);
  });

  it('they run again when all app containers have died: the same cycle', () => {
    const dead = { ...passed, app: ended('app0', [9, 40], 1), status: { phase: 'Running' } };
    expect(cyclesOf(toldOf(begun, passed, dead))).toEqual(['first completed']);
  });

  it('there is a condition Initializing: it is Initialized, False during the first init', () => {
    const changes = allOf(watched([begun, passed]), 'ConditionChanged');
    expect(changes.filter(({ condition }) => condition === 'Initialized').map(({ to }) => to)).toEqual([
      'False',
      'True',
    ]);
    expect(changes.map(({ condition }) => condition)).not.toContain('Initializing');
  });

  it('phase Pending means not scheduled: phase and state are apart', () => {
    const of = toldOf(begun);
    expect(of).toMatchObject({ state: 'initializing', node: 'node-a', status: 'Init:0/2' });
  });

  it('back-off is 10 s from the first failure: the gaps are what they were', () => {
    const attempts = toldOf(...retried).cycles[0]?.initContainers[0]?.attempts ?? [];
    const gaps = attempts
      .slice(1)
      .map(({ startedAt }, i) => (Date.parse(startedAt ?? '') - Date.parse(attempts[i]?.finishedAt ?? '')) / 1000);
    expect(gaps).toEqual([1, 11]);
  });

  it('RESTARTS shows init failures: only until it is initialized; the own count stays', () => {
    const done = {
      ...passed,
      a: { ...ended('a2', [19, 20], 0, 2), lastState: { terminated: end('a1', [6, 8], 1) } },
      b: ended('b0', [21, 22]),
    };
    expect(toldOf(...retried)).toMatchObject({ restarts: 2, initRestarts: 2 });
    expect(toldOf(...retried, { ...done, initialized: ['True', 22] })).toMatchObject({ restarts: 0, initRestarts: 2 });
  });

  it('restartCount only grows: it may fall, and that is told', () => {
    const all = watched([...retried, { ...passed, ready: ['True', 50], a: running('a3', 51, 0) }]);
    expect(happeningsOf(all).find(({ type }) => type === 'RestartCounterReset')).toMatchObject({
      from: 2,
      to: 0,
    });
  });

  it('a Deployment’s new pod is the pod restarted: another uid is another history', () => {
    const all = watched([begun, passed]);
    const metadata = { uid: '99999999-2222-4333-8444-555555555555' };
    all.look({ pod: frame({ a: running('x0', 90), metadata }), receivedAt: second(91) });
    expect(all.pods.size).toBe(2);
    expect(exitsOf(told(all), 'a')).toEqual(['1: 0']);
  });

  it('they run side by side, or by their names: one after another, in the order of the spec', () => {
    const backwards = spec([{ name: 'b' }, { name: 'a' }]);
    const statuses = {
      initContainerStatuses: [
        { name: 'b', ...ended('b0', [3, 5]) },
        { name: 'a', ...running('a0', 6) },
      ],
    };
    const of = toldOf({ spec: backwards, status: statuses });
    expect(of.cycles[0]?.initContainers.map(({ name, index, state }) => `${index} ${name} ${state}`)).toEqual([
      '0 b succeeded',
      '1 a running',
    ]);
  });

  it('Events are the log of what happened: an Event that says otherwise changes no fact', () => {
    const all = watched([begun, passed]);
    const before = told(all);
    const event = {
      uid: 'e',
      name: 'e',
      namespace: 'n',
      involvedObject: { uid: frameUid, fieldPath: 'spec.initContainers{a}' },
    };
    all.event(
      frameUid,
      { ...event, reason: 'BackOff', type: 'Warning', message: 'Back-off restarting failed container a', count: 9 },
      second(60),
    );
    all.event(
      frameUid,
      { ...event, uid: 'f', name: 'f', reason: 'Started', type: 'Normal', message: 'Started container a', count: 7 },
      second(61),
    );
    expect(told(all).cycles.map(({ initContainers }) => initContainers)).toEqual(
      before.cycles.map(({ initContainers }) => initContainers),
    );
    expect(told(all).state).toBe('initialized');
  });
});
