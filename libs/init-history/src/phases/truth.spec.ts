/** What is told of time holds the truth, for any life of a pod whose true times are known to the millisecond. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  noContext,
  nothingKnown,
  podAccount,
  withinCycle,
  type Context,
  type Cycle,
  type PhaseSlice,
} from '../index.js';
import { anyTimedPod as pods } from '../testing/any-timed-life.js';
import { Watched } from '../testing/index.js';
import { timedLifeOf, type TimedLife, type TimedPod, type TrueSpan } from '../testing/timed-life.js';

const uid = '11111111-2222-4333-8444-555555555555';

const contextOf = ({ kubelet }: TimedPod): Context => ({
  ...noContext,
  node: { name: 'node-a', uid: 'u', bootId: 'b', kubeletVersion: `v1.${kubelet}.0`, zone: null, ready: null },
});

type Seen = Readonly<{ frames?: (i: number) => boolean; events?: (i: number) => boolean; context?: Context }>;

function cyclesOf(life: TimedLife, pod: TimedPod, seen: Seen = {}, at = life.end + 1_000): readonly Cycle[] {
  const { frames = () => true, events = () => true, context = contextOf(pod) } = seen;
  const watched = new Watched(context);
  let missed = false;
  life.steps.forEach((step, i) => {
    const receivedAt = new Date(step.receivedAt).toISOString();
    if ('event' in step && events(i)) watched.event(uid, step.event, receivedAt);
    if (!('pod' in step)) return;
    if (frames(i)) watched.look({ pod: step.pod, receivedAt, via: missed ? 'relist' : 'watch' });
    missed = !frames(i);
  });
  return podAccount(watched.pods.get(uid) ?? nothingKnown, at, context).cycles;
}

/** Events are hints: all of them, none, or any of them may be heard. */
const someHeard: fc.Arbitrary<readonly boolean[]> = fc.array(fc.boolean(), { minLength: 1, maxLength: 60 });

const among = (heard: readonly boolean[]) => (i: number) => heard[i % heard.length] ?? false;

const within = ({ phases }: Cycle): readonly PhaseSlice[] => phases.filter(({ phase }) => withinCycle.has(phase));

const length = ({ from, to }: Pick<TrueSpan, 'from' | 'to'>): number => (to - from) / 1000;

/** What was true of the thing that a slice is about; undefined where the truth is no one span. */
function truthOf(slice: PhaseSlice, cycle: number, life: TimedLife): TrueSpan | undefined {
  const same = life.truth.filter((one) => one.phase === slice.phase && one.container === slice.container);
  if (slice.attempt !== null) return same.find((one) => one.attempt === slice.attempt);
  const once = same.filter((one) => one.cycle === cycle);
  return once.length === 1 ? once[0] : undefined;
}

const told = (slice: PhaseSlice): string => JSON.stringify(slice);

/** Slices that do not hold the truth of what they are about. */
function untrue(cycle: Cycle, life: TimedLife, about: ReadonlySet<string>): readonly string[] {
  return cycle.phases.flatMap((slice) => {
    const truth = about.has(slice.phase) && slice.to !== null ? truthOf(slice, cycle.number, life) : undefined;
    const { lo, hi } = slice.duration;
    if (!truth || lo === null || hi === null) return [];
    return lo <= length(truth) && length(truth) <= hi ? [] : [`${told(slice)}, in truth ${length(truth)}`];
  });
}

/** What is not as the slices of a whole must be. */
function wrongSum({ duration, ...cycle }: Cycle): readonly string[] {
  const slices = within({ duration, ...cycle });
  const sum = (of: 'seconds' | 'lo' | 'hi'): number =>
    slices.reduce((all, slice) => all + (slice.duration[of] ?? Number.NaN), 0);
  const out = slices.filter(
    ({ duration: { seconds, lo, hi } }) =>
      !(0 <= (lo ?? -1) && (lo ?? -1) <= (seconds ?? -1) && (seconds ?? 0) <= (hi ?? -1)),
  );
  return [
    ...out.map((slice) => `out of its bounds: ${told(slice)}`),
    ...(Math.abs(sum('seconds') - (duration.seconds ?? 0)) < 1e-6
      ? []
      : [`${sum('seconds')}, not ${duration.seconds}`]),
    ...(sum('lo') <= (duration.hi ?? 0) + 1e-6 ? [] : [`at least ${sum('lo')} of at most ${duration.hi}`]),
    ...(sum('hi') >= (duration.lo ?? 0) - 1e-6 ? [] : [`at most ${sum('hi')} of at least ${duration.lo}`]),
  ];
}

const everything: ReadonlySet<string> = new Set([
  'gated',
  'scheduling',
  'acceptance',
  'volumesAndSandbox',
  'run',
  'sidecarStartup',
  'appPull',
]);

describe('the phases of time of any life', () => {
  it('sum to the whole, none negative, whatever was seen of it', () => {
    fc.assert(
      fc.property(pods, fc.infiniteStream(fc.boolean()), fc.nat({ max: 400_000 }), (pod, coin, later) => {
        const life = timedLifeOf(pod);
        const keeps = life.steps.map((_, i) => coin.next().value === true || i >= life.steps.length - 1);
        const seen = { frames: (i: number) => keeps[i] ?? true, events: (i: number) => keeps[i] ?? true };
        const all = [...cyclesOf(life, pod, {}, pod.from + later), ...cyclesOf(life, pod, seen, pod.from + later)];
        expect(all.flatMap(wrongSum)).toEqual([]);
      }),
    );
  });

  it('hold the truth, each of what it is about, whichever Events were heard', () => {
    fc.assert(
      fc.property(pods, someHeard, (pod, heard) => {
        const life = timedLifeOf(pod);
        const cycles = cyclesOf(life, pod, { events: among(heard) });
        expect(cycles.flatMap((cycle) => untrue(cycle, life, everything))).toEqual([]);
      }),
    );
  });

  it('hold the truth, too, where the kubelet’s version is not known', () => {
    fc.assert(
      fc.property(pods, someHeard, (pod, heard) => {
        const life = timedLifeOf(pod);
        const cycles = cyclesOf(life, pod, { events: among(heard), context: noContext });
        expect(cycles.flatMap((cycle) => untrue(cycle, life, everything))).toEqual([]);
      }),
    );
  });

  it('hold the truth, too, whatever was seen of it', () => {
    fc.assert(
      fc.property(pods, fc.infiniteStream(fc.boolean()), fc.boolean(), (pod, coin, known) => {
        const life = timedLifeOf({ ...pod, again: false });
        const keeps = life.steps.map((_, i) => coin.next().value === true || i >= life.steps.length - 1);
        const cycles = cyclesOf(life, pod, {
          frames: (i) => keeps[i] ?? true,
          events: (i) => keeps[i] ?? true,
          context: known ? contextOf(pod) : noContext,
        });
        expect(cycles.flatMap((cycle) => untrue(cycle, life, everything))).toEqual([]);
      }),
    );
  });

  it('know a pull that Events told to the millisecond, and queueing for it apart', () => {
    fc.assert(
      fc.property(pods, (pod) => {
        const life = timedLifeOf(pod);
        const exact = cyclesOf(life, pod)
          .flatMap(({ phases }) => phases)
          .filter(({ phase, duration: { lo, hi } }) => (phase === 'pull' || phase === 'pullQueue') && lo === hi);
        const truths = new Set(life.truth.map((one) => `${one.phase} ${one.container} ${length(one)}`));
        expect(
          exact.filter((one) => !truths.has(`${one.phase} ${one.container} ${one.duration.seconds}`)).map(told),
        ).toEqual([]);
      }),
    );
  });

  it('name each retry’s wait, which lies between an end and the next start', () => {
    fc.assert(
      fc.property(pods, (pod) => {
        const life = timedLifeOf(pod);
        const waits = cyclesOf(life, pod).flatMap(({ phases }) => phases.filter(({ phase }) => phase === 'backOff'));
        const untold = waits.filter(({ container, attempt, duration }) => {
          const ranAs = (number: number): TrueSpan | undefined =>
            life.truth.find(
              (one) =>
                (one.phase === 'run' || one.phase === 'sidecarStartup') &&
                one.container === container &&
                one.attempt === number,
            );
          const [failed, next] = [ranAs(attempt ?? 0), ranAs((attempt ?? 0) + 1)];
          return failed && next && !((duration.lo ?? 0) <= (next.from - failed.to) / 1000);
        });
        expect(untold.map(told)).toEqual([]);
      }),
    );
  });

  it('grow with the time that was asked about, where they run', () => {
    fc.assert(
      fc.property(pods, fc.nat({ max: 100_000 }), fc.nat({ max: 100_000 }), (pod, first, more) => {
        const life = timedLifeOf(pod);
        const [before, after] = [first, first + more].map((later) =>
          cyclesOf(life, pod, {}, life.end + later).flatMap(({ duration, phases }) => [
            duration,
            ...phases.map((slice) => slice.duration),
          ]),
        );
        expect(after?.length).toBe(before?.length);
        const wrong = (before ?? []).filter((duration, i) => {
          const later = after?.[i];
          if (!duration.running) return JSON.stringify(duration) !== JSON.stringify(later);
          return !(['seconds', 'lo', 'hi'] as const).every((of) => (later?.[of] ?? -1) >= (duration[of] ?? 0));
        });
        expect(wrong).toEqual([]);
      }),
    );
  });
});
