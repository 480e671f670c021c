import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bucketIndex } from '#libs/init-history';
import { inTransaction } from '../following/transaction.js';
import { BatchRows } from '../pod-inits/batch-rows.js';
import { writeBatch } from '../pod-inits/batch-tables.js';
import type { Contribution } from '../pod-inits/read-model-rows.js';
import { Ledger } from '../testing/index.js';
import { noCounts } from './counts.js';
import { bucketOf } from './stats-changes.js';

/** What an ended attempt counts for: a success of exact or bounded duration, or a failure. */
const contribution: fc.Arbitrary<Contribution> = fc
  .record({
    hour: fc.constantFrom('2026-11-21T10:00:00Z', '2026-11-21T11:00:00Z'),
    container: fc.constantFrom('migrate', 'wait'),
    told: fc.oneof(
      fc.integer({ min: 0, max: 4_000_000 }).map((durationMs) => ({ succeeded: 1, durationMs })),
      fc.constant({ succeeded: 1, bounded: 1 }),
      fc.constantFrom('OOM', 'CRASH').map((category) => ({ failed: 1, category })),
    ),
  })
  .map(({ hour, container, told }) => ({
    ...noCounts(),
    hour,
    container,
    namespace: 'shop',
    namespaceUid: '',
    workloadKind: 'Deployment',
    workloadName: 'api',
    revision: '',
    hasInit: true,
    ended: 1,
    durationMs: null,
    category: null,
    ...told,
  }));

/** An attempt is told, told otherwise, or taken back (null): in this order, some of them in one batch. */
const corrections = fc.array(
  fc.array(fc.record({ attempt: fc.nat(7), told: fc.option(contribution, { freq: 6 }) }), { maxLength: 12 }),
  { maxLength: 8 },
);

const durations = fc.array(fc.double({ min: 1e-5, max: 1e7, noNaN: true }), { minLength: 1, maxLength: 60 });
const quantiles = fc.constantFrom(0, 0.5, 0.9, 0.99, 1);

const histogramOf = (seconds: readonly number[]): Record<string, number> => {
  const buckets: Record<string, number> = {};
  for (const one of seconds) buckets[bucketOf(one * 1000)] = (buckets[bucketOf(one * 1000)] ?? 0) + 1;
  return buckets;
};
const truthOf = (seconds: readonly number[], q: number): number =>
  seconds.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(q * seconds.length) - 1)] ?? Number.NaN;

/** Each run asks the database some times. */
const runs = { numRuns: 60 };

describe('histograms in the database', { timeout: 120_000 }, () => {
  let ledger: Ledger;

  beforeAll(async () => {
    ledger = await Ledger.open();
  });
  afterEach(() => ledger.rows('DELETE FROM workload_stats'));
  afterAll(() => ledger.close());

  /** With the rights of whoever answers. */
  const asked = async <Row extends object>(text: string, values: readonly unknown[]): Promise<Row[]> =>
    (await ledger.pools.api.query<Row>(text, [...values])).rows;
  const stored = () =>
    ledger.rows<Record<string, unknown> & { succeeded: number; bounded: number; duration_count: number; held: number }>(
      `SELECT hour, container, ended, succeeded, failed, bounded, duration_ms, duration_count, categories, buckets,
              (SELECT coalesce(sum(value::bigint), 0)::bigint FROM jsonb_each_text(buckets)) AS held
       FROM workload_stats
       ORDER BY hour, container`,
    );
  const quantileOf = async (buckets: Record<string, number>, q: number, schema = 5) => {
    const [found] = await asked<{ seconds: number; lo: number; hi: number }>(
      'SELECT * FROM histogram_quantile($1, $2, $3)',
      [JSON.stringify(buckets), q, schema],
    );
    return found;
  };
  const downscaled = async (buckets: Record<string, number>, schema: number) => {
    const [row] = await asked<{ scaled: Record<string, number> }>('SELECT histogram_downscale($1, $2) AS scaled', [
      JSON.stringify(buckets),
      schema,
    ]);
    return row?.scaled;
  };
  const write = (rows: BatchRows) => inTransaction(ledger.pool, (db) => writeBatch(db, ledger.shardId, rows));

  it('are exactly those of the facts as they are now, whatever was told before and corrected', async () => {
    await fc.assert(
      fc.asyncProperty(corrections, async (batches) => {
        await ledger.rows('DELETE FROM workload_stats');
        const now = new Map<number, Contribution>();
        let position = 0;
        for (const batch of batches) {
          const rows = new BatchRows(ledger.shardId);
          for (const { attempt, told } of batch) {
            position += 1;
            const before = now.get(attempt);
            if (before) rows.stats.add({ contribution: before, times: -1, position });
            if (told) rows.stats.add({ contribution: told, times: 1, position });
            if (told) now.set(attempt, told);
            else now.delete(attempt);
          }
          await write(rows);
        }
        const found = await stored();
        await ledger.rows('DELETE FROM workload_stats');
        const fresh = new BatchRows(ledger.shardId);
        for (const each of now.values()) fresh.stats.add({ contribution: each, times: 1, position: 1 });
        await write(fresh);

        expect(found).toEqual(await stored());
        for (const { succeeded, bounded, duration_count, held } of found) {
          expect(duration_count + bounded).toBe(succeeded);
          expect(held).toBe(duration_count);
        }
      }),
      runs,
    );
  });

  it('have percentiles within 1.1 % of the exact ones, between bounds that hold them', async () => {
    await fc.assert(
      fc.asyncProperty(durations, quantiles, async (seconds, q) => {
        const truth = truthOf(seconds, q);
        const found = await quantileOf(histogramOf(seconds), q);

        expect(Math.abs((found?.seconds ?? 0) - truth) / truth).toBeLessThan(0.011);
        // A bound is a power of two to the last place of one computer or the other.
        expect(truth).toBeGreaterThan((found?.lo ?? Infinity) * (1 - 1e-12));
        expect(truth).toBeLessThanOrEqual((found?.hi ?? 0) * (1 + 1e-12));
      }),
      runs,
    );
  });

  it('have the percentiles of zero and of nothing', async () => {
    expect(await quantileOf({ zero: 3, '0': 1 }, 0.5)).toEqual({ seconds: 0, lo: 0, hi: 1e-6 });
    expect(await quantileOf({ zero: 3, '0': 1 }, 1)).toMatchObject({ lo: 2 ** (-1 / 32), hi: 1 });
    expect(await quantileOf({}, 0.5)).toBeUndefined();
  });

  it('add up over rows: the sum is the histogram of all', async () => {
    await fc.assert(
      fc.asyncProperty(durations, durations, async (one, other) => {
        const [row] = await asked<{ sum: Record<string, number> }>(
          'SELECT sum_counts(buckets) AS sum FROM unnest($1::jsonb[]) AS buckets',
          [[one, other].map((seconds) => JSON.stringify(histogramOf(seconds)))],
        );
        expect(row?.sum).toEqual(histogramOf([...one, ...other]));
      }),
      runs,
    );
  });

  it('downscale as if the durations had been counted at that schema, before or after they are added', async () => {
    await fc.assert(
      fc.asyncProperty(durations, durations, fc.integer({ min: -4, max: 5 }), async (one, other, schema) => {
        const at = (index: number): number => Math.ceil(index / 2 ** (5 - schema)) + 0;
        const counted: Record<string, number> = {};
        for (const each of [...one, ...other]) {
          const key = String(at(bucketIndex(each) ?? Number.NaN));
          counted[key] = (counted[key] ?? 0) + 1;
        }
        const [row] = await asked<{ parts: Record<string, number> }>(
          'SELECT sum_counts(histogram_downscale(part, $2)) AS parts FROM unnest($1::jsonb[]) AS part',
          [[one, other].map((seconds) => JSON.stringify(histogramOf(seconds))), schema],
        );
        const whole = await downscaled(histogramOf([...one, ...other]), schema);

        expect(whole).toEqual(counted);
        expect(row?.parts).toEqual(whole);
        const [truth, found] = [
          truthOf(one, 0.9),
          await quantileOf((await downscaled(histogramOf(one), schema)) ?? {}, 0.9, schema),
        ];
        expect(truth).toBeGreaterThan((found?.lo ?? Infinity) * (1 - 1e-12));
        expect(truth).toBeLessThanOrEqual((found?.hi ?? 0) * (1 + 1e-12));
      }),
      runs,
    );
  });

  it('keep what took no time apart when they are downscaled, and go to no finer schema', async () => {
    expect(await downscaled({ zero: 2, '1': 1, '2': 1, '-1': 1 }, 4)).toEqual({ zero: 2, '1': 2, '0': 1 });
    await expect(downscaled({}, 6)).rejects.toThrow('cannot be brought to schema 6: choose one from -4 to 5');
  });
});
