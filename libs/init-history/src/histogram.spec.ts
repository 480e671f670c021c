import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addTo, bucketBounds, bucketIndex, emptyHistogram, merge, quantile } from './histogram.js';

const durations = fc.double({ min: 1e-5, max: 1e7, noNaN: true });
const histogramOf = (seconds: readonly number[]) => seconds.reduce((sum, one) => addTo(sum, one), emptyHistogram);

describe('a bucket of schema 5', () => {
  it.each([
    [1, 0],
    [2, 32],
    [4, 64],
    [0.5, -32],
    [1.0000001, 1],
    [2 ** (1 / 32), 1],
    [2 ** (5 / 32), 5],
    [300, 264],
  ])('of %d s is %d, as Prometheus counts', (seconds, index) => {
    expect(bucketIndex(seconds)).toBe(index);
  });

  it('holds the durations above its lower bound, up to and with its upper bound', () => {
    fc.assert(
      fc.property(durations, (seconds) => {
        const { from, to } = bucketBounds(bucketIndex(seconds) ?? Number.NaN);
        expect(from < seconds && seconds <= to).toBe(true);
      }),
    );
  });

  it('is none for zero, and for what is no duration', () => {
    expect([0, -1, Number.NaN, Infinity].map(bucketIndex)).toEqual([null, null, null, null]);
  });
});

describe('a histogram', () => {
  it('has quantiles that are at most 1.1 % off, within the bounds it names', () => {
    fc.assert(
      fc.property(fc.array(durations, { minLength: 1 }), fc.constantFrom(0.5, 0.9, 0.99, 1), (seconds, q) => {
        const sorted = seconds.toSorted((a, b) => a - b);
        const truth = sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
        const found = quantile(histogramOf(seconds), q);
        expect(found && found.lo < truth && truth <= found.hi).toBe(true);
        expect(Math.abs((found?.seconds ?? 0) - truth) / truth).toBeLessThan(0.011);
      }),
    );
  });

  it('adds up: of two hours it is the same as of both at once', () => {
    fc.assert(
      fc.property(fc.array(durations), fc.array(durations), (one, other) => {
        const { sum, ...whole } = histogramOf([...one, ...other]);
        const { sum: sums, ...parts } = merge(histogramOf(one), histogramOf(other));
        expect(parts).toEqual(whole);
        expect(sums).toBeCloseTo(sum, 3);
      }),
    );
  });

  it('gives back what a correction takes away', () => {
    const before = histogramOf([1, 5, 60]);
    expect(addTo(addTo(before, 0), 0, -1)).toEqual(before);
    expect(addTo(addTo(before, 17), 17, -1)).toEqual(before);
  });

  it('counts nothing for what is no number', () => {
    expect(addTo(emptyHistogram, Number.NaN)).toEqual(emptyHistogram);
  });

  it('has no quantile when it is empty, and zero when all it holds is zero', () => {
    expect(quantile(emptyHistogram, 0.5)).toBeNull();
    expect(quantile(histogramOf([0, 0]), 0.99)?.seconds).toBe(0);
  });
});
