/** Durations that run end when they were told. These functions bring them to another moment. Pure. */
import type { Attempt, Cycle, Duration, PodAccount } from '#libs/init-history';

type Account = Partial<PodAccount>;

/**
 * `account`, told at `toldAt`, with its running durations brought to `at` (both epoch milliseconds). What has ended stays.
 * An `at` before `toldAt` shortens them, never below zero.
 */
export function carryForward<Told extends Account>(account: Told, toldAt: number, at: number): Told {
  return overRunning(account, carried((at - toldAt) / 1000));
}

/** One attempt brought to `at`, like {@link carryForward}. */
export function carryAttemptForward(attempt: Attempt, toldAt: number, at: number): Attempt {
  return { ...attempt, duration: ifRunning(attempt.duration, carried((at - toldAt) / 1000)) };
}

/**
 * `account` without what changes by the mere passing of time: two accounts are served alike when these are equal. Where nothing runs it is the
 * account itself.
 */
export function withoutRunning<Told extends Account>(account: Told): Told {
  return goesOn(account) ? overRunning(account, timeless) : account;
}

function goesOn({ duration, sinceCreation, sinceScheduled, toAppStarted, cycles = [] }: Account): boolean {
  const whole = [duration, sinceCreation, sinceScheduled, toAppStarted];
  return whole.some((one) => one?.running) || cycles.some(cycleGoesOn);
}

const cycleGoesOn = ({ duration, phases, initContainers }: Cycle): boolean =>
  duration.running === true ||
  phases.some((slice) => slice.duration.running) ||
  initContainers.some(({ attempts }) => attempts.some((attempt) => attempt.duration.running));

/** `attempt` without what changes by the mere passing of time. */
export const attemptWithoutRunning = (attempt: Attempt): Attempt => ({
  ...attempt,
  duration: ifRunning(attempt.duration, timeless),
});

/** True where the pod's newest cycle, or the wait for its first, goes on. */
export function isUnfinished(account: Account): boolean {
  return account.state === 'pending' || account.state === 'initializing';
}

type Change = (duration: Duration) => Duration;

const carried =
  (elapsed: number): Change =>
  (duration) => ({
    ...duration,
    seconds: later(duration.seconds, elapsed),
    lo: lowestLater(duration, elapsed),
    hi: later(duration.hi, elapsed),
  });

const timeless: Change = (duration) => ({ ...duration, seconds: null, lo: null, hi: null });

const later = (seconds: number | null, elapsed: number): number | null =>
  seconds === null ? null : Math.max(0, Math.round((seconds + elapsed) * 1000) / 1000);

/** What a stamp cut to whole seconds leaves open. */
const cutSeconds = 1;

/**
 * A `lo` that was cut off at 0 when it was told may lie below: it begins to rise once the stamp's second has passed. Where
 * the beginning is only known to lie in a span, how far below is not known.
 */
function lowestLater({ seconds, lo, certainty }: Duration, elapsed: number): number | null {
  if (lo === 0 && certainty === 'bounded') return 0;
  return lo === 0 && seconds !== null ? later(seconds, elapsed - cutSeconds) : later(lo, elapsed);
}

const ifRunning = (duration: Duration, change: Change): Duration => (duration.running ? change(duration) : duration);

function overRunning<Told extends Account>(account: Told, change: Change): Told {
  const { duration, sinceCreation, sinceScheduled, toAppStarted, cycles } = account;
  return {
    ...account,
    ...(duration && { duration: ifRunning(duration, change) }),
    ...(sinceCreation && { sinceCreation: ifRunning(sinceCreation, change) }),
    ...(sinceScheduled && { sinceScheduled: ifRunning(sinceScheduled, change) }),
    ...(toAppStarted && { toAppStarted: ifRunning(toAppStarted, change) }),
    ...(cycles && { cycles: cycles.map((cycle) => cycleOver(cycle, change)) }),
  };
}

function cycleOver(cycle: Cycle, change: Change): Cycle {
  return {
    ...cycle,
    duration: ifRunning(cycle.duration, change),
    phases: cycle.phases.map((slice) => ({ ...slice, duration: ifRunning(slice.duration, change) })),
    initContainers: cycle.initContainers.map((container) => ({
      ...container,
      attempts: container.attempts.map((attempt) => ({ ...attempt, duration: ifRunning(attempt.duration, change) })),
    })),
  };
}
