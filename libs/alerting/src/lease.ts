import type { Database } from '#libs/platform';

/** How long an owner that says nothing more keeps its lease. */
const leaseSeconds = 10;

/**
 * Takes or renews the right to decide about a shard's alerts, by the database's clock.
 *
 * Two deciders would not corrupt anything, since the act log has a fence, but they would fence each other for ever.
 */
export async function holdLease(pool: Database['projection'], shardId: number, owner: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    `INSERT INTO alert_bookmark AS kept (shard_id, position, owner, lease_until)
     VALUES ($1, -1, $2, now() + make_interval(secs => $3))
     ON CONFLICT (shard_id) DO UPDATE SET owner = EXCLUDED.owner, lease_until = EXCLUDED.lease_until
     WHERE kept.owner = EXCLUDED.owner OR kept.lease_until < now()`,
    [shardId, owner, leaseSeconds],
  );
  return rowCount === 1;
}

/** Gives the right back, so that another process need not wait for it to run out. */
export async function releaseLease(pool: Database['projection'], shardId: number, owner: string): Promise<void> {
  await pool.query('UPDATE alert_bookmark SET lease_until = now() WHERE shard_id = $1 AND owner = $2', [
    shardId,
    owner,
  ]);
}
