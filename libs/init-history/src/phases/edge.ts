/** Ends of spans of time, and how well each is known. */
import type { Duration } from '../account.js';
import type { Clock } from '../happenings.js';
import { millis, shortest, wholeSeconds } from '../time.js';

/**
 * An end of a span, in epoch milliseconds: the best that is known of it, and between which times it truly lies. A stamp
 * that was cut to whole seconds stands for up to a second later (semantics 1.4).
 */
export type Edge = Readonly<{ at: number; lo: number; hi: number; clock: Clock }>;

const cutMs = 1000;

/** What cutting a stamp to whole seconds may have taken off. */
const cutOf = (time: string): number => (wholeSeconds(time) ? cutMs : 0);

/** What is read while something is told: the latest that any stamp stands for, and from when on durations run. */
type Reading = { latest: number; readonly running: Map<Duration, Edge> };

let reading: Reading | undefined;

/**
 * What `tell` gives, and what it read: the latest that any stamp stands for, beyond which whatever has not ended merely goes on, and where what
 * runs began.
 */
export function withReading<Told>(tell: () => Told): Readonly<{ told: Told } & Reading> {
  const before = reading;
  const mine: Reading = { latest: -Infinity, running: new Map() };
  reading = mine;
  try {
    const told = tell();
    return { told, ...mine };
  } finally {
    reading = before;
  }
}

/** An end that was stamped; null where the text is no time. */
export function stamped(time: string | null | undefined, clock: Clock): Edge | null {
  const at = millis(time);
  if (at === null || typeof time !== 'string') return null;
  const hi = at + cutOf(time);
  if (reading && hi > reading.latest) reading.latest = hi;
  return { at, lo: at, hi, clock };
}

/** An end that had come by `time`, and not before `notBefore` (which is no later); without that it is a stamp. */
export function by(time: string | null | undefined, notBefore: string | null | undefined, clock: Clock): Edge | null {
  const edge = stamped(time, clock);
  const earliest = millis(notBefore);
  return edge && earliest !== null ? { ...edge, lo: Math.min(edge.lo, earliest) } : edge;
}

/** A moment that is known to the millisecond. */
export const moment = (at: number, clock: Clock): Edge => ({ at, lo: at, hi: at, clock });

/** The same stamp, some milliseconds on. */
export const shifted = (edge: Edge, ms: number): Edge => ({
  ...edge,
  at: edge.at + ms,
  lo: edge.lo + ms,
  hi: edge.hi + ms,
});

export const isSharp = ({ lo, hi }: Edge): boolean => hi - lo <= cutMs;

export const unknownDuration: Duration = { seconds: null, lo: null, hi: null, certainty: 'unknown' };

const seconds = (ms: number): number => Math.round(ms) / 1000;

/** From one end to another: never negative, whatever the clocks say. */
export function durationBetween(from: Edge, to: Edge): Duration {
  return {
    seconds: seconds(Math.max(0, to.at - from.at)),
    lo: seconds(Math.max(0, to.lo - from.hi)),
    hi: seconds(Math.max(0, to.hi - from.lo)),
    certainty: isSharp(from) && isSharp(to) ? 'exact' : 'bounded',
    ...(from.clock === to.clock ? {} : { mixedClocks: true }),
  };
}

/** Where an end lies in a span, no figure in between is the truth. */
export const betweenBounds = (from: Edge, to: Edge): Duration => ({
  ...durationBetween(from, to),
  seconds: null,
  certainty: 'bounded',
});

/** From an end to the time that was asked about, while it runs: by the clock that was asked with. */
export function durationUntil(from: Edge, at: number): Duration {
  const duration: Duration = {
    seconds: seconds(Math.max(0, at - from.at)),
    lo: seconds(Math.max(0, at - from.hi)),
    hi: seconds(Math.max(0, at - from.lo)),
    certainty: isSharp(from) ? 'exact' : 'bounded',
    running: true,
  };
  reading?.running.set(duration, from);
  return duration;
}

/** RFC 3339: a whole second without a fraction, as it was stamped. */
export const textOf = ({ at }: Edge): string => shortest(at);
