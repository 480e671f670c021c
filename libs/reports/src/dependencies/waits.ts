import type { Dependency, Wait } from '#libs/init-history';
import { joined, sql, type Sql } from '../asking/sql.js';
import { lowerKind } from '../pods/pod-conditions.js';
import { presentIn } from '../reading/present.js';
import type { Reading } from '../reading/report-reader.js';
import { inForceOnce } from '../reading/handed-over.js';
import { inForce, moment, ofNamespacesSeen } from '../reading/versions.js';

/** A wait of one init container for one target. */
export type NamedWait = Wait &
  Readonly<{
    shardId: number;
    container: string;
    namespace: string;
    podName: string;
    workload: string;
    dependency: Omit<Dependency, 'evidence'>;
  }>;

/** Which waits. Times in epoch milliseconds: waits that overlap [from, to). */
export type WaitsAsked = Readonly<{
  from: number | null;
  to: number | null;
  minSeconds: number;
  cluster?: readonly string[] | undefined;
  namespace?: readonly string[] | undefined;
  workload?: readonly string[] | undefined;
  container?: readonly string[] | undefined;
  shardId?: number | undefined;
  endpoints?: readonly string[] | undefined;
}>;

type Row = Readonly<{
  shard_id: number;
  pod_uid: string;
  container: string;
  namespace: string;
  pod_name: string;
  workload: string;
  begun: number;
  ended: number | null;
  dependencies: readonly Omit<Dependency, 'evidence'>[];
}>;

/**
 * The waits that this viewer may see, one for each target of each init container and cycle: from its first start to its success, or to
 * the end of the cycle; back-offs between are part of it.
 */
export async function waitsOf(reading: Reading, asked: WaitsAsked): Promise<NamedWait[]> {
  const ended = sql`CASE WHEN bool_or(a.outcome = 'succeeded') THEN max(a.finished_at)
                         WHEN p.outcome <> 'running' THEN coalesce(p.ended_at, max(a.finished_at), min(a.started_at)) END`;
  const rows = await reading.snapshot.rows<Row>(sql`
    SELECT w.shard_id, w.pod_uid::text AS pod_uid, w.container, w.namespace, w.pod_name, w.workload, w.dependencies,
           (extract(epoch FROM w.begun) * 1000)::float8 AS begun,
           (extract(epoch FROM CASE WHEN w.ended <= ${presentIn(reading, 'w')} THEN w.ended END) * 1000)::float8 AS ended
    FROM (
      SELECT a.shard_id, a.pod_uid, a.container, p.namespace, p.name AS pod_name, p.workload_kind || '/' || p.workload_name AS workload,
             min(a.started_at) AS begun, ${ended} AS ended, (array_agg(a.dependencies ORDER BY a.number DESC))[1] AS dependencies
      FROM init_attempt AS a
      JOIN pod_init AS p ON p.shard_id = a.shard_id AND p.pod_uid = a.pod_uid AND p.cycle = a.cycle
      WHERE ${inForce(reading, 'a', asked.cluster)} AND ${inForceOnce(reading, 'p', asked.cluster)}
        AND ${ofNamespacesSeen(reading, sql`p.namespace_uid`)} AND ${joined(conditions(reading, asked), ' AND ')}
      GROUP BY a.shard_id, a.pod_uid, a.container, a.cycle, p.namespace, p.name, p.workload_kind, p.workload_name, p.outcome, p.ended_at
    ) AS w
    WHERE ${asked.from === null ? sql`true` : sql`coalesce(w.ended, 'infinity') > ${moment(asked.from)}`}
      AND extract(epoch FROM least(coalesce(w.ended, 'infinity'), ${presentIn(reading, 'w')}) - w.begun) >= ${asked.minSeconds}
    ORDER BY w.begun, w.shard_id, w.pod_uid, w.container`);
  return rows.flatMap((row) => waitsIn(row, asked.endpoints));
}

function conditions(reading: Reading, asked: WaitsAsked): Sql[] {
  const some = [
    sql`a.dependencies IS NOT NULL`,
    // A sidecar stays: it waits for nobody once it has started.
    sql`a.kind = 'regular'`,
    sql`a.started_at <= ${presentIn(reading, 'a')}`,
  ];
  const { to, shardId, endpoints, namespace, workload, container } = asked;
  if (to !== null) some.push(sql`a.started_at < ${moment(to)}`);
  if (shardId !== undefined) some.push(sql`a.shard_id = ${shardId}`);
  if (namespace) some.push(sql`p.namespace = ANY(${namespace})`);
  if (container) some.push(sql`a.container = ANY(${container})`);
  if (workload) some.push(sql`(lower(p.workload_kind) || '/' || p.workload_name) = ANY(${workload.map(lowerKind)})`);
  if (endpoints) {
    const named = endpoints.map((endpoint) => sql`a.dependencies @> ${JSON.stringify([{ endpoint }])}::jsonb`);
    some.push(sql`(${joined([sql`false`, ...named], ' OR ')})`);
  }
  return some;
}

function waitsIn(row: Row, endpoints: readonly string[] | undefined): NamedWait[] {
  return row.dependencies.flatMap((dependency) => {
    const { endpoint } = dependency;
    if (endpoint === null || (endpoints && !endpoints.includes(endpoint))) return [];
    return [
      {
        endpoint,
        podUid: row.pod_uid,
        from: row.begun,
        to: row.ended,
        shardId: row.shard_id,
        container: row.container,
        namespace: row.namespace,
        podName: row.pod_name,
        workload: row.workload,
        dependency,
      },
    ];
  });
}
