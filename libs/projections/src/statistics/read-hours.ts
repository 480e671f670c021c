import type { Queryable } from '../queryable.js';
import type { BaselineKey, CountedHours, HourOfStarts } from './baselines.js';

/** Of which shard, and by whose bookmark it is known what the table has counted. */
export type CountedBy = Readonly<{ shardId: number; name: string }>;

/**
 * The hours after `since` (epoch milliseconds) in which starts of `key` went well, whatever their revision. Counts and bookmark are read
 * in one statement: the batch that is being written is in both or in neither.
 */
export async function readHours(
  db: Queryable,
  { shardId, name }: CountedBy,
  key: BaselineKey,
  since: number,
): Promise<CountedHours> {
  const { rows } = await db.query<{ up_to: number | null; hours: readonly HourOfStarts[] | null }>(
    `SELECT (SELECT position FROM projection_bookmark WHERE shard_id = $1 AND name = $8) AS up_to,
            (SELECT json_agg(each)
             FROM (
               SELECT to_char(hour AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24":00:00Z"') AS hour,
                      jsonb_object_agg(bucket, count) AS buckets
               FROM (
                 SELECT hour, bucket, sum(count::bigint) AS count
                 FROM workload_stats, jsonb_each_text(buckets) AS each(bucket, count)
                 WHERE shard_id = $1
                   AND namespace = $2
                   AND namespace_uid = $3
                   AND workload_kind = $4
                   AND workload_name = $5
                   AND container = $6
                   AND hour > $7
                 GROUP BY hour, bucket
               ) AS summed
               GROUP BY hour
             ) AS each) AS hours`,
    [
      shardId,
      key.namespace,
      key.namespaceUid,
      key.workloadKind,
      key.workloadName,
      key.container,
      new Date(since).toISOString(),
      name,
    ],
  );
  const [found] = rows;
  return { hours: found?.hours ?? [], upTo: found?.up_to ?? -1 };
}
