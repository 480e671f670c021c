import type { Queryable } from '../queryable.js';
import type { BaselineKey, CountedHours, HourOfStarts, ReadHours } from './baselines.js';

/** Of which shard, and by whose bookmark it is known what the table has counted. */
export type CountedBy = Readonly<{ shardId: number; name: string }>;

type Asked = Readonly<{
  key: BaselineKey;
  since: number;
  resolve: (counted: CountedHours) => void;
  reject: (error: unknown) => void;
}>;

type Found = Readonly<{ up_to: number | null; hours: readonly HourOfStarts[] | null }>;

/** Reads hours from `workload_stats`. What is asked for in one turn is one statement. */
export function hoursReader(db: Queryable, by: CountedBy): ReadHours {
  let asked: Asked[] = [];
  const answer = async (all: readonly Asked[]): Promise<void> => {
    try {
      const found = await readHours(db, by, all);
      all.forEach(({ resolve }, nth) => resolve({ hours: found[nth]?.hours ?? [], upTo: found[nth]?.up_to ?? -1 }));
    } catch (error) {
      for (const { reject } of all) reject(error);
    }
  };
  return (key, since) =>
    new Promise((resolve, reject) => {
      if (asked.length === 0)
        queueMicrotask(() => {
          const all = asked;
          asked = [];
          void answer(all);
        });
      asked.push({ key, since, resolve, reject });
    });
}

/**
 * The hours after `since` (epoch milliseconds) in which starts of each key went well, whatever their revision. Counts and bookmark are read
 * in one statement: the batch that is being written is in both or in neither.
 */
async function readHours(
  db: Queryable,
  { shardId, name }: CountedBy,
  asked: readonly Pick<Asked, 'key' | 'since'>[],
): Promise<readonly Found[]> {
  const { rows } = await db.query<Found>(
    `SELECT (SELECT position FROM projection_bookmark WHERE shard_id = $1 AND name = $8) AS up_to, found.hours
     FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[]) WITH ORDINALITY
            AS wanted(namespace, namespace_uid, workload_kind, workload_name, container, since, nth)
     LEFT JOIN LATERAL (
       SELECT json_agg(each) AS hours
       FROM (
         SELECT to_char(hour AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24":00:00Z"') AS hour,
                jsonb_object_agg(bucket, count) AS buckets
         FROM (
           SELECT hour, bucket, sum(count::bigint) AS count
           FROM workload_stats AS known, jsonb_each_text(buckets) AS each(bucket, count)
           WHERE known.shard_id = $1
             AND known.namespace = wanted.namespace
             AND known.namespace_uid = wanted.namespace_uid
             AND known.workload_kind = wanted.workload_kind
             AND known.workload_name = wanted.workload_name
             AND known.container = wanted.container
             AND known.hour > wanted.since
           GROUP BY hour, bucket
         ) AS summed
         GROUP BY hour
       ) AS each
     ) AS found ON true
     ORDER BY wanted.nth`,
    [
      shardId,
      asked.map(({ key }) => key.namespace),
      asked.map(({ key }) => key.namespaceUid),
      asked.map(({ key }) => key.workloadKind),
      asked.map(({ key }) => key.workloadName),
      asked.map(({ key }) => key.container),
      asked.map(({ since }) => new Date(since).toISOString()),
      name,
    ],
  );
  return rows;
}
