import type { Database } from '#libs/platform';

const recorderSilentSeconds = 60;
const projectionLagSeconds = 30;

/**
 * Whether what the read models say of a shard is what is so now: its recorder gives signs of life, and the projection has read
 * what was recorded. A projection that somebody keeps may be a little behind; one that nobody keeps, as from the first moment of a takeover by
 * other rules on, says nothing of now once anything is unread. Who keeps it holds a lease by its name and rules.
 * The sign of life is by the database's clock: where ours is behind it, what is beyond its deadline would look well.
 */
export async function canSee(pool: Database['projection'], shardId: number, now: Date): Promise<boolean> {
  const { rows } = await pool.query<{ sees: boolean }>(
    `SELECT shard.seen_at BETWEEN $2::timestamptz - make_interval(secs => $3) AND $2::timestamptz + make_interval(secs => $3)
            AND NOT EXISTS (
              SELECT 1 FROM event JOIN projection_bookmark AS mark USING (shard_id)
              WHERE event.shard_id = shard.shard_id AND event.position = mark.position + 1
                AND event.recorded_at >= coalesce(mark.recorded_at, '-infinity')
                AND event.recorded_at < $2::timestamptz - make_interval(secs => CASE WHEN EXISTS (
                  SELECT 1 FROM projection_lease AS lease
                  WHERE lease.shard_id = mark.shard_id AND lease.projection = mark.name || ', rules ' || mark.rules
                    AND lease.lease_until >= clock_timestamp()) THEN $4::float8 ELSE 0 END)) AS sees
     FROM shard WHERE shard.shard_id = $1`,
    [shardId, now.toISOString(), recorderSilentSeconds, projectionLagSeconds],
  );
  return rows[0]?.sees ?? false;
}
