import type { Queryable } from '../queryable.js';
import type { BaselineKey, HourOfStarts } from './baselines.js';

/** The hours after `since` (epoch milliseconds) in which starts of `key` went well, whatever their revision. */
export async function readHours(
  db: Queryable,
  shardId: number,
  key: BaselineKey,
  since: number,
): Promise<readonly HourOfStarts[]> {
  const { rows } = await db.query<HourOfStarts>(
    `SELECT to_char(hour AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24":00:00Z"') AS hour,
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
     GROUP BY hour`,
    [
      shardId,
      key.namespace,
      key.namespaceUid,
      key.workloadKind,
      key.workloadName,
      key.container,
      new Date(since).toISOString(),
    ],
  );
  return rows;
}
