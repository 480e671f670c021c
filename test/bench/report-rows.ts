import { RULES } from '#libs/init-history';
import type { Pool } from '#libs/platform';
import { servedProjections } from '#libs/projections';

/** How much the read models hold. `attempts` are reached within a per cent. */
export type Filled = Readonly<{ attempts: number; days: number; namespaces: number; workloads: number }>;

/** Attempts of an initialization, on average: two containers, and of one in twenty pods the second fails four times before it succeeds. */
const ATTEMPTS_A_POD = 2.2;

/** One in so many of the pods is still on its way, and one in so many of those stuck. */
const RUNNING_EVERY = 20_000;

/**
 * Fills the read models with initializations that ended evenly over the last days, in the shape in which the projection writes them: a few
 * workloads have most of the pods, every workload several revisions, durations are spread log-normally, and statistics are the sum of what
 * the rows contribute.
 *
 * @returns how many attempts there are
 */
export async function fillReports(owner: Pool, shardId: number, filled: Filled): Promise<number> {
  const indexes = await withoutIndexes(owner);
  await owner.query(podsSql(shardId, filled));
  for (const sql of [CYCLES, ATTEMPTS, HOURS, DAYS]) await owner.query(sql);
  for (const sql of indexes) await owner.query(sql);
  await owner.query(BOOKMARKS);
  await owner.query('DROP TABLE bench_pod, bench_attempt');
  await owner.query('VACUUM (ANALYZE) pod_init, init_attempt, workload_stats, day_stats');
  const { rows } = await owner.query<{ count: number }>('SELECT count(*)::int AS count FROM init_attempt');
  return rows[0]?.count ?? 0;
}

/** Rows are written faster before there are indexes. @returns what makes them again */
async function withoutIndexes(owner: Pool): Promise<string[]> {
  const { rows } = await owner.query<{ name: string; made: string }>(
    `SELECT indexname AS name, indexdef AS made FROM pg_indexes
      WHERE tablename IN ('pod_init', 'init_attempt', 'workload_stats', 'day_stats') AND schemaname = 'public' AND indexname !~ '_pkey$'`,
  );
  for (const { name } of rows) await owner.query(`DROP INDEX ${name}`);
  return rows.map(({ made }) => made);
}

function podsSql(shardId: number, { attempts, days, namespaces, workloads }: Filled): string {
  const pods = Math.round(attempts / ATTEMPTS_A_POD);
  return `
    SET synchronous_commit = on;
    SELECT setseed(0.42);
    CREATE UNLOGGED TABLE bench_pod AS
    SELECT ${shardId} AS shard_id, n, gen_random_uuid() AS pod_uid, workload, 'ns-' || workload % ${namespaces} AS namespace,
           md5('ns' || workload % ${namespaces})::uuid AS namespace_uid, 'app-' || workload AS workload_name,
           'rev' || floor(n * 6.0 / ${pods}) || '-' || workload AS revision,
           ended_at - make_interval(secs => seconds) AS started_at, ended_at, seconds,
           CASE WHEN n % 20 = 0 THEN 4 ELSE 0 END AS failed,
           n % ${RUNNING_EVERY} = 1 AS running, n % 200 = 7 AS broken
      FROM (
        SELECT n, floor(${workloads} * power(random(), 2))::int AS workload,
               now() - make_interval(secs => (1 - n::float8 / ${pods}) * ${days * 86_400}) AS ended_at,
               round(exp(1.6 + 0.9 * random_normal())::numeric, 3)::float8 AS seconds
          FROM generate_series(1, ${pods}) AS n) AS drawn;
    CREATE UNLOGGED TABLE bench_attempt AS
    SELECT pod.shard_id, pod.n, pod_uid, workload, namespace, namespace_uid, workload_name, revision, container, nth, count,
           CASE WHEN container = 'wait' THEN 'succeeded' WHEN running THEN 'running'
                WHEN nth < count OR broken THEN 'failed' ELSE 'succeeded' END AS outcome,
           started_at + make_interval(secs => seconds * (CASE container WHEN 'wait' THEN 0 ELSE 0.4 + 0.6 * (nth - 1) / count END)) AS started_at,
           started_at + make_interval(secs => seconds * (CASE container WHEN 'wait' THEN 0.4 ELSE 0.4 + 0.6 * nth / count END)) AS finished_at,
           (1000 * seconds * (CASE container WHEN 'wait' THEN 0.4 ELSE 0.6 / count END))::int AS duration_ms
      FROM bench_pod AS pod
     CROSS JOIN LATERAL (SELECT 'wait' AS container, 1 AS count UNION ALL SELECT 'migrate', 1 + failed) AS containers
     CROSS JOIN LATERAL generate_series(1, count) AS nth`;
}

/** One contribution, as `StatsChanges` reads it. */
const contribution = ({
  container,
  outcome,
  end,
  durationMs,
  restarts,
}: Readonly<Record<'container' | 'outcome' | 'end' | 'durationMs' | 'restarts', string>>): string => `
  json_build_array(json_build_object('hour', to_char(date_trunc('hour', ${end}, 'UTC') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24":00:00Z"'),
    'namespace', namespace, 'namespaceUid', namespace_uid, 'workloadKind', 'Deployment', 'workloadName', workload_name,
    'revision', revision, 'hasInit', true, 'container', ${container}, 'ended', 1,
    'succeeded', (${outcome} IN ('succeeded', 'completed'))::int, 'failed', (${outcome} = 'failed')::int, 'aborted', 0, 'unknown', 0,
    'missed', 0, 'restarts', ${restarts}, 'bounded', 0,
    'durationMs', CASE WHEN ${outcome} IN ('succeeded', 'completed') THEN ${durationMs} END,
    'category', CASE WHEN ${outcome} = 'failed' THEN 'CRASH' END))`;

const CYCLES = `
  INSERT INTO pod_init (shard_id, pod_uid, cycle, valid_from, newest, namespace, namespace_uid, name, workload_kind, workload_name, revision,
      node, zone, labels, init_containers, containers, images, state, outcome, category, container, created_at, started_at, ended_at,
      deleted_at, stuck_since, deadline_at, stuck_category, threshold_seconds, threshold_basis,
      duration_seconds, duration_lo, duration_hi, duration_certainty, init_restarts, attempts, failed_attempts, missed_attempts,
      contribution, told_at, digest, doc)
  SELECT shard_id, pod_uid, 1, n, true, namespace, namespace_uid, workload_name || '-' || n, 'Deployment', workload_name, revision,
         'node-' || n % 500, 'zone-' || n % 3, json_build_object('app', workload_name)::jsonb, 2, ARRAY['wait', 'migrate'],
         ARRAY['registry.example/wait:1.0', 'registry.example/migrate:' || revision],
         CASE WHEN running THEN 'initializing' WHEN broken THEN 'failed' ELSE 'initialized' END, outcome,
         CASE WHEN outcome = 'failed' THEN 'CRASH' END, CASE WHEN outcome <> 'completed' THEN 'migrate' END,
         started_at - interval '1 second', started_at, CASE WHEN NOT running THEN ended_at END,
         CASE WHEN n % 10 <> 0 AND NOT running THEN ended_at + interval '6 hours' END,
         CASE WHEN running THEN started_at END, CASE WHEN running THEN started_at + interval '5 minutes' END,
         CASE WHEN running THEN 'SLOW' END, CASE WHEN running THEN 300 END, CASE WHEN running THEN 'default 300 s' END,
         CASE WHEN NOT running THEN seconds END, seconds, seconds, CASE WHEN running THEN 'unknown' ELSE 'exact' END, failed, 2 + failed,
         failed, 0,
         CASE WHEN NOT running THEN ${contribution({ container: `''`, outcome: 'outcome', end: 'ended_at', durationMs: '(seconds * 1000)::int', restarts: 'failed' })} END,
         ended_at, md5(n::text), account
    FROM (SELECT *, CASE WHEN running THEN 'running' WHEN broken THEN 'failed' ELSE 'completed' END AS outcome FROM bench_pod) AS pod
   CROSS JOIN (SELECT json_build_object('workload',
                 json_build_object('apiVersion', 'apps/v1', 'kind', 'Deployment', 'name', 'app', 'uid', NULL, 'resolved', true),
                 'note', repeat('an account takes some kilobytes ', 20))::jsonb AS account) AS accounts`;

const ATTEMPTS = `
  INSERT INTO init_attempt (shard_id, pod_uid, container, container_id, valid_from, cycle, number, kind, namespace, workload_kind,
      workload_name, revision, node, image, image_id, started_at, finished_at, duration_seconds, duration_lo, duration_hi,
      duration_certainty, exit_code, reason, outcome, category, basis, position, contribution, told_at, digest, doc)
  SELECT shard_id, pod_uid, container, 'containerd://' || md5(n || container || nth), n, 1, nth, 'regular', namespace, 'Deployment',
         workload_name, revision, 'node-' || n % 500, 'registry.example/' || container || ':1.0', NULL, started_at,
         CASE WHEN outcome <> 'running' THEN finished_at END, CASE WHEN outcome <> 'running' THEN duration_ms / 1000.0 END, 0, 0,
         CASE WHEN outcome = 'running' THEN 'unknown' ELSE 'exact' END, CASE outcome WHEN 'succeeded' THEN 0 WHEN 'failed' THEN 1 END,
         CASE outcome WHEN 'succeeded' THEN 'Completed' WHEN 'failed' THEN 'Error' END, outcome,
         CASE WHEN outcome = 'failed' THEN 'CRASH' END, 'observed', n,
         CASE WHEN outcome <> 'running' THEN ${contribution({ container: 'container', outcome: 'outcome', end: 'finished_at', durationMs: 'duration_ms', restarts: '0' })} END,
         finished_at, md5(n::text), json_build_object('observedAt', finished_at)::jsonb
    FROM bench_attempt`;

/** The sums, by the bucket of the duration first. */
const HOURS = `
  INSERT INTO workload_stats
  WITH counted AS (
    SELECT shard_id, date_trunc('hour', finished_at, 'UTC') AS hour, namespace, namespace_uid, workload_name, revision, container,
           outcome, CASE WHEN outcome = 'succeeded' THEN duration_ms END AS ms, 0 AS restarts
      FROM bench_attempt WHERE outcome <> 'running'
    UNION ALL
    SELECT shard_id, date_trunc('hour', ended_at, 'UTC'), namespace, namespace_uid, workload_name, revision, '',
           CASE WHEN broken THEN 'failed' ELSE 'succeeded' END, CASE WHEN NOT broken THEN (seconds * 1000)::int END, failed
      FROM bench_pod WHERE NOT running
  ), buckets AS (
    SELECT shard_id, hour, namespace, namespace_uid, workload_name, revision, container,
           ceil(round((ln(ms / 1000.0::float8) / ln(2::float8) * 32)::numeric, 9))::int AS bucket,
           count(*) AS ended, count(*) FILTER (WHERE outcome = 'succeeded') AS succeeded, count(*) FILTER (WHERE outcome = 'failed') AS failed,
           sum(restarts) AS restarts, coalesce(sum(ms), 0) AS ms, count(ms) AS measured
      FROM counted GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
  )
  SELECT shard_id, hour, namespace, namespace_uid::text, 'Deployment', workload_name, revision, container, true,
         sum(ended), sum(succeeded), sum(failed), 0, 0, 0, sum(restarts), 0, sum(ms), sum(measured),
         CASE WHEN sum(failed) = 0 THEN '{}' ELSE jsonb_build_object('CRASH', sum(failed)) END,
         coalesce(jsonb_object_agg(bucket, measured) FILTER (WHERE bucket IS NOT NULL), '{}'), 0
    FROM buckets GROUP BY 1, 2, 3, 4, 6, 7, 8`;

/** Of workloads, and of namespaces as a whole. */
const DAYS = `
  CREATE AGGREGATE pg_temp.sum_of_counts (jsonb) (SFUNC = add_counts, STYPE = jsonb, INITCOND = '{}');
  INSERT INTO day_stats (shard_id, day, namespace, namespace_uid, workload_kind, workload_name, revision, container, has_init, ended,
      succeeded, failed, aborted, unknown, missed, restarts, bounded, duration_ms, duration_count, categories, histogram, last_position)
  SELECT shard_id, date_trunc('day', hour, 'UTC'), namespace, namespace_uid,
         CASE WHEN whole THEN '' ELSE workload_kind END, CASE WHEN whole THEN '' ELSE workload_name END,
         CASE WHEN whole THEN '' ELSE revision END, container, has_init,
         sum(ended), sum(succeeded), sum(failed), 0, 0, 0, sum(restarts), 0, sum(duration_ms), sum(duration_count),
         pg_temp.sum_of_counts(categories),
         coalesce(trim_scale(sum((SELECT sum(('1e' || 12 * key::int)::numeric * value::numeric) FROM jsonb_each_text(buckets)))), 0), 0
    FROM workload_stats CROSS JOIN (VALUES (false), (true)) AS sums (whole)
   GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9`;

/** Everything is told: an answer is not held back for what would have to be projected first. */
const BOOKMARKS = `
  INSERT INTO projection_bookmark (shard_id, name, position, recorded_at, rules)
  SELECT shard_id, '${servedProjections.join()}', size - 1, recorded_at, '${RULES}' FROM shard_head`;
