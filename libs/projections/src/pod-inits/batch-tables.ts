/** Writes a batch. What is only added is copied; other statements take the rows of a table as one JSON text. The columns are the rows' own names. */
import { copyRows, type PoolClient } from '#libs/platform';
import type { Queryable } from '../queryable.js';
import { summedColumns } from '../statistics/counts.js';
import { packHistogram } from '../statistics/packed-histogram.js';
import type { DayChange, StatsChanges } from '../statistics/stats-changes.js';
import type { BatchRows } from './batch-rows.js';
import type { Kept } from './kept-rows.js';
import type { FindingRow } from './read-model-rows.js';

/** What is told from a log, and can be told from it again. */
export const toldTables = [
  'happening',
  'pod_init',
  'init_attempt',
  'finding',
  'kube_event',
  'gap',
  'context',
  'pod_context',
  'workload_stats',
  'day_stats',
] as const;

/** Tables of this projection that hold rows of a shard; `quarantine` and the bookmark are the follower's. */
export const readModelTables = [...toldTables, 'frozen_span', 'pod_seed', 'frozen_digest'] as const;

/** Columns that hold JSON. */
const json: ReadonlySet<string> = new Set(['contribution', 'dependencies', 'doc', 'labels']);

/** A finding counts for nothing: its table has no such column. */
const withoutContribution = ({ contribution: _contribution, ...row }: Kept<FindingRow>) => row;

/** Writes all of `batch` within the caller's transaction. */
export async function writeBatch(db: PoolClient, shardId: number, batch: BatchRows): Promise<void> {
  await closeInits(db, shardId, batch);
  await closeAttempts(db, shardId, batch);
  await closeFindings(db, shardId, batch);
  await copyRows(db, 'pod_init', batch.inits.rows, json);
  await copyRows(db, 'init_attempt', batch.attempts.rows, json);
  await copyRows(db, 'finding', batch.findings.rows.map(withoutContribution), json);
  await copyRows(db, 'happening', batch.happenings, json);
  await copyRows(db, 'kube_event', batch.kubeEvents, json);
  await copyRows(db, 'gap', batch.gaps, json);
  await copyRows(db, 'context', batch.contexts, json);
  await copyRows(db, 'quarantine', batch.quarantined, json);
  await claimEvents(db, shardId, batch);
  await removePodContexts(db, batch);
  await addPodContexts(db, batch);
  await addStatistics(db, batch.stats);
}

/** Adds to the statistics by the hour and by the day. */
export async function addStatistics(db: Queryable, stats: StatsChanges): Promise<void> {
  await addStats(db, { table: 'workload_stats', time: 'hour', rows: stats.rows, histogram: addedBuckets });
  await addStats(db, { table: 'day_stats', time: 'day', rows: stats.days.map(packed), histogram: addedNumber });
}

async function closeInits(db: Queryable, shardId: number, { inits: { closures } }: BatchRows): Promise<void> {
  if (closures.length === 0) return;
  await db.query(
    `UPDATE pod_init
     SET valid_to = ended.position
     FROM unnest($2::uuid[], $3::int[], $4::bigint[]) AS ended(pod_uid, cycle, position)
     WHERE pod_init.shard_id = $1
       AND pod_init.pod_uid = ended.pod_uid
       AND pod_init.cycle = ended.cycle
       AND pod_init.valid_to IS NULL
       AND pod_init.valid_from < ended.position`,
    [
      shardId,
      closures.map(({ pod_uid }) => pod_uid),
      closures.map(({ key }) => Number(key)),
      closures.map(({ position }) => position),
    ],
  );
}

async function closeAttempts(db: Queryable, shardId: number, { attempts: { closures } }: BatchRows): Promise<void> {
  if (closures.length === 0) return;
  await db.query(
    `UPDATE init_attempt
     SET valid_to = ended.position
     FROM unnest($2::uuid[], $3::text[], $4::bigint[]) AS ended(pod_uid, key, position)
     WHERE init_attempt.shard_id = $1
       AND init_attempt.pod_uid = ended.pod_uid
       AND init_attempt.container = split_part(ended.key, ' ', 1)
       AND init_attempt.container_id = split_part(ended.key, ' ', 2)
       AND init_attempt.valid_to IS NULL
       AND init_attempt.valid_from < ended.position`,
    [
      shardId,
      closures.map(({ pod_uid }) => pod_uid),
      closures.map(({ key }) => key),
      closures.map(({ position }) => position),
    ],
  );
}

async function closeFindings(db: Queryable, shardId: number, { findings: { closures } }: BatchRows): Promise<void> {
  if (closures.length === 0) return;
  await db.query(
    `UPDATE finding
     SET valid_to = ended.position
     FROM unnest($2::uuid[], $3::text[], $4::bigint[]) AS ended(pod_uid, key, position)
     WHERE finding.shard_id = $1
       AND finding.pod_uid = ended.pod_uid
       AND finding.finding_key = ended.key
       AND finding.valid_to IS NULL
       AND finding.valid_from < ended.position`,
    [
      shardId,
      closures.map(({ pod_uid }) => pod_uid),
      closures.map(({ key }) => key),
      closures.map(({ position }) => position),
    ],
  );
}

/** Events of a static pod are its mirror's from when that is known. */
async function claimEvents(db: Queryable, shardId: number, { claims }: BatchRows): Promise<void> {
  if (claims.length === 0) return;
  await db.query(
    `UPDATE kube_event
     SET pod_uid = claim.pod_uid
     FROM unnest($2::uuid[], $3::uuid[]) AS claim(twin, pod_uid)
     WHERE kube_event.shard_id = $1
       AND kube_event.pod_uid = claim.twin`,
    [shardId, claims.map(({ twin }) => twin), claims.map(({ podUid }) => podUid)],
  );
}

async function removePodContexts(db: Queryable, batch: BatchRows): Promise<void> {
  const rows = batch.podContexts(false);
  if (rows.length === 0) return;
  await db.query(
    `DELETE FROM pod_context
     USING json_populate_recordset(NULL::pod_context, $1) AS gone
     WHERE pod_context.shard_id = gone.shard_id
       AND pod_context.kind = gone.kind
       AND pod_context.key = gone.key
       AND pod_context.pod_uid = gone.pod_uid`,
    [JSON.stringify(rows)],
  );
}

async function addPodContexts(db: Queryable, batch: BatchRows): Promise<void> {
  const rows = batch.podContexts(true);
  if (rows.length === 0) return;
  await db.query(
    `INSERT INTO pod_context
     SELECT * FROM json_populate_recordset(NULL::pod_context, $1)
     ON CONFLICT DO NOTHING`,
    [JSON.stringify(rows)],
  );
}

/** What is added to the sums of one row. */
type Sums = Readonly<Record<(typeof summedColumns)[number], number>>;
type Added = Readonly<{ table: string; time: string; rows: readonly Sums[]; histogram: string }>;

/** How the column that holds the durations is added to: counts by bucket of an hour, one number of a day. */
const addedBuckets = 'buckets = add_counts(known.buckets, excluded.buckets)';
const addedNumber = 'histogram = trim_scale(known.histogram + excluded.histogram)';

const packed = ({ buckets, ...change }: DayChange) => ({ ...change, histogram: packHistogram(buckets) });

/** Adds the changes; a row in which nothing is left goes, so that a corrected table equals a rebuilt one. */
async function addStats(db: Queryable, { table, time, rows, histogram }: Added): Promise<void> {
  if (rows.length === 0) return;
  const key = ['shard_id', time, ...statsKey];
  await db.query(
    `INSERT INTO ${table} AS known
     SELECT * FROM json_populate_recordset(NULL::${table}, $1)
     ON CONFLICT (${key.join(', ')})
     DO UPDATE SET
       ${summedColumns.map((column) => `${column} = known.${column} + excluded.${column}`).join(', ')},
       categories = add_counts(known.categories, excluded.categories),
       ${histogram},
       last_position = excluded.last_position
     WHERE known.last_position < excluded.last_position`,
    [JSON.stringify(rows)],
  );
  const emptied = rows.filter(mayEmpty);
  if (emptied.length === 0) return;
  await db.query(
    `DELETE FROM ${table} AS known
     USING json_populate_recordset(NULL::${table}, $1) AS moved
     WHERE ${key.map((column) => `known.${column} = moved.${column}`).join(' AND ')}
       AND ${summedColumns.map((column) => `known.${column} = 0`).join(' AND ')}`,
    [JSON.stringify(emptied)],
  );
}

/** Whether nothing may be left of a row to which this was added: something was taken back, or it comes to nothing itself. Counts are never below zero. */
function mayEmpty(change: Sums): boolean {
  const counts = summedColumns.map((column) => change[column]);
  return counts.some((count) => count < 0) || counts.every((count) => count === 0);
}

/** With shard and time, what makes one row of statistics. */
export const statsKey = [
  'namespace',
  'namespace_uid',
  'workload_kind',
  'workload_name',
  'revision',
  'container',
  'has_init',
] as const;
