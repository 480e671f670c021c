import type { Queryable } from '../queryable.js';
import type { Lag } from './follower-metrics.js';

/** How far a projection, which metrics call `label`, is behind each shard that it was ever told of. */
export async function readLags(db: Queryable, name: string, label = name): Promise<readonly Lag[]> {
  const { rows } = await db.query<{ shard_id: number; positions: number; seconds: number }>(
    `SELECT head.shard_id,
            head.size - 1 - coalesce(mark.position, -1) AS positions,
            coalesce(extract(epoch FROM now() - waiting.recorded_at), 0)::float8 AS seconds
     FROM shard_head AS head
     LEFT JOIN projection_bookmark AS mark ON mark.shard_id = head.shard_id AND mark.name = $1
     LEFT JOIN LATERAL (
       SELECT recorded_at
       FROM event
       WHERE event.shard_id = head.shard_id
         AND event.position = coalesce(mark.position, -1) + 1
         AND event.recorded_at >= coalesce(mark.recorded_at, '-infinity')
       LIMIT 1
     ) AS waiting ON true`,
    [name],
  );
  return rows.map(({ shard_id, positions, seconds }) => ({ projection: label, shardId: shard_id, positions, seconds }));
}
