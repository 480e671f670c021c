import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addStatistics } from '../pod-inits/batch-tables.js';
import { account, attempt, container, exactly } from '../testing/accounts.js';
import { Ledger } from '../testing/index.js';
import { attemptContribution } from './contribution.js';
import { StatsChanges } from './stats-changes.js';

type Counted = readonly [workload: string, seconds: number, times: 1 | -1];

describe('a row of statistics', () => {
  let ledger: Ledger;
  let position: number;

  beforeEach(async () => {
    ledger = await Ledger.open();
    position = 0;
  });

  afterEach(() => ledger.close());

  /** A batch in which these starts were counted or taken back. */
  async function count(...counted: readonly Counted[]): Promise<void> {
    const changes = new StatsChanges(ledger.shardId);
    for (const [workloadName, seconds, times] of counted) {
      const [contribution] =
        attemptContribution(
          account(),
          container(),
          attempt({ duration: exactly(seconds), finishedAt: '2026-11-21T11:00:01Z' }),
        ) ?? [];
      if (!contribution) throw new Error('an ended attempt counts');
      changes.add({ contribution: { ...contribution, workloadName }, times, position: (position += 1) });
    }
    await addStatistics(ledger.pool, changes);
  }

  const left = (table: string) =>
    ledger.rows(
      `SELECT workload_name AS name, ended::int FROM ${table} WHERE workload_kind <> '' ORDER BY workload_name`,
    );

  it.each(['workload_stats', 'day_stats'])('of %s goes when all that it counted was taken back', async (table) => {
    await count(['api', 5, 1], ['web', 5, 1], ['web', 7, 1]);
    await count(['api', 5, -1], ['web', 5, -1], ['db', 0, 1]);

    expect(await left(table)).toEqual([
      { name: 'db', ended: 1 },
      { name: 'web', ended: 1 },
    ]);
  });

  it.each(['workload_stats', 'day_stats'])(
    'of %s does not come where a batch takes back what it counted',
    async (table) => {
      await count(['api', 5, 1], ['web', 5, 1], ['api', 5, -1]);

      expect(await left(table)).toEqual([{ name: 'web', ended: 1 }]);
    },
  );

  it('is not looked for where a batch only adds', async () => {
    const query = vi.spyOn(ledger.pool, 'query');
    const deletions = () => query.mock.calls.filter((call) => JSON.stringify(call).includes('DELETE')).length;

    await count(['api', 5, 1]);
    const added = deletions();
    await count(['api', 5, -1]);

    expect([added, deletions()]).toEqual([0, 2]);
  });
});
