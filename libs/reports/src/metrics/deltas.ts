import { sql, word, type Sql } from '../asking/sql.js';
import type { Snapshot } from '../reading/reports-database.js';
import { bounds } from './counts.js';

/** The positions of a shard between which something is counted: after `after`, up to and with `upTo`. */
export type Between = Readonly<{ shardId: number; after: number; upTo: number }>;

export type DurationDelta = Readonly<{
  namespace: string;
  label: string;
  bucket: number;
  count: number;
  sum: number;
  pod_uid: string | null;
  last: number | null;
  ended: number | null;
}>;

export type AttemptDelta = Readonly<{ namespace: string; outcome: string; count: number }>;

/**
 * The versions that `between` brought into force, signed 1, and those that it ended, signed -1: what they say is how much a
 * count over the versions in force has changed. A version ends only where another of the same pod begins.
 */
function changed(table: 'pod_init' | 'init_attempt', { shardId, after, upTo }: Between): Sql {
  const touched = sql`
    SELECT pod_uid FROM pod_init WHERE shard_id = ${shardId} AND valid_from > ${after} AND valid_from <= ${upTo}
    UNION SELECT pod_uid FROM init_attempt WHERE shard_id = ${shardId} AND valid_from > ${after} AND valid_from <= ${upTo}`;
  return sql`
    SELECT 1 AS sign, added.* FROM ${word(table)} AS added
    WHERE shard_id = ${shardId} AND valid_from > ${after} AND valid_from <= ${upTo} AND (valid_to IS NULL OR valid_to > ${upTo})
    UNION ALL
    SELECT -1 AS sign, ended.* FROM ${word(table)} AS ended
    WHERE ${after} >= 0 AND shard_id = ${shardId} AND pod_uid IN (${touched})
      AND valid_from <= ${after} AND valid_to > ${after} AND valid_to <= ${upTo}`;
}

const bucketOf = (seconds: string): Sql =>
  sql`(SELECT count(*)::int FROM unnest(${[...bounds]}::float8[]) AS bound WHERE bound < ${word(seconds)})`;

/** Exact durations of initializations that ended, by namespace and outcome. */
export const initializationDelta = (snapshot: Snapshot, between: Between): Promise<DurationDelta[]> =>
  snapshot.rows<DurationDelta>(sql`
    SELECT namespace, outcome AS label, ${bucketOf('duration_seconds')} AS bucket, sum(sign)::float8 AS count,
           sum(sign * duration_seconds)::float8 AS sum,
           (array_agg(pod_uid::text ORDER BY ended_at DESC) FILTER (WHERE sign = 1))[1] AS pod_uid,
           (array_agg(duration_seconds ORDER BY ended_at DESC) FILTER (WHERE sign = 1))[1] AS last,
           (extract(epoch FROM max(ended_at) FILTER (WHERE sign = 1)) * 1000)::float8 AS ended
    FROM (${changed('pod_init', between)}) AS p
    WHERE init_containers > 0 AND ended_at IS NOT NULL AND duration_certainty = 'exact' AND duration_seconds IS NOT NULL
    GROUP BY 1, 2, 3`);

/** Initializations that ended, exact or not, by namespace and outcome. */
export const startDelta = (snapshot: Snapshot, between: Between): Promise<AttemptDelta[]> =>
  snapshot.rows<AttemptDelta>(sql`
    SELECT namespace, outcome, sum(sign)::float8 AS count
    FROM (${changed('pod_init', between)}) AS p
    WHERE init_containers > 0 AND outcome <> 'running' AND ended_at IS NOT NULL
    GROUP BY 1, 2`);

/** Phases of time of cycles that ended: those that are known exactly. */
export const phaseDelta = (snapshot: Snapshot, between: Between): Promise<DurationDelta[]> =>
  snapshot.rows<DurationDelta>(sql`
    SELECT '' AS namespace, label, ${bucketOf('seconds')} AS bucket, sum(sign)::float8 AS count, sum(sign * seconds)::float8 AS sum,
           NULL AS pod_uid, NULL::float8 AS last, NULL::float8 AS ended
    FROM (
      SELECT p.sign, slice->>'phase' AS label, (slice->'duration'->>'seconds')::float8 AS seconds
      FROM (${changed('pod_init', between)}) AS p CROSS JOIN LATERAL json_array_elements(p.doc::json->'cycles'->-1->'phases') AS slice
      WHERE p.init_containers > 0 AND p.ended_at IS NOT NULL AND slice->'duration'->>'certainty' = 'exact'
    ) AS slices
    WHERE seconds IS NOT NULL
    GROUP BY 1, 2, 3`);

/** Attempts that ended, by namespace and outcome. */
export const attemptDelta = (snapshot: Snapshot, between: Between): Promise<AttemptDelta[]> =>
  snapshot.rows<AttemptDelta>(sql`
    SELECT namespace, CASE WHEN category = 'OOM' THEN 'oom_killed' ELSE outcome END AS outcome, sum(sign)::float8 AS count
    FROM (${changed('init_attempt', between)}) AS a
    WHERE outcome <> 'running'
    GROUP BY 1, 2`);
