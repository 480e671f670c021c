import { Injectable } from '@nestjs/common';
import type { Viewer } from '#libs/access';
import type { Category, PodAccount } from '#libs/init-history';
import { askedHash } from '../asking/cursor.js';
import { joined, sql, type Sql } from '../asking/sql.js';
import { lowerKind } from '../pods/pod-conditions.js';
import { pageOfAll, pinnedBy } from '../reading/pages.js';
import { presentIn, presentOf } from '../reading/present.js';
import { metaOf, ReportReader, type Reading } from '../reading/report-reader.js';
import { inForceOpen } from '../reading/handed-over.js';
import { inForce, millis, ofNamespacesSeen } from '../reading/versions.js';
import type { List } from '../shapes/common.js';
import { changedSince } from './changed-since.js';
import { groupAlike, standsAt, toStuck, type StuckPod } from './group.js';
import type { Stuck, StuckFilter } from './stuck.schema.js';

type Row = Readonly<{
  shard_id: number;
  since: number;
  deadline: number;
  category: Category;
  threshold_seconds: number;
  threshold_basis: string;
  doc: PodAccount;
}>;

/** Which workloads are in question: shard, namespace, kind, name. */
type WorkloadKey = string;
const keyOf = (shardId: number, namespace: string, kind: string, name: string): WorkloadKey =>
  JSON.stringify([shardId, namespace, kind, name]);
const keyOfPod = ({ shardId, account }: StuckPod): WorkloadKey =>
  keyOf(shardId, account.namespace, account.workload.kind, account.workload.name);

/** Tells what is stuck, grouped by workload, revision, container and cause. */
@Injectable()
export class StuckQuery {
  constructor(private readonly reader: ReportReader) {}

  /** @throws AuditError `query-invalid`, `cursor-invalid`, `history-expired`, `position-ahead` */
  list(viewer: Viewer, filter: StuckFilter): Promise<List<Stuck>> {
    const hash = askedHash('stuck', filter);
    const cursor = pinnedBy(filter.cursor, hash);
    return this.reader.read(
      viewer,
      filter,
      async (reading) => {
        const all = (await stuckOf(reading, filter)).toSorted(
          ({ told: a }, { told: b }) => b.affected - a.affected || a.since.localeCompare(b.since),
        );
        const { items, page, cursorAt } = pageOfAll(all, { limit: filter.limit, hash, cursor, place: reading.place });
        const withheld = viewer.nodes ? [] : [{ field: 'nodes.zone', right: 'get nodes' }];
        return {
          items: await inFull(reading, items),
          page,
          cursorAt,
          meta: await metaOf(reading, { from: null, to: null, clusters: filter.cluster }, withheld),
        };
      },
      cursor?.place,
    );
  }
}

/** A group, and the pod that speaks for it. */
type Group = Readonly<{ told: Stuck; speaker: StuckPod }>;

/** What changed is read from the log, for the groups of the page alone. */
async function inFull(reading: Reading, groups: readonly Group[]): Promise<Stuck[]> {
  const items: Stuck[] = [];
  for (const { told, speaker } of groups)
    items.push({ ...told, changedSince: [...(await changedSince(reading, speaker))] });
  return items;
}

async function stuckOf(reading: Reading, filter: StuckFilter): Promise<Group[]> {
  const rows = await reading.snapshot.rows<Row>(sql`
    SELECT p.shard_id, ${millis('coalesce(p.stuck_since, p.created_at)')} AS since, ${millis('p.deadline_at')} AS deadline,
           p.stuck_category AS category, p.threshold_seconds, p.threshold_basis, p.doc
    FROM pod_init AS p
    WHERE ${inForceOpen(reading, 'p', filter.cluster)} AND p.newest AND p.init_containers > 0
      AND p.deadline_at <= ${presentIn(reading, 'p')} AND ${ofNamespacesSeen(reading, sql`p.namespace_uid`)}
      AND ${joined(asked(filter), ' AND ')}`);
  const pods = rows.map(toStuckPod).filter((pod) => isAsked(pod, filter));
  const groups = groupAlike(pods);
  const keys = [...new Set(pods.map(keyOfPod))];
  const totals = await livingPods(reading, keys);
  const revisions = await previousRevisions(reading, keys);
  return groups.map((group) => {
    const first = group[0] as StuckPod;
    const told = toStuck(group, {
      cluster: reading.shards.find(({ shardId }) => shardId === first.shardId)?.cluster ?? '',
      total: totals.get(keyOfPod(first)) ?? group.length,
      previousRevision: before(revisions.get(keyOfPod(first)) ?? [], first.account.revision),
      zones: reading.viewer.nodes,
      asOf: presentOf(reading, first.shardId),
    });
    return { told, speaker: group.find(({ account }) => account.uid === told.pods[0]?.uid) ?? first };
  });
}

function asked({ namespace, workload }: StuckFilter): Sql[] {
  const conditions = [sql`true`];
  if (namespace) conditions.push(sql`p.namespace = ANY(${namespace})`);
  if (workload)
    conditions.push(sql`(lower(p.workload_kind) || '/' || p.workload_name) = ANY(${workload.map(lowerKind)})`);
  return conditions;
}

/** The container and cause a pod is told under are made of its account, so they are chosen here and not in SQL. */
const isAsked = (pod: StuckPod, { container, category }: StuckFilter): boolean =>
  (!container || container.includes(standsAt(pod)?.name ?? '')) && (!category || category.includes(pod.category));

const toStuckPod = (row: Row): StuckPod => ({
  shardId: row.shard_id,
  account: row.doc,
  since: row.since,
  deadline: row.deadline,
  category: row.category,
  threshold: { seconds: row.threshold_seconds, basis: row.threshold_basis },
});

/** How many pods of each workload are not deleted. */
async function livingPods(reading: Reading, keys: readonly WorkloadKey[]): Promise<Map<WorkloadKey, number>> {
  if (keys.length === 0) return new Map();
  const rows = await reading.snapshot.rows<{
    shard_id: number;
    namespace: string;
    kind: string;
    name: string;
    pods: number;
  }>(sql`
    SELECT p.shard_id, p.namespace, p.workload_kind AS kind, p.workload_name AS name, count(*)::int AS pods
    FROM ${podsOf(keys)}
    WHERE ${inForce(reading, 'p')} AND p.newest AND p.deleted_at IS NULL AND ${ofNamespacesSeen(reading, sql`p.namespace_uid`)}
    GROUP BY p.shard_id, p.namespace, p.workload_kind, p.workload_name`);
  return new Map(rows.map((row) => [keyOf(row.shard_id, row.namespace, row.kind, row.name), row.pods]));
}

/** `pod_init AS p` of these workloads, column by column, so that an index finds them. */
function podsOf(keys: readonly WorkloadKey[]): Sql {
  const workloads = keys.map((key) => JSON.parse(key) as [number, string, string, string]);
  const column = (nth: 1 | 2 | 3): string[] => workloads.map((one) => one[nth]);
  return sql`unnest(${workloads.map(([shardId]) => shardId)}::int[], ${column(1)}::text[], ${column(2)}::text[], ${column(3)}::text[])
             AS asked (shard_id, namespace, kind, name)
    JOIN pod_init AS p ON p.shard_id = asked.shard_id AND p.namespace = asked.namespace
                      AND p.workload_kind = asked.kind AND p.workload_name = asked.name`;
}

type Revision = Readonly<{ revision: string; first: number; succeeded: number; ended: number }>;

/** The revisions of each workload by the first pod that was made of them, oldest first. */
async function previousRevisions(
  reading: Reading,
  keys: readonly WorkloadKey[],
): Promise<Map<WorkloadKey, Revision[]>> {
  if (keys.length === 0) return new Map();
  const rows = await reading.snapshot.rows<
    Revision & { shard_id: number; namespace: string; kind: string; name: string }
  >(sql`
    SELECT p.shard_id, p.namespace, p.workload_kind AS kind, p.workload_name AS name, p.revision,
           (extract(epoch FROM min(p.created_at)) * 1000)::float8 AS first,
           (count(*) FILTER (WHERE p.outcome = 'completed'))::int AS succeeded,
           (count(*) FILTER (WHERE p.outcome <> 'running'))::int AS ended
    FROM ${podsOf(keys)}
    WHERE ${inForce(reading, 'p')} AND p.revision IS NOT NULL AND ${ofNamespacesSeen(reading, sql`p.namespace_uid`)}
    GROUP BY p.shard_id, p.namespace, p.workload_kind, p.workload_name, p.revision
    ORDER BY first`);
  return Map.groupBy(rows, (row) => keyOf(row.shard_id, row.namespace, row.kind, row.name));
}

function before(revisions: readonly Revision[], current: string | null): Stuck['previousRevision'] {
  const index = revisions.findIndex(({ revision }) => revision === current);
  const previous = index > 0 ? revisions[index - 1] : undefined;
  if (!previous) return null;
  return {
    revision: previous.revision,
    successRate: previous.ended === 0 ? null : previous.succeeded / previous.ended,
  };
}
