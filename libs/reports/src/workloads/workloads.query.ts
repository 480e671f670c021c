import { Injectable } from '@nestjs/common';
import type { Viewer } from '#libs/access';
import { AuditError } from '#libs/platform';
import { askedHash } from '../asking/cursor.js';
import { joined, sql, type Sql } from '../asking/sql.js';
import { parseTime, toTime } from '../asking/times.js';
import { lowerKind } from '../pods/pod-conditions.js';
import { pageOfAll, pinnedBy } from '../reading/pages.js';
import { presentIn } from '../reading/present.js';
import { metaOf, ReportReader, type Reading } from '../reading/report-reader.js';
import { closedBy, inForceOnce } from '../reading/handed-over.js';
import { clusterShardOf } from '../reading/one-cluster.js';
import { inForce, millis, moment, ofNamespacesSeen, wasShown } from '../reading/versions.js';
import type { List, One } from '../shapes/common.js';
import { inOrder } from '../shapes/in-order.js';
import { Workload } from '../shapes/pod.js';
import { globalId } from '../shapes/global-id.js';
import { countedGroups, measures } from '../statistics/reports.query.js';
import type { StatsAsked } from '../statistics/stats-source.js';
import { emptyTally, type Tally } from '../statistics/tally.js';
import type { WorkloadDetail, WorkloadFilter, WorkloadsFilter, WorkloadSummary } from './workload.schema.js';

/** What names one workload. */
export type WorkloadName = Readonly<{ cluster: string; namespace: string; kind: string; name: string }>;

type Row = Readonly<{
  shard_id: number;
  namespace: string;
  workload: WorkloadSummary['workload'];
  pods: number;
  stuck: number;
  revisions: number;
  last_created_at: number | null;
}>;

/** Tells how the pods of each workload start. */
@Injectable()
export class WorkloadsQuery {
  constructor(private readonly reader: ReportReader) {}

  /** @throws AuditError `query-invalid`, `cursor-invalid`, `history-expired`, `position-ahead` */
  list(viewer: Viewer, filter: WorkloadsFilter): Promise<List<WorkloadSummary>> {
    const hash = askedHash('workloads', filter);
    const cursor = pinnedBy(filter.cursor, hash);
    return this.reader.read(
      viewer,
      filter,
      async (reading) => {
        const asked = statsAsked(reading, filter);
        const rows = await workloadRows(reading, asked);
        const { items, page, cursorAt } = pageOfAll(rows, { limit: filter.limit, hash, cursor, place: reading.place });
        const counted = await countsOf(reading, asked);
        const summaries = items.map((row) =>
          summary(reading, row, counted.get(keyOf(row.shard_id, row.namespace, row.workload.kind, row.workload.name))),
        );
        return {
          items: summaries,
          page,
          cursorAt,
          meta: await metaOf(reading, { from: asked.from, to: asked.to, clusters: filter.cluster }),
        };
      },
      cursor?.place,
    );
  }

  /** @throws AuditError `workload-unknown` where it had no pod, or the viewer may not see it */
  get(viewer: Viewer, name: WorkloadName, filter: WorkloadFilter): Promise<One<WorkloadDetail>> {
    return this.reader.read(viewer, filter, async (reading) => {
      const named = statsAsked(reading, {
        ...filter,
        cluster: [name.cluster],
        namespace: [name.namespace],
        workload: [`${name.kind}/${name.name}`],
      });
      const [withInit] = await workloadRows(reading, named);
      const asked = withInit ? named : { ...named, any: true };
      const row = withInit ?? (await workloadRows(reading, asked))[0];
      if (!row)
        throw new AuditError(
          'workload-unknown',
          `No ${name.kind} ${name.namespace}/${name.name} is known in ${name.cluster}`,
        );
      const whole = (await countsOf(reading, asked)).get(
        keyOf(row.shard_id, row.namespace, row.workload.kind, row.workload.name),
      );
      const data = {
        ...summary(reading, row, whole),
        byRevision: await byRevision(reading, asked),
        byContainer: await byContainer(reading, asked),
      };
      return { data, meta: await metaOf(reading, { from: asked.from, to: asked.to, clusters: [name.cluster] }) };
    });
  }
}

const keyOf = (...parts: readonly (string | number | null)[]): string => JSON.stringify(parts);

const statsAsked = (
  reading: Reading,
  filter: Pick<WorkloadsFilter, 'from' | 'to' | 'cluster' | 'namespace' | 'workload' | 'initContainers'>,
): StatsAsked => ({
  from: filter.from === undefined ? null : (parseTime(filter.from, reading.asOf) ?? null),
  to: filter.to === undefined ? null : (parseTime(filter.to, reading.asOf) ?? null),
  cluster: filter.cluster,
  namespace: filter.namespace,
  workload: filter.workload,
  any: filter.initContainers === 'any',
  of: 'initialization',
});

/** Every workload that has or had a pod, by name. */
async function workloadRows(reading: Reading, asked: StatsAsked): Promise<Row[]> {
  const rows = new Map<string, Row>();
  // The newest shard of a cluster comes last, and says what the workload is.
  for (const row of await rowsByShard(reading, asked)) {
    const { namespace, workload } = row;
    const shardId = clusterShardOf(reading, row.shard_id);
    const key = keyOf(shardId, namespace, workload.kind, workload.name);
    const before = rows.get(key);
    rows.delete(key);
    rows.set(key, before ? joinedRow(shardId, before, row) : { ...row, shard_id: shardId });
  }
  return [...rows.values()];
}

/** Revisions are those of the newest shard: an older one is not known to be another. */
const joinedRow = (shardId: number, older: Row, newer: Row): Row => ({
  ...newer,
  shard_id: shardId,
  pods: older.pods + newer.pods,
  stuck: older.stuck + newer.stuck,
  last_created_at: Math.max(older.last_created_at ?? -Infinity, newer.last_created_at ?? -Infinity),
});

function rowsByShard(reading: Reading, { cluster, namespace, workload, any }: StatsAsked): Promise<Row[]> {
  const conditions: Sql[] = [
    inForceOnce(reading, 'p', cluster),
    sql`p.newest`,
    wasShown,
    ofNamespacesSeen(reading, sql`p.namespace_uid`),
    any ? sql`true` : sql`p.init_containers > 0`,
  ];
  if (namespace) conditions.push(sql`p.namespace = ANY(${namespace})`);
  if (workload)
    conditions.push(sql`(lower(p.workload_kind) || '/' || p.workload_name) = ANY(${workload.map(lowerKind)})`);
  if (reading.at !== null) conditions.push(sql`p.created_at <= ${moment(reading.at)}`);
  const until = presentIn(reading, 'p');
  // In a shard that was closed nothing lives, nor is stuck.
  const isOpen = sql`p.shard_id <> ALL(${closedBy(reading)}::int[])`;
  // By revision first, so that what is different is counted without sorting; only of the newest pod the account is read.
  return reading.snapshot.rows<Row>(sql`
    SELECT w.shard_id, w.namespace, newest.workload, w.pods, w.stuck, w.revisions, ${millis('w.last_created_at')} AS last_created_at
    FROM (
      SELECT r.shard_id, r.namespace, r.workload_kind, r.workload_name, sum(r.pods)::int AS pods, sum(r.stuck)::int AS stuck,
             count(r.revision)::int AS revisions, max(r.last_created_at) AS last_created_at
      FROM (
        SELECT p.shard_id, p.namespace, p.workload_kind, p.workload_name, p.revision,
               count(*) FILTER (WHERE ${isOpen} AND coalesce(p.deleted_at > ${until}, true)) AS pods,
               count(*) FILTER (WHERE ${isOpen} AND p.deadline_at <= ${until} AND p.init_containers > 0) AS stuck,
               max(p.created_at) AS last_created_at
        FROM pod_init AS p
        WHERE ${joined(conditions, ' AND ')}
        GROUP BY p.shard_id, p.namespace, p.workload_kind, p.workload_name, p.revision
      ) AS r
      GROUP BY r.shard_id, r.namespace, r.workload_kind, r.workload_name
    ) AS w
    CROSS JOIN LATERAL (
      SELECT p.doc->'workload' AS workload
      FROM pod_init AS p
      WHERE p.shard_id = w.shard_id AND p.namespace = w.namespace AND p.workload_kind = w.workload_kind
        AND p.workload_name = w.workload_name AND ${joined(conditions, ' AND ')}
      ORDER BY p.created_at DESC
      LIMIT 1
    ) AS newest
    ORDER BY w.shard_id, w.namespace, w.workload_kind, w.workload_name`);
}

type Counts = Readonly<{ tally: Tally; running: number }>;

async function countsOf(reading: Reading, asked: StatsAsked): Promise<Map<string, Counts>> {
  const groups = await countedGroups(reading, asked, { by: ['workload'], intervalSeconds: null, apart: asked.any });
  // A workload with pods of both kinds is told by those that have init containers: the two are never added.
  const told = groups.toSorted((a, b) => Number(a.tally.hasInit) - Number(b.tally.hasInit));
  return new Map(
    told.map((group) => [keyOf(group.tally.shardId, group.tally.namespace, group.tally.kind, group.tally.name), group]),
  );
}

function summary(reading: Reading, row: Row, counts: Counts | undefined): WorkloadSummary {
  const cluster = reading.shards.find(({ shardId }) => shardId === row.shard_id)?.cluster ?? '';
  return {
    id: globalId('Workload', row.shard_id, cluster, row.namespace, row.workload.kind, row.workload.name),
    cluster,
    namespace: row.namespace,
    workload: inOrder(Workload, row.workload),
    pods: row.pods,
    running: counts?.running ?? 0,
    stuck: row.stuck,
    revisions: row.revisions,
    lastCreatedAt: row.last_created_at === null ? null : toTime(row.last_created_at),
    ...figures(counts?.tally),
  };
}

function figures(tally: Tally | undefined) {
  const counted = tally ?? nothing;
  return {
    ended: counted.ended,
    succeeded: counted.succeeded,
    failed: counted.failed,
    aborted: counted.aborted,
    unknown: counted.unknown,
    initRestarts: counted.restarts,
    missedAttempts: counted.missed,
    successRate: counted.ended === 0 ? null : counted.succeeded / counted.ended,
    failures: [...counted.categories].map(([category, failures]) => ({
      category: category as WorkloadSummary['failures'][number]['category'],
      failures,
    })),
    ...measures(counted),
  };
}

const nothing = emptyTally({
  shardId: null,
  namespace: null,
  kind: null,
  name: null,
  revision: null,
  container: null,
  hasInit: true,
  bucket: null,
});

async function byRevision(reading: Reading, asked: StatsAsked): Promise<WorkloadDetail['byRevision']> {
  const groups = await countedGroups(reading, asked, { by: ['revision'], intervalSeconds: null, apart: false });
  const born = await reading.snapshot.rows<{ revision: string; first: number }>(sql`
    SELECT coalesce(p.revision, '') AS revision, ${millis('min(p.created_at)')} AS first
    FROM pod_init AS p
    WHERE ${inForce(reading, 'p', asked.cluster)} AND p.namespace = ANY(${asked.namespace ?? []})
      AND (lower(p.workload_kind) || '/' || p.workload_name) = ANY(${(asked.workload ?? []).map(lowerKind)})
    GROUP BY 1`);
  const first = new Map(born.map((row) => [row.revision, row.first]));
  return groups
    .map(({ tally, running }) => ({ tally, running, first: first.get(tally.revision ?? '') ?? null }))
    .toSorted((a, b) => (a.first ?? 0) - (b.first ?? 0))
    .map((one) => ({
      revision: one.tally.revision === '' ? null : one.tally.revision,
      firstCreatedAt: one.first === null ? null : toTime(one.first),
      running: one.running,
      ...figures(one.tally),
    }));
}

async function byContainer(reading: Reading, asked: StatsAsked): Promise<WorkloadDetail['byContainer']> {
  const groups = await countedGroups(
    reading,
    { ...asked, of: 'attempt' },
    { by: ['container'], intervalSeconds: null, apart: false },
  );
  return groups.map(({ tally, running }) => ({ container: tally.container ?? '', running, ...figures(tally) }));
}
