import { joined, sql, type Sql } from '../asking/sql.js';
import { lowerKind } from '../pods/pod-conditions.js';
import type { Reading } from '../reading/report-reader.js';
import { inForceOpen } from '../reading/handed-over.js';
import { inForce, moment, ofNamespacesSeen } from '../reading/versions.js';
import type { StatsAsked } from './stats-source.js';
import { keysOf, toGroup, type Group, type GroupKey, type Grouping } from './tally.js';

/** What has not ended in a group: told apart, never counted with what has. */
export type Running = Group & Readonly<{ running: number; initRestarts: number }>;

/** Counts what `asked` covers and has not ended, by group. */
export async function runningOf(reading: Reading, asked: StatsAsked, grouping: Grouping): Promise<Running[]> {
  const source = asked.of === 'attempt' ? runningAttempts(reading, asked) : runningCycles(reading, asked);
  const { columns, groups } = keysOf(reading, { ...grouping, intervalSeconds: null });
  const rows = await reading.snapshot.rows<GroupKey & { running: number; init_restarts: number }>(sql`
    SELECT ${columns}, count(*)::int AS running, coalesce(sum(s.init_restarts), 0)::int AS init_restarts
    FROM (${source}) AS s GROUP BY ${groups} HAVING count(*) > 0`);
  return rows.map((row) => ({ ...toGroup(row), running: row.running, initRestarts: row.init_restarts }));
}

function runningCycles(reading: Reading, asked: StatsAsked): Sql {
  const standing =
    reading.at === null
      ? sql`p.newest AND p.outcome = 'running'`
      : goesOn(reading.at, sql`coalesce(p.started_at, p.created_at)`, sql`p.ended_at`);
  return sql`
    SELECT p.shard_id, p.namespace, p.workload_kind, p.workload_name, coalesce(p.revision, '') AS revision, '' AS container,
           p.init_containers > 0 AS has_init, p.init_restarts, NULL::timestamptz AS ended_at
    FROM pod_init AS p
    WHERE ${inForceOpen(reading, 'p', asked.cluster)} AND ${standing} AND ${ofNamespacesSeen(reading, sql`p.namespace_uid`)}
      AND ${asked.any ? sql`true` : sql`p.init_containers > 0`} AND ${begun(asked, sql`coalesce(p.started_at, p.created_at)`)}
      AND ${named(asked, sql`p`)}`;
}

function runningAttempts(reading: Reading, asked: StatsAsked): Sql {
  const standing =
    reading.at === null ? sql`a.outcome = 'running'` : goesOn(reading.at, sql`a.started_at`, sql`a.finished_at`);
  return sql`
    SELECT a.shard_id, a.namespace, a.workload_kind, a.workload_name, coalesce(a.revision, '') AS revision, a.container,
           true AS has_init, 0 AS init_restarts, NULL::timestamptz AS ended_at
    FROM init_attempt AS a
    JOIN pod_init AS p ON p.shard_id = a.shard_id AND p.pod_uid = a.pod_uid AND p.newest AND ${inForceOpen(reading, 'p', asked.cluster)}
    WHERE ${inForce(reading, 'a', asked.cluster)} AND ${standing} AND ${ofNamespacesSeen(reading, sql`p.namespace_uid`)}
      AND ${begun(asked, sql`a.started_at`)} AND ${named(asked, sql`a`)}
      AND ${asked.container ? sql`a.container = ANY(${asked.container})` : sql`true`}`;
}

const goesOn = (at: number, start: Sql, end: Sql): Sql =>
  sql`(${start} <= ${moment(at)} AND (${end} IS NULL OR ${end} > ${moment(at)}))`;

const begun = ({ to }: StatsAsked, start: Sql): Sql =>
  to === null ? sql`true` : sql`coalesce(${start} < ${moment(to)}, true)`;

function named({ namespace, workload, revision }: StatsAsked, alias: Sql): Sql {
  const conditions = [sql`true`];
  if (namespace) conditions.push(sql`${alias}.namespace = ANY(${namespace})`);
  if (workload)
    conditions.push(
      sql`(lower(${alias}.workload_kind) || '/' || ${alias}.workload_name) = ANY(${workload.map(lowerKind)})`,
    );
  if (revision) conditions.push(sql`${alias}.revision = ANY(${revision})`);
  return joined(conditions, ' AND ');
}
