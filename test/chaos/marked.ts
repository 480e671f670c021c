/** Waits until everything that was written so far is recorded, and read. */
import { until } from '../e2e/service.js';
import type { Stage } from './stage.js';

const recordedAndRead = `
  WITH marks AS (
    SELECT body ->> 'resourceVersion' AS at, max(position) AS position
    FROM event
    WHERE position >= $2 AND body ->> 'resourceVersion' = ANY ($1)
    GROUP BY 1)
  SELECT count(*) = $3 AND max(position) <= (SELECT max(position) FROM projection_bookmark) AS there
  FROM marks`;

/** @returns a resourceVersion: what was written before has been seen by all watches */
export async function marked({ load, database, running }: Stage): Promise<number> {
  const pool = database.pool();
  try {
    const { rows } = await pool.query<{ size: number }>('SELECT max(size) AS size FROM shard_head');
    const { first, ...marks } = load.mark();
    const wanted = Object.values(marks);
    await until(
      async () => {
        const values = [wanted, rows[0]?.size ?? 0, wanted.length];
        return (await pool.query<{ there: boolean }>(recordedAndRead, values)).rows[0]?.there === true;
      },
      {
        seconds: 300,
        what: () =>
          `what was written was not recorded:\n${running.map(({ name, said }) => `${name}\n${said}`).join('\n')}`,
      },
    );
    return first;
  } finally {
    await pool.end();
  }
}
