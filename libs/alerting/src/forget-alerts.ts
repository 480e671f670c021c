import type { Pool } from '#libs/platform';

/** Takes away what the tables hold of alerts whose acts were erased, with what was to be delivered of them, and was. All or nothing. */
export async function forgetAlerts(pool: Pool, shardId: number, alertIds: readonly string[]): Promise<void> {
  await pool.query(
    `WITH put AS (DELETE FROM outbox WHERE shard_id = $1 AND alert_id = ANY ($2::uuid[]) RETURNING dedupe_key),
          delivered AS (DELETE FROM delivery WHERE shard_id = $1 AND dedupe_key IN (SELECT dedupe_key FROM put))
     DELETE FROM alert WHERE shard_id = $1 AND alert_id = ANY ($2::uuid[])`,
    [shardId, alertIds],
  );
}
