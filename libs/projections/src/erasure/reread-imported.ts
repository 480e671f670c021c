/** What becomes of read models when events come back that are older than all that was here. */
import type { PoolClient } from '#libs/platform';
import { readModelTables } from '../pod-inits/batch-tables.js';
import { dropBeside } from '../takeover/builds.js';

/** Events `[from, to)` of a shard that were imported below the others. */
export type OlderEvents = Readonly<{ shardId: number; from: number; to: number }>;

/** Tables that are told by position. */
const TOLD = ['happening', 'kube_event', 'gap', 'context'] as const;

/**
 * In the transaction in which they come. Read models that told of them before they were dropped still do, and stay as they are. Others never
 * read them, and go, with their bookmark: who follows the shard begins anew with the oldest event there is. Those that are being built
 * beside them, or were put aside, go in both cases, for they began later.
 */
export async function rereadImported(db: PoolClient, { shardId, from, to }: OlderEvents): Promise<void> {
  await dropBeside(db, readModelTables);
  const told = TOLD.map(
    (table) => `EXISTS (SELECT FROM ${table} WHERE shard_id = $1 AND position >= $2 AND position < $3)`,
  );
  const { rows } = await db.query<{ told: boolean }>(`SELECT ${told.join(' OR ')} AS told`, [shardId, from, to]);
  if (rows[0]?.told) return;
  for (const table of [...readModelTables, 'quarantine', 'projection_bookmark'])
    await db.query(`DELETE FROM ${table} WHERE shard_id = $1`, [shardId]);
  // Who follows a shard in which nothing happens writes nothing, and would not find the bookmark gone. Its lease it renews each second.
  await db.query(
    `UPDATE projection_lease
     SET worker = gen_random_uuid(), lease_until = clock_timestamp() + interval '5 seconds', wanted_by = NULL, wanted_until = NULL
     WHERE shard_id = $1`,
    [shardId],
  );
}
