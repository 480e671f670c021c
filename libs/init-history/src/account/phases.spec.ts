/** Where time went, example by example: what no recording shows, or only some. */
import { describe, expect, it } from 'vitest';
import type { PhaseSlice, PodAccount } from '../account.js';
import { noContext, type Context } from '../context.js';
import type { KubeEvent } from '../observations.js';
import {
  ended,
  frame,
  frameEpoch,
  frameUid,
  passed,
  running,
  second,
  told,
  waiting,
  watched,
  type Frame,
} from '../testing/index.js';

/** An Event of the kubelet about an init container, at a second. */
const event = (reason: string, message: string, at: number, more: Partial<KubeEvent> = {}): KubeEvent => ({
  uid: `${reason}-${at}`,
  name: `${reason}-${at}`,
  namespace: 'n',
  involvedObject: { uid: frameUid, fieldPath: 'spec.initContainers{a}' },
  reason,
  message,
  type: 'Normal',
  count: 1,
  firstTimestamp: second(at),
  lastTimestamp: second(at),
  ...more,
});

/** A look at the second in which it was received. */
type At = readonly [second: number, frame: Frame];

const node = { name: 'node-a', uid: 'u', bootId: null, kubeletVersion: 'v1.36.3', zone: null, ready: null };
const context: Context = { ...noContext, node };

const seen = (looks: readonly At[]) =>
  watched(
    looks.map(([at, one]) => ({ pod: frame(one), receivedAt: new Date(frameEpoch + at * 1000 + 500).toISOString() })),
    context,
  );

const words = (...all: readonly (string | number | boolean | null | undefined)[]): string =>
  all.filter((one) => one !== null && one !== undefined && one !== false).join(' ');

const inShort = ({ phase, container, attempt, duration }: PhaseSlice): string => {
  const { seconds, lo, hi, certainty, mixedClocks } = duration;
  const instance = attempt === null ? null : `#${attempt}`;
  return words(phase, container, instance, seconds, `[${lo}, ${hi}]`, certainty, mixedClocks && 'mixed');
};

const before: ReadonlySet<string> = new Set(['gated', 'scheduling', 'acceptance']);

/** Slices of the first cycle, in short; those before it and after it left out. */
function slices(looks: readonly At[], events: readonly KubeEvent[] = []): readonly string[] {
  const all = seen(looks);
  for (const one of events) all.event(frameUid, one, new Date(frameEpoch + 60_000).toISOString());
  const phases = told(all, context).cycles[0]?.phases ?? [];
  return phases.filter(({ phase }) => !before.has(phase) && phase !== 'appPull').map(inShort);
}

const starting: At = [2, { ready: ['True', 2] }];

describe('the time of a cycle', () => {
  it('is the sandbox, each run, and what lies between', () => {
    expect(slices([starting, [9, passed]])).toEqual([
      'volumesAndSandbox 1 [0, 2] exact',
      'unaccounted 1 [0, 2] exact',
      'run a #1 2 [1, 3] exact',
      'unaccounted 1 [0, 2] exact',
      'run b #1 2 [1, 3] exact',
    ]);
  });

  it('has a pull to the millisecond, queueing for it apart, and creating after it', () => {
    const pulled = event('Pulled', 'Successfully pulled image "i:1" in 2.5s (6s including waiting).', 9);
    const pulling = event('Pulling', 'Pulling image "i:1"', 3);
    expect(slices([starting, [11, { a: running('a0', 11) }]], [pulling, pulled]).slice(0, 5)).toEqual([
      'volumesAndSandbox 1 [0, 2] exact',
      'unaccounted 1 [0, 2] exact',
      'pullQueue a 3.5 [3.5, 3.5] exact',
      'pull a 2.5 [2.5, 2.5] exact',
      'create a 2 [1, 3] exact',
    ]);
  });

  it('has a pull that keeps failing from its first occurrence on, also of an Event that was seen late', () => {
    const pulling = event('Pulling', 'Pulling image "i:1"', 40, { count: 4, firstTimestamp: second(3) });
    expect(slices([starting, [6, { a: waiting('ImagePullBackOff') }]], [pulling])).toEqual([
      'volumesAndSandbox 1 [0, 2] exact',
      'unaccounted 1 [0, 2] exact',
      'pull a 597 [596, 597] exact',
    ]);
  });

  it('has what only a status told of since a time that is not known', () => {
    const missing: At = [6, { a: waiting('CreateContainerConfigError') }];
    expect(slices([starting, missing, [30, { a: running('a0', 30) }]]).slice(1, 4)).toEqual([
      'unaccounted 4.5 [0, 4.5] bounded mixed',
      'create a 23.5 [23.5, 29] bounded mixed',
      'run a #1 570 [569, 570] exact',
    ]);
  });

  it('has the wait for the next try, unless tries were missed in it', () => {
    const failed: At = [5, { a: ended('a0', [3, 5], 1) }];
    expect(slices([starting, failed, [20, { a: running('a1', 20, 1) }]]).slice(2, 5)).toEqual([
      'run a #1 2 [1, 3] exact',
      'backOff a #1 15 [14, 16] exact',
      'run a #2 580 [579, 580] exact',
    ]);
    expect(slices([starting, failed, [90, { a: running('a3', 90, 3) }]]).slice(2, 5)).toEqual([
      'run a #1 2 [1, 3] exact',
      'unaccounted 85 [84, 86] exact',
      'run a #4 510 [509, 510] exact',
    ]);
  });

  it('has runs that are shorter than a second, in the order of the containers', () => {
    const instant: Frame = { ...passed, a: ended('a0', [3, 3]), b: ended('b0', [3, 3]), initialized: ['True', 3] };
    expect(slices([starting, [9, instant]]).slice(2)).toEqual(['run a #1 0 [0, 1] exact', 'run b #1 0 [0, 1] exact']);
  });

  // From 3.9 to 4.1 and from 4.7 to 5.1 they ran for 0.6 s; one slice from 3 to 5 would say 1 s at the least.
  it('has runs apart that follow one another within a second, each as short as it can have been', () => {
    const again: At = [9, { ...passed, a: ended('a1', [4, 5], 0, 1) }];
    expect(slices([starting, [4, { a: ended('a0', [3, 4], 1) }], again]).slice(2, 4)).toEqual([
      'run a #1 1 [0, 2] exact',
      'run a #2 1 [0, 2] exact',
    ]);
  });

  it('has a run of which nobody told the end up to the next instance, as a bound', () => {
    const looks: readonly At[] = [starting, [3, { a: running('a0', 3) }], [30, { a: running('a1', 30, 1) }]];
    expect(slices(looks).slice(2)).toEqual(['run a #1 27 [0, 28] bounded', 'run a #2 570 [569, 570] exact']);
    const attempts = told(seen(looks), context).cycles[0]?.initContainers[0]?.attempts;
    expect(attempts?.[0]?.duration).toMatchObject({ seconds: null, lo: 0, certainty: 'bounded' });
  });

  it('has the start of a sidecar with a startup probe as a bound', () => {
    const spec = { initContainers: [{ name: 'a', restartPolicy: 'Always', startupProbe: {} }, { name: 'b' }] };
    const begun: At = [3, { spec, a: { ...running('a0', 3), started: false } }];
    const up: At = [9, { spec, a: running('a0', 3), b: running('b0', 9) }];
    expect(slices([[2, { ...starting[1], spec }], begun, up]).slice(2)).toEqual([
      'sidecarStartup a #1 6 [0, 7] bounded',
      'run b #1 591 [590, 591] exact',
    ]);
  });
});

describe('the time of a pod that went unseen', () => {
  it('ended between its beginning and the list that it was absent from', () => {
    const all = seen([starting, [3, { a: running('a0', 3) }]]);
    all.missing(frameUid, { lastSeen: second(10), foundMissing: second(70) });
    expect(told(all, context).duration).toEqual({
      seconds: null,
      lo: 0,
      hi: 70,
      certainty: 'bounded',
      mixedClocks: true,
    });
  });
});

describe('what lies before a cycle', () => {
  const beforeIt = (account: PodAccount): readonly string[] =>
    (account.cycles[0]?.phases ?? []).filter(({ phase }) => before.has(phase)).map(inShort);

  it('is scheduling, and from being bound to being taken up by the node, by two clocks', () => {
    expect(beforeIt(told(seen([starting]), context))).toEqual([
      'scheduling 0 [0, 1] exact',
      'acceptance 1 [0, 2] exact mixed',
    ]);
  });

  it('is scheduling of which any part may have been gates, where the pod was found later', () => {
    const found = frame({ ...starting[1], metadata: { creationTimestamp: second(-50) } });
    const all = watched([{ pod: found, receivedAt: second(3), via: 'initialList' }], context);
    expect(beforeIt(told(all, context))[0]).toBe('scheduling 50 [0, 51] bounded');
  });
});
