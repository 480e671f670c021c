/** A histogram as one number, so that the database adds histograms as it adds numbers. */

/** Decimal places of a bucket: counts below a million millions, of all that was ever added together. */
export const bucketDigits = 12;

const base = 10 ** bucketDigits;

type Buckets = Readonly<Record<string, number>>;

/**
 * The number that holds the count of bucket `i` times 10^(12 i), as PostgreSQL's `numeric` reads it. What took no time has no bucket: it
 * is what a row's count of durations is more than its histogram's. Counts may be negative: what is taken back is subtracted.
 */
export function packHistogram(buckets: Buckets): string {
  const held = Object.entries(buckets)
    .map(([index, count]) => ({ index: Number(index), count }))
    .filter(({ index, count }) => Number.isInteger(index) && count !== 0)
    .toSorted((a, b) => b.index - a.index);
  const [highest] = held;
  if (!highest) return '0';
  const sign = Math.sign(highest.count);
  const lowest = held.at(-1)?.index ?? 0;
  const counts = new Map(held.map(({ index, count }) => [index, count * sign]));
  const places: string[] = [];
  let borrowed = 0;
  for (let index = lowest; index <= highest.index; index += 1) {
    const count = (counts.get(index) ?? 0) - borrowed;
    borrowed = count < 0 ? 1 : 0;
    places.push(String(count + borrowed * base).padStart(bucketDigits, '0'));
  }
  return `${sign < 0 ? '-' : ''}${places.toReversed().join('')}e${lowest * bucketDigits}`;
}

/** The counts by bucket that a sum of such numbers holds, as `numeric` is written in plain digits. */
export function unpackHistogram(number: string): Record<number, number> {
  const [whole = '', fraction = ''] = number.split('.');
  const buckets: Record<number, number> = {};
  for (let end = whole.length, index = 0; end > 0; end -= bucketDigits, index += 1) {
    const count = Number(whole.slice(Math.max(0, end - bucketDigits), end));
    if (count > 0) buckets[index] = count;
  }
  for (let from = 0, index = -1; from < fraction.length; from += bucketDigits, index -= 1) {
    const count = Number(fraction.slice(from, from + bucketDigits).padEnd(bucketDigits, '0'));
    if (count > 0) buckets[index] = count;
  }
  return buckets;
}
