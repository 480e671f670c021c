import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packHistogram, unpackHistogram } from './packed-histogram.js';

describe('packHistogram', () => {
  it('puts the count of bucket i at 10^(12 i)', () => {
    expect(packHistogram({})).toBe('0');
    expect(packHistogram({ '0': 7 })).toBe('000000000007e0');
    expect(packHistogram({ '2': 1, '1': 12, '-3': 5 })).toBe(
      `${'1'.padStart(12, '0')}${'12'.padStart(12, '0')}${'0'.repeat(36)}${'5'.padStart(12, '0')}e-36`,
    );
  });

  it('has no place for what took no time, nor for what came to nought', () => {
    expect(packHistogram({ zero: 4, '3': 0 })).toBe('0');
  });

  it('subtracts what is taken back', () => {
    expect(packHistogram({ '1': 1, '0': -1 })).toBe('000000000000999999999999e0');
    expect(packHistogram({ '1': -1, '0': 1 })).toBe('-000000000000999999999999e0');
  });
});

describe('unpackHistogram', () => {
  it('gives what was packed, as numeric writes it', () => {
    const histograms = fc.dictionary(
      fc.integer({ min: -60, max: 60 }).map(String),
      fc.integer({ min: 1, max: 999_999_999_999 }),
      { maxKeys: 12 },
    );
    fc.assert(
      fc.property(histograms, (buckets) => {
        expect(unpackHistogram(plain(packHistogram(buckets)))).toEqual(buckets);
      }),
    );
  });
});

/** A number with an exponent in plain digits, without noughts that say nothing. */
function plain(number: string): string {
  const [digits = '', exponent = ''] = number.split('e');
  const places = Number(exponent);
  if (places >= 0) return (digits + '0'.repeat(places)).replace(/^0+(?=\d)/, '');
  const padded = digits.padStart(1 - places, '0');
  const [whole, fraction] = [padded.slice(0, places), padded.slice(places)];
  return `${whole.replace(/^0+(?=\d)/, '')}.${fraction.replace(/0+$/, '')}`;
}
