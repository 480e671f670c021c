/** Times are RFC 3339 text at the edges and in what is kept, epoch milliseconds in calculations. No clock is read here. */

/** Times that were read or written lately are few, and asked for again and again. */
const keptTimes = 4_096;

/** The same function, which looks up what it was asked lately. */
function lookedUp<Key, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const known = new Map<Key, Value>();
  return (key) => {
    const kept = known.get(key);
    if (kept !== undefined) return kept;
    if (known.size >= keptTimes) known.clear();
    const value = make(key);
    known.set(key, value);
    return value;
  };
}

const parsed = lookedUp((time: string) => Date.parse(time));

/** Epoch milliseconds of an RFC 3339 text; null for anything else. */
export function millis(time: unknown): number | null {
  if (typeof time !== 'string') return null;
  const at = parsed(time);
  return Number.isNaN(at) ? null : at;
}

/** RFC 3339 in UTC: a whole second without a fraction, as it was stamped. Of epoch milliseconds. */
export const shortest = lookedUp((epochMs: number) => new Date(epochMs).toISOString().replace('.000Z', 'Z'));

/** RFC 3339 in UTC with milliseconds. */
export function rfc3339(epochMs: number): string {
  const rounded = Math.round(epochMs);
  return Math.abs(rounded) <= 8.64e15 ? new Date(rounded).toISOString() : new Date(0).toISOString();
}

/**
 * A container's time, or null. The kubelet writes the epoch where the runtime gave no time: of a container that
 * could not be started (semantics 1.4). It is no time.
 */
export function containerTime(time: unknown): string | null {
  const at = millis(time);
  return at === null || at <= 0 ? null : (time as string);
}

/** True when the stamp was cut to whole seconds, as all times of a pod's status are (semantics 1.4). */
export const wholeSeconds = (time: string): boolean => !time.includes('.');

/** The later of two times; null counts as none. */
export function later(one: string | null, other: string | null): string | null {
  const a = millis(one);
  const b = millis(other);
  if (a === null) return other;
  if (b === null) return one;
  return b > a ? other : one;
}

/** The earliest of some times; null counts as none. */
export const earliest = (times: readonly (string | null)[]): string | null =>
  times.reduce((first, time) => (first === null || before(time, first) ? time : first), null);

/** True when both are times and the first is before the second. */
export function before(one: string | null, other: string | null): boolean {
  const a = millis(one);
  const b = millis(other);
  return a !== null && b !== null && a < b;
}
