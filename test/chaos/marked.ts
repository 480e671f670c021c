/** Waits until everything that was written so far is recorded, and read. */
import { until } from '../e2e/service.js';
import type { Stage } from './stage.js';

/** A position is stored with all that was before it; what fell into a gap is not there, and the position is beyond it. */
const recorded = `
  SELECT count(*) = 4 AND min(resource_version::bigint) >= $1 AS done, (SELECT max(size) FROM shard_head) AS size
  FROM watch_position`;

/** @returns a resourceVersion: what was written before has been seen by all watches */
export async function marked({ load, database, running }: Stage): Promise<number> {
  const pool = database.pool();
  const what = () =>
    `what was written was not recorded and read:\n${running.map(({ name, said }) => `${name}\n${said}`).join('\n')}`;
  try {
    const { first, last } = load.mark();
    let size = 0;
    const isRecorded = async () => {
      const { rows } = await pool.query<{ done: boolean; size: number }>(recorded, [last]);
      size = rows[0]?.size ?? 0;
      return rows[0]?.done === true;
    };
    await until(isRecorded, { seconds: 300, what });
    const isRead = async () => {
      const { rows } = await pool.query<{ position: number }>(
        'SELECT min(position) AS position FROM projection_bookmark',
      );
      return (rows[0]?.position ?? -1) >= size - 1;
    };
    await until(isRead, { seconds: 300, what });
    return first;
  } finally {
    await pool.end();
  }
}
