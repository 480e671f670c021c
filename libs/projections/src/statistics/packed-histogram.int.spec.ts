import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { goodStart, Ledger } from '../testing/index.js';
import { packHistogram, unpackHistogram } from './packed-histogram.js';

/** Counts by bucket, of durations from a millisecond to some months. */
const histogram = fc.dictionary(
  fc.integer({ min: -319, max: 740 }).map(String),
  fc.integer({ min: 1, max: 1_000_000 }),
  { maxKeys: 8 },
);

describe('histograms that are one number', { timeout: 120_000 }, () => {
  let ledger: Ledger;
  beforeAll(async () => {
    ledger = await Ledger.open();
  });
  afterAll(() => ledger.close());

  /** With the rights of whoever answers. */
  const asked = async <Row extends object>(text: string, values: readonly unknown[]): Promise<Row | undefined> =>
    (await ledger.pools.api.query<Row>(text, [...values])).rows[0];

  it('are added and taken back by the database as counts by bucket are, and unfolded by it to the same', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(histogram, { maxLength: 4 }), histogram, fc.nat(9), async (others, kept, zero) => {
        const back = others.map((buckets) =>
          Object.fromEntries(Object.entries(buckets).map(([index, count]) => [index, -count])),
        );
        const numbers = [...back, kept, ...others].map(packHistogram);
        const counted = Object.values(kept).reduce((sum, count) => sum + count, zero);
        const row = await asked<{ sum: string; buckets: Record<string, number> }>(
          `SELECT sum(number)::text AS sum, histogram_buckets(sum(number), $2) AS buckets FROM unnest($1::numeric[]) AS number`,
          [numbers, counted],
        );

        expect(unpackHistogram(row?.sum ?? '')).toEqual(kept);
        expect(row?.buckets).toEqual(zero === 0 ? kept : { ...kept, zero });
      }),
      { numRuns: 60 },
    );
  });

  it('are kept of each day as the hours of that day have them', async () => {
    for (const seen of [goodStart(1, 100, 10), goodStart(2, 3_700, 20), goodStart(3, 7_300, 0)]) {
      await ledger.append(seen);
      await ledger.project();
    }
    const days = (ofNamespace: boolean) =>
      asked<{ buckets: object }>(
        `SELECT histogram_buckets(sum(histogram), sum(duration_count)::bigint) AS buckets
           FROM day_stats WHERE container = 'migrate' AND (workload_kind = '') = $1`,
        [ofNamespace],
      );
    const hours = await asked<{ buckets: object }>(
      `SELECT sum_counts(buckets) AS buckets FROM workload_stats WHERE container = 'migrate'`,
      [],
    );

    expect(await days(false)).toEqual(hours);
    expect(await days(true)).toEqual(hours);
    expect(Object.values(hours?.buckets ?? {})).toEqual([1, 1, 1]);
  });
});
