import { describe, expect, it } from 'vitest';
import { withinCycle, type Cycle, type PhaseSlice, type PodAccount } from '#libs/init-history';
import { frames, recordings, type Recording } from '../recordings/reader.js';
import { accountsOf, announcedLate, bare, holds, ranOf, sandboxesOf, withKubelet, type Ran } from './runtime.js';

type Told = Readonly<{ pod: PodAccount; cycle: Cycle }>;

const cyclesOf = (pods: readonly PodAccount[]): readonly Told[] =>
  pods.flatMap((pod) => pod.cycles.map((cycle) => ({ pod, cycle })));

const within = ({ phases }: Cycle): readonly PhaseSlice[] => phases.filter(({ phase }) => withinCycle.has(phase));

/** The instance that a slice is about, as the runtime knows it. */
function instanceOf(
  { cycle }: Told,
  slice: PhaseSlice,
  number: number | null,
  ran: ReadonlyMap<string, Ran>,
): Ran | null {
  const container = cycle.initContainers.find(({ name }) => name === slice.container);
  const attempt = container?.attempts.find((one) => one.number === number);
  return (attempt && ran.get(bare(attempt.containerId))) ?? null;
}

const named = ({ pod, cycle }: Told, slice: PhaseSlice, truth: string): string =>
  `${pod.name} cycle ${cycle.number}: ${JSON.stringify(slice)}, in truth ${truth}`;

/** How long each instance ran that had ended by the end of its cycle. */
function wrongRuns(told: Told, ran: ReadonlyMap<string, Ran>): readonly string[] {
  return told.cycle.phases
    .filter(({ phase, to }) => phase === 'run' && to !== null)
    .flatMap((slice) => {
      const one = instanceOf(told, slice, slice.attempt, ran);
      const cut = told.cycle.endedAt !== null && (one?.exitedAt ?? 0) > Date.parse(told.cycle.endedAt) + 1000;
      if (!one?.exitedAt || one.startedAt === null || cut) return [];
      const [least, most] = [one.exitedAt - one.startedAt, one.exitedAt - one.createdAt];
      return holds(slice.duration, least, most) ? [] : [named(told, slice, `${least} to ${most} ms`)];
    });
}

const ofImages: ReadonlySet<string> = new Set(['pull', 'pullQueue', 'create', 'unaccounted']);

/** From an exit to the next instance's creation: a back-off, and what is told of images and creating before that. */
function wrongBackOffs(told: Told, ran: ReadonlyMap<string, Ran>): readonly string[] {
  return told.cycle.phases.flatMap((slice, i) => {
    if (slice.phase !== 'backOff' || slice.attempt === null || told.cycle.phases[i - 1]?.phase !== 'run') return [];
    const failed = instanceOf(told, slice, slice.attempt, ran);
    const next = instanceOf(told, slice, slice.attempt + 1, ran);
    if (!failed?.exitedAt || !next || next.startedAt === null) return [];
    const rest = told.cycle.phases.slice(i + 1);
    const until = rest.findIndex(({ phase }) => !ofImages.has(phase) && phase !== 'backOff');
    const also = rest.slice(0, until).reduce((sum, { duration }) => sum + (duration.hi ?? 0), 0);
    const [least, most] = [next.createdAt - failed.exitedAt, next.startedAt - failed.exitedAt];
    const { lo, hi } = slice.duration;
    const isHeld = (lo ?? 0) <= most / 1000 && (hi ?? Infinity) + also >= least / 1000;
    return isHeld ? [] : [named(told, slice, `${least} to ${most} ms`)];
  });
}

/** From the cycle's beginning to its sandbox, which is announced a little late. */
function wrongSandboxes(told: Told, started: readonly number[]): readonly string[] {
  const slice = told.cycle.phases.find(({ phase, to }) => phase === 'volumesAndSandbox' && to !== null);
  const ready = started[told.cycle.number - 1];
  const from = told.cycle.startedAt;
  if (!slice || ready === undefined || from === null || told.cycle.cause === 'unknown') return [];
  const [least, most] = [ready - announcedLate - Date.parse(from) - 1000, ready - Date.parse(from) + 1000];
  return holds(slice.duration, least, most) ? [] : [named(told, slice, `${least} to ${most} ms`)];
}

/** What `Pulled` said of each pull of a pod, in milliseconds. */
function pullsOf(recording: Recording): ReadonlySet<number> {
  const texts = frames(recording).flatMap((line) =>
    'frame' in line && line.resource === 'events' ? [line.frame] : [],
  );
  const told = texts.flatMap((text) => [...text.matchAll(/Successfully pulled image [^ ]+ in ([\d.]+)(m?s) /g)]);
  return new Set(told.map(([, figure, unit]) => Math.round(Number(figure) * (unit === 's' ? 1000 : 1))));
}

/** A pull that is known to the millisecond is one that an Event told. */
function wrongPulls(told: Told, pulls: ReadonlySet<number>): readonly string[] {
  return told.cycle.phases
    .filter(({ phase, duration }) => phase === 'pull' && duration.lo === duration.hi && duration.lo !== null)
    .filter(({ duration }) => !pulls.has(Math.round((duration.lo ?? 0) * 1000)))
    .map((slice) => named(told, slice, [...pulls].join(', ')));
}

/** What is not as a sum of slices must be. */
function wrongSum(told: Told): readonly string[] {
  const slices = within(told.cycle);
  const sum = (of: 'seconds' | 'lo' | 'hi'): number =>
    slices.reduce((all, { duration }) => all + (duration[of] ?? NaN), 0);
  const { duration } = told.cycle;
  const loose = 1e-6;
  const { seconds: whole } = duration;
  const wrong = [
    slices.some(({ duration: { seconds, lo, hi } }) => !(lo! >= 0 && lo! <= seconds! && seconds! <= hi!)) &&
      'a slice is out of its bounds',
    whole !== null && Math.abs(sum('seconds') - whole) > loose && `${sum('seconds')} are not ${whole} s`,
    slices.length > 0 && sum('lo') > (duration.hi ?? Infinity) + loose && 'at least more than the whole at most',
    slices.length > 0 && sum('hi') < (duration.lo ?? 0) - loose && 'at most less than the whole at least',
    slices.some(({ to }, i) => to !== null && slices[i + 1] && slices[i + 1]?.from !== to) && 'a hole',
  ];
  return wrong.filter((one) => one !== false).map((what) => `${told.pod.name} cycle ${told.cycle.number}: ${what}`);
}

describe.each(recordings())('the phases of time of $scenario on kubelet $kubelet', (recording) => {
  const ran = ranOf(recording);
  const sandboxes = sandboxesOf(recording);
  const cycles = cyclesOf(accountsOf(recording, withKubelet(recording)));

  it('sum to the whole, none out of its bounds', () => {
    expect(cycles.flatMap(wrongSum)).toEqual([]);
  });

  it('hold how long each instance ran', () => {
    expect(cycles.flatMap((told) => wrongRuns(told, ran))).toEqual([]);
  });

  it('hold how long each retry was waited for', () => {
    expect(cycles.flatMap((told) => wrongBackOffs(told, ran))).toEqual([]);
  });

  it('hold when the sandbox was there', () => {
    expect(cycles.flatMap((told) => wrongSandboxes(told, sandboxes.get(told.pod.uid) ?? []))).toEqual([]);
  });

  it('take a pull to the millisecond only from an Event', () => {
    const pulls = pullsOf(recording);
    expect(cycles.flatMap((told) => wrongPulls(told, pulls))).toEqual([]);
  });
});

describe('the phases of time of all recordings', () => {
  const slices = recordings().flatMap((recording) =>
    cyclesOf(accountsOf(recording, withKubelet(recording))).flatMap(({ cycle }) => cycle.phases),
  );

  it('name the instance of every run', () => {
    expect(slices.filter(({ phase, attempt }) => phase === 'run' && attempt === null)).toEqual([]);
  });

  it('know some pulls to the millisecond, and sandboxes of 1.33 within bounds only', () => {
    const measured = slices.filter(({ phase, duration }) => phase === 'pull' && duration.lo === duration.hi);
    expect(measured.length).toBeGreaterThan(10);
    const bounded = slices.filter(
      ({ phase, duration }) => phase === 'volumesAndSandbox' && duration.certainty === 'bounded',
    );
    expect(bounded.length).toBeGreaterThan(10);
  });
});
