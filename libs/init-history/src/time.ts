/** Times are RFC 3339 text at the edges and in what is kept, epoch milliseconds in calculations. No clock is read here. */

/** Epoch milliseconds of an RFC 3339 text; null for anything else. */
export function millis(time: unknown): number | null {
  if (typeof time !== 'string') return null;
  const parsed = Date.parse(time);
  return Number.isNaN(parsed) ? null : parsed;
}

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
