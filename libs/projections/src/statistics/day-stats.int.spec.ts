import { describe, expect, it } from 'vitest';
import { earlierDatabase } from '#testing/platform';
import { goodStart, initEnds, initRuns, Ledger, newPod } from '../testing/index.js';

const day = 86_400;

describe('day_stats', () => {
  it('are made, at the update of a database that has only hours, as they would have been kept', async () => {
    const ledger = await Ledger.open();
    const earlier = await earlierDatabase('0018_callers');
    try {
      await ledger.append([
        ...goodStart(1, 100, 10),
        ...goodStart(2, day - 30, 20),
        ...goodStart(3, day, 30),
        newPod(4, day + 50),
        initRuns(4, day + 51),
        initEnds(4, day + 51, day + 60, 1),
      ]);
      await ledger.project();
      const [hours] = await ledger.rows<{ rows: string }>(
        'SELECT json_agg(workload_stats)::text AS rows FROM workload_stats',
      );
      await earlier.pool.query(
        'INSERT INTO workload_stats SELECT * FROM json_populate_recordset(NULL::workload_stats, $1)',
        [hours?.rows],
      );

      await earlier.upgrade();

      const days = 'SELECT * FROM day_stats ORDER BY day, workload_kind, workload_name, revision, container';
      const kept = await ledger.rows(days);
      expect((await earlier.pool.query(days)).rows).toEqual(kept);
      expect(kept.length).toBeGreaterThanOrEqual(8);
    } finally {
      await Promise.all([ledger.close(), earlier.close()]);
    }
  });
});
