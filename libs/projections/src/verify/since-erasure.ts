/** What an erasure leaves as it was known, and a rebuild would tell otherwise. */
import type { Queryable } from '../queryable.js';
import type { Compared } from './differing-rows.js';

/** By table; all else is compared. */
export const comparedSinceErasure: Readonly<Record<string, Compared>> = {
  // In which order happenings became known by one event.
  happening: { key: ['shard_id', 'position', 'happening_id'], but: ['ordinal'] },
  gap: { but: ['pods_alive'] },
  // What a start that is erased had taught by then is not unsaid.
  pod_init: { but: ['deadline_at', 'threshold_seconds', 'threshold_basis', 'digest'] },
  // Taking back and adding again moves it.
  workload_stats: { but: ['last_position'] },
  day_stats: { but: ['last_position'] },
};

/** When read models of a shard were derived again for an erasure last, RFC 3339; null where they were built since, or it never happened. */
export async function erasedSinceBuilt(db: Queryable, shardId: number): Promise<string | null> {
  const { rows } = await db.query<{ erased_at: string | null }>(
    `SELECT max(read_models_at) AS erased_at
     FROM erasure
     WHERE shard_id = $1 AND log = 'event'
       AND read_models_at > coalesce((SELECT max(taken_at) FROM takeover WHERE shard_id = $1), '-infinity')`,
    [shardId],
  );
  return rows[0]?.erased_at ?? null;
}
