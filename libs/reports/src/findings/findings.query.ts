import { Injectable } from '@nestjs/common';
import type { Viewer } from '#libs/access';
import type { Finding } from '#libs/init-history';
import { AuditError } from '#libs/platform';
import { askedHash, type Cursor } from '../asking/cursor.js';
import { joined, sql, type Sql } from '../asking/sql.js';
import { parseTime, toTime } from '../asking/times.js';
import { isUid } from '../pods/pod-uid.js';
import { lowerKind } from '../pods/pod-conditions.js';
import { positionOf } from '../pods/to-pod.js';
import { pageOf, pinnedBy } from '../reading/pages.js';
import { metaOf, ReportReader, type Reading } from '../reading/report-reader.js';
import { inForceOnce } from '../reading/handed-over.js';
import { millis, moment, ofNamespacesSeen } from '../reading/versions.js';
import type { List } from '../shapes/common.js';
import { inOrder } from '../shapes/in-order.js';
import { FoundInPod, type FindingsFilter } from './finding.schema.js';

type Row = Readonly<{
  shard_id: number;
  pod_uid: string;
  finding_key: string;
  sort_value: string;
  namespace: string;
  pod_name: string;
  workload_kind: string;
  workload_name: string;
  told_at: number;
  doc: Finding;
}>;

/** When it was found, never null: the newest first. */
const when = sql`coalesce(f.at, f.told_at)`;

/** Lists what should be looked at. */
@Injectable()
export class FindingsQuery {
  constructor(private readonly reader: ReportReader) {}

  /** @throws AuditError `query-invalid`, `cursor-invalid`, `history-expired`, `position-ahead` */
  list(viewer: Viewer, filter: FindingsFilter): Promise<List<FoundInPod>> {
    const hash = askedHash('findings', filter);
    const cursor = pinnedBy(filter.cursor, hash);
    return this.reader.read(
      viewer,
      filter,
      async (reading) => {
        const { rows, page, cursorAt } = pageOf(
          await rowsOf(reading, filter, cursor),
          filter.limit,
          hash,
          reading.place,
        );
        const [from, to] = [timeOf(filter.from, reading), timeOf(filter.to, reading)];
        const meta = await metaOf(reading, { from, to, clusters: filter.cluster });
        return { items: rows.map((row) => toItem(reading, row)), page, cursorAt, meta };
      },
      cursor?.place,
    );
  }
}

const timeOf = (text: string | undefined, reading: Reading): number | null =>
  text === undefined ? null : (parseTime(text, reading.asOf) ?? null);

async function rowsOf(
  reading: Reading,
  filter: FindingsFilter,
  cursor: Cursor | undefined,
): Promise<(Row & { after: Cursor['after'] })[]> {
  const rows = await reading.snapshot.rows<Row>(sql`
    SELECT f.shard_id, f.pod_uid::text AS pod_uid, f.finding_key, f.namespace, f.pod_name, f.workload_kind, f.workload_name, f.doc,
           to_char(${when} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS sort_value, ${millis('f.told_at')} AS told_at
    FROM finding AS f
    WHERE ${inForceOnce(reading, 'f', filter.cluster)} AND ${ofNamespacesSeen(reading, sql`f.namespace_uid`)}
      AND ${joined(conditions(reading, filter), ' AND ')}
      AND ${cursor ? behind(cursor) : sql`true`}
    ORDER BY ${when} DESC, f.shard_id, f.pod_uid, f.finding_key
    LIMIT ${filter.limit + 1}`);
  return rows.map((row) => ({ ...row, after: [row.sort_value, row.shard_id, row.pod_uid, row.finding_key] }));
}

function conditions(reading: Reading, filter: FindingsFilter): Sql[] {
  const { kind, container, confidence, namespace, workload } = filter;
  const [from, to] = [timeOf(filter.from, reading), timeOf(filter.to, reading)];
  const some = [sql`true`];
  if (kind) some.push(sql`f.kind = ANY(${kind})`);
  if (container) some.push(sql`f.container = ANY(${container})`);
  if (confidence) some.push(sql`f.confidence = ANY(${confidence})`);
  if (namespace) some.push(sql`f.namespace = ANY(${namespace})`);
  if (workload) some.push(sql`(lower(f.workload_kind) || '/' || f.workload_name) = ANY(${workload.map(lowerKind)})`);
  if (from !== null) some.push(sql`${when} >= ${moment(from)}`);
  if (to !== null) some.push(sql`${when} < ${moment(to)}`);
  return some;
}

/** A cursor is the caller's word: what it holds is checked before it meets SQL. */
function behind({ after: [time, shardId, podUid, key] }: Cursor): Sql {
  const fits =
    typeof time === 'string' &&
    parseTime(time, 0) !== undefined &&
    typeof shardId === 'number' &&
    Number.isInteger(shardId) &&
    typeof podUid === 'string' &&
    isUid(podUid) &&
    typeof key === 'string';
  if (!fits) throw new AuditError('cursor-invalid', 'cursor is not a cursor of this list');
  const bound = sql`${time}::timestamptz`;
  return sql`(${when} < ${bound}
    OR (${when} = ${bound} AND (f.shard_id, f.pod_uid, f.finding_key) > (${shardId}::int, ${podUid}::uuid, ${key}::text)))`;
}

const toItem = (reading: Reading, row: Row): FoundInPod =>
  inOrder(FoundInPod, {
    ...row.doc,
    evidence: row.doc.evidence.map((one) => positionOf(row.shard_id, one)),
    cluster: reading.shards.find(({ shardId }) => shardId === row.shard_id)?.cluster ?? '',
    namespace: row.namespace,
    pod: { uid: row.pod_uid, name: row.pod_name },
    workload: { kind: row.workload_kind, name: row.workload_name },
    toldAt: toTime(row.told_at),
  });
