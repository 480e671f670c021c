/** Which streams a span of the log touches, and which of them may still be moved by what comes after it. */
import type { Queryable } from '../queryable.js';

/** Positions `[from, to)` of a shard. What lies before is gone, or frozen up to there. */
export type Span = Readonly<{ shardId: number; from: number; to: number }>;

/** All of `event` that a span may hold, so that other partitions are left out: `recorded_at` never decreases with the position. */
const WITHIN = `shard_id = $1 AND position >= $2 AND position < $3
  AND recorded_at >= (SELECT recorded_at FROM event WHERE shard_id = $1 AND position = $2)
  AND recorded_at <= (SELECT recorded_at FROM event WHERE shard_id = $1 AND position = $3 - 1)`;

/** The next streams of pods after `after`, in the order of their uids, that the span holds or that are kept of what lies before it. */
export async function streamsAfter(
  db: Queryable,
  { shardId, from, to }: Span,
  after: string | null,
  limit: number,
): Promise<readonly string[]> {
  const { rows } = await db.query<{ stream_id: string }>(
    `(SELECT DISTINCT stream_id
      FROM event
      WHERE ${WITHIN} AND stream_id > $4 AND type IN ('PodObserved', 'PodGone', 'KubeEventObserved')
      ORDER BY stream_id
      LIMIT $5)
     UNION
     (SELECT stream_id
      FROM pod_seed
      WHERE shard_id = $1 AND horizon = $2 AND stream_id > $4
      ORDER BY stream_id
      LIMIT $5)
     ORDER BY stream_id
     LIMIT $5`,
    [shardId, from, to, after ?? beforeAll, limit],
  );
  return rows.map(({ stream_id }) => stream_id);
}

const beforeAll = '00000000-0000-0000-0000-000000000000';

/**
 * Those of `streamIds` that something after the span may move: that live, or wait for a list, or of which more is recorded. What is gone since
 * less than a day is kept too: Events may come late.
 */
export async function mayBeMoved(
  db: Queryable,
  { shardId, from, to }: Span,
  streamIds: readonly string[],
): Promise<readonly string[]> {
  const { rows } = await db.query<{ uid: string }>(
    `SELECT wanted.uid
     FROM unnest($4::uuid[]) AS wanted(uid)
     LEFT JOIN pod_seed AS seed ON seed.shard_id = $1 AND seed.horizon = $2 AND seed.stream_id = wanted.uid
     LEFT JOIN LATERAL (
       SELECT type
       FROM event
       WHERE ${WITHIN} AND stream_id = wanted.uid AND type IN ('PodObserved', 'PodGone')
       ORDER BY position DESC
       LIMIT 1) AS last ON true
     WHERE last.type = 'PodObserved'
        OR (last.type IS NULL
            AND (seed.fold IS NULL OR (seed.fold->>'living')::boolean OR json_array_length(seed.fold->'keys') > 0))
        OR EXISTS (SELECT FROM event WHERE shard_id = $1 AND stream_id = wanted.uid AND position >= $3)
        OR EXISTS (SELECT FROM event
                   WHERE ${WITHIN} AND stream_id = wanted.uid
                     AND recorded_at > (SELECT recorded_at FROM event WHERE shard_id = $1 AND position = $3 - 1) - interval '1 day')
        OR EXISTS (SELECT
                   FROM context AS twin
                   JOIN event ON event.shard_id = $1 AND event.stream_id = twin.uid AND event.position >= $3
                   WHERE twin.shard_id = $1 AND twin.kind = 'twin' AND twin.name = wanted.uid::text)
     ORDER BY wanted.uid`,
    [shardId, from, to, streamIds],
  );
  return rows.map(({ uid }) => uid);
}
