/**
 * Exponential histograms in the native layout of Prometheus, schema 5: bucket `i` holds the values in
 * (2^((i-1)/32), 2^(i/32)], so that a quantile is off by 1.1 % at most. They add, subtract and downscale exactly.
 */

export const histogramSchema = 5;

const bucketsPerDoubling = 2 ** histogramSchema;

/** Durations up to this many seconds are counted as zero: below what any clock here resolves. */
const zeroThreshold = 1e-6;

/** Counts by bucket index; what is zero is counted apart. */
export type Histogram = Readonly<{
  zero: number;
  buckets: Readonly<Record<number, number>>;
  sum: number;
  count: number;
}>;

export const emptyHistogram: Histogram = { zero: 0, buckets: {}, sum: 0, count: 0 };

/** The index of the bucket that holds a duration in seconds; null for zero, and for what is no duration. */
export function bucketIndex(seconds: number): number | null {
  if (!(seconds > zeroThreshold) || seconds === Infinity) return null;
  const index = Math.ceil(Math.log2(seconds) * bucketsPerDoubling);
  // The logarithm may be off by one unit in the last place at a bound: the bounds themselves decide.
  if (seconds <= upperBound(index - 1)) return index - 1;
  return seconds > upperBound(index) ? index + 1 : index;
}

const upperBound = (index: number): number => 2 ** (index / bucketsPerDoubling);

/** The bounds of a bucket in seconds: greater than `from`, up to and with `to`. */
export const bucketBounds = (index: number): Readonly<{ from: number; to: number }> => ({
  from: upperBound(index - 1),
  to: upperBound(index),
});

/** The histogram with a duration added, or with `times` -1 taken away again. */
export function addTo(histogram: Histogram, seconds: number, times = 1): Histogram {
  if (!Number.isFinite(seconds)) return histogram;
  const index = bucketIndex(seconds);
  const zero = histogram.zero + (index === null ? times : 0);
  const sum = histogram.sum + seconds * times;
  const count = histogram.count + times;
  if (index === null) return { ...histogram, zero, sum, count };
  const left = (histogram.buckets[index] ?? 0) + times;
  const { [index]: _moved, ...others } = histogram.buckets;
  return { zero, sum, count, buckets: left === 0 ? others : { ...others, [index]: left } };
}

/** The sum of two histograms: of another hour, another workload. */
export function merge(one: Histogram, other: Histogram): Histogram {
  const buckets: Record<number, number> = { ...one.buckets };
  for (const [index, count] of Object.entries(other.buckets)) {
    const sum = (buckets[Number(index)] ?? 0) + count;
    if (sum === 0) delete buckets[Number(index)];
    else buckets[Number(index)] = sum;
  }
  return { zero: one.zero + other.zero, sum: one.sum + other.sum, count: one.count + other.count, buckets };
}

/** A quantile and the bounds that hold it. */
export type Quantile = Readonly<{ seconds: number; lo: number; hi: number }>;

/**
 * The `q`-quantile (0 to 1) in seconds: the geometric middle of the bucket that holds it, at most 1.1 % off, with the
 * bucket's bounds. Null for an empty histogram.
 */
export function quantile(histogram: Pick<Histogram, 'zero' | 'buckets'>, q: number): Quantile | null {
  const indexes = Object.keys(histogram.buckets)
    .map(Number)
    .toSorted((a, b) => a - b);
  const total = indexes.reduce((sum, index) => sum + (histogram.buckets[index] ?? 0), histogram.zero);
  if (total <= 0) return null;
  const rank = Math.max(1, Math.ceil(Math.min(Math.max(q, 0), 1) * total));
  let seen = histogram.zero;
  if (seen >= rank) return { seconds: 0, lo: 0, hi: zeroThreshold };
  for (const index of indexes) {
    seen += histogram.buckets[index] ?? 0;
    if (seen < rank) continue;
    const { from, to } = bucketBounds(index);
    return { seconds: Math.sqrt(from * to), lo: from, hi: to };
  }
  return null;
}
