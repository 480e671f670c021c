import type { Database } from '#libs/platform';

const recorderSilentSeconds = 60;
const projectionLagSeconds = 30;
/** While the read models of other rules are built nobody may be keeping those in force: then they do not see what is so now. */
const rebuildLagSeconds = 2;

/**
 * Whether what the read models say of a shard is what is so now: its recorder gives signs of life, and the projection has read
 * what was recorded.
 */
export async function canSee(pool: Database['projection'], shardId: number, now: Date): Promise<boolean> {
  const { rows } = await pool.query<{ sees: boolean }>(
    `SELECT shard.seen_at > $2::timestamptz - make_interval(secs => $3)
            AND NOT EXISTS (
              SELECT 1 FROM event JOIN projection_bookmark AS mark USING (shard_id)
              WHERE event.shard_id = shard.shard_id AND event.position = mark.position + 1
                AND event.recorded_at >= coalesce(mark.recorded_at, '-infinity')
                AND event.recorded_at < $2::timestamptz - make_interval(secs => CASE
                  WHEN to_regclass(quote_ident(current_schema() || '_next') || '.projection_bookmark') IS NULL THEN $4::float8 ELSE $5::float8 END)) AS sees
     FROM shard WHERE shard.shard_id = $1`,
    [shardId, now.toISOString(), recorderSilentSeconds, projectionLagSeconds, rebuildLagSeconds],
  );
  return rows[0]?.sees ?? false;
}
