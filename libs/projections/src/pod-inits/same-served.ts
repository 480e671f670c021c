/** Whether two things that are told are served alike, without writing either of them down. */

type Bag = Readonly<Record<string, unknown>>;

/**
 * Whether two values come to the same JSON, keys in their order, when of durations that run is left out how long they have run by now: that
 * changes by the mere passing of time.
 */
export function isServedAlike(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one)) return Array.isArray(other) && areServedAlike(one, other);
  return !Array.isArray(other) && haveServedAlike(one as Bag, other as Bag);
}

function areServedAlike(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((value, index) => isServedAlike(value, other[index]));
}

function haveServedAlike(one: Bag, other: Bag): boolean {
  const [keys, others] = [keysOf(one), keysOf(other)];
  const runs = one['running'] === true && other['running'] === true;
  return (
    keys.length === others.length &&
    keys.every(
      (key, index) => key === others[index] && ((runs && goesOn.has(key)) || isServedAlike(one[key], other[key])),
    )
  );
}

/** The members of a duration that rise while it runs. */
const goesOn: ReadonlySet<string> = new Set(['seconds', 'lo', 'hi']);

/** What JSON tells: what is undefined is not there. */
function keysOf(bag: Bag): readonly string[] {
  const keys = Object.keys(bag);
  return keys.some((key) => bag[key] === undefined) ? keys.filter((key) => bag[key] !== undefined) : keys;
}
