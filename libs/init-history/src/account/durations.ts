/** Durations that say how well they are known. */
import type { Duration } from '../account.js';
import { millis, wholeSeconds } from '../time.js';

export const unknownDuration: Duration = { seconds: null, lo: null, hi: null, certainty: 'unknown' };

/** An end of a span: its stamp, and where the stamp is only an upper bound, the time before which it was not. */
export type End = Readonly<{ at: string | null; notBefore?: string | null }>;

const seconds = (ms: number): number => Math.round(ms) / 1000;

/** What cutting a stamp to whole seconds may have taken off, in milliseconds. */
const cut = (time: string): number => (wholeSeconds(time) ? 1000 : 0);

/**
 * From one stamp to another. A stamp that was cut to whole seconds stands for up to a second later: two of them hold
 * d - 1 to d + 1, never below 0. An end that is only an upper bound makes it bounded.
 */
export function between(from: End, to: End, mixedClocks = false): Duration {
  const [start, end] = [millis(from.at), millis(to.at)];
  if (start === null || end === null || from.at === null || to.at === null) return unknownDuration;
  const ms = Math.max(0, end - start);
  const earliestEnd = millis(to.notBefore) ?? end;
  const earliestStart = millis(from.notBefore) ?? start;
  const lo = Math.max(0, Math.min(end, earliestEnd) - start - cut(from.at));
  const hi = Math.max(0, end - Math.min(start, earliestStart) + cut(to.at));
  const bounded = earliestEnd < end || earliestStart < start;
  return {
    seconds: seconds(ms),
    lo: seconds(lo),
    hi: seconds(hi),
    certainty: bounded ? 'bounded' : 'exact',
    ...(mixedClocks ? { mixedClocks: true } : {}),
  };
}

/** From a stamp to the time that was asked about, while it runs. */
export function running(from: End, at: number, mixedClocks = false): Duration {
  const start = millis(from.at);
  if (start === null || from.at === null) return unknownDuration;
  const ms = Math.max(0, at - start);
  const earliest = Math.max(0, at - (millis(from.notBefore) ?? start));
  const lo = Math.max(0, ms - cut(from.at));
  const certainty = earliest > ms ? 'bounded' : 'exact';
  return {
    seconds: seconds(ms),
    lo: seconds(lo),
    hi: seconds(Math.max(ms, earliest)),
    certainty,
    running: true,
    ...(mixedClocks ? { mixedClocks: true } : {}),
  };
}
