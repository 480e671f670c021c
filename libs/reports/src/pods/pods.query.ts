import { Injectable } from '@nestjs/common';
import type { Viewer } from '#libs/access';
import type { PodAccount } from '#libs/init-history';
import { AuditError } from '#libs/platform';
import { askedHash, type Cursor } from '../asking/cursor.js';
import { joined, sql, word, type Sql } from '../asking/sql.js';
import { parseTime } from '../asking/times.js';
import { positionAt } from '../reading/catalogue.js';
import { pageOf, pinnedBy } from '../reading/pages.js';
import { presentIn } from '../reading/present.js';
import { metaOf, ReportReader, type Reading } from '../reading/report-reader.js';
import { inForce, inForceAt, millis, moment } from '../reading/versions.js';
import type { List } from '../shapes/common.js';
import type { Pod } from '../shapes/pod.js';
import { isUid } from './pod-uid.js';
import { podConditions } from './pod-conditions.js';
import type { PodFilter, PodSort } from './pod-filter.js';
import { toPod, withheldOfPods, type ToldPod } from './to-pod.js';

type PodRow = Readonly<{
  shard_id: number;
  pod_uid: string;
  sort_value: string | number;
  told_at: number;
  deadline: number | null;
  doc: PodAccount;
  cycle_doc: Readonly<{ cycles: PodAccount['cycles'] }> | null;
  cells: ToldPod['cells'];
}>;

/** Lists pods and where their initialization stands. */
@Injectable()
export class PodsQuery {
  constructor(private readonly reader: ReportReader) {}

  /**
   * One page of the pods that `filter` asks for. All pages of one cursor are as of one place.
   *
   * @throws AuditError `query-invalid`, `cursor-invalid`, `history-expired`, `position-ahead`
   */
  list(viewer: Viewer, filter: PodFilter): Promise<List<Pod>> {
    const asked = askedHash('pods', filter);
    const cursor = pinnedBy(filter.cursor, asked);
    return this.reader.read(
      viewer,
      filter,
      async (reading) => {
        const rows = await rowsOf(reading, filter, cursor);
        const page = pageOf(rows, filter.limit, asked, reading.place);
        const items = page.rows.map((row) => toPod(reading, toldPod(row)));
        return {
          items,
          page: page.page,
          cursorAt: page.cursorAt,
          meta: await metaOf(reading, spanOf(reading, filter), withheldOfPods(reading)),
        };
      },
      cursor?.place,
    );
  }
}

async function rowsOf(
  reading: Reading,
  filter: PodFilter,
  cursor: Cursor | undefined,
): Promise<(PodRow & { after: Cursor['after'] })[]> {
  const { value, cast, direction } = ordering(reading, filter.sort);
  const rows = await reading.snapshot.rows<PodRow>(sql`
    SELECT p.shard_id, p.pod_uid::text AS pod_uid, ${shown(value, cast)} AS sort_value, ${millis('p.told_at')} AS told_at,
           ${millis('p.deadline_at')} AS deadline, p.doc,
           ${reading.at === null ? sql`NULL::jsonb` : sql`c.doc`} AS cycle_doc, ${reading.at === null ? sql`NULL::jsonb` : sql`v.cells`} AS cells
    FROM pod_init AS p
    ${reading.at === null ? sql`` : await asItWas(reading, reading.at)}
    WHERE ${podConditions(reading, filter)}
      AND ${reading.at === null ? sql`true` : sql`p.created_at <= ${moment(reading.at)}`}
      AND ${cursor ? after(cursor, value, cast, direction) : sql`true`}
    ORDER BY ${value} ${word(direction)}, p.shard_id, p.pod_uid
    LIMIT ${filter.limit + 1}`);
  return rows.map((row) => ({ ...row, after: [row.sort_value, row.shard_id, row.pod_uid] }));
}

/** The cycle that was the newest at `at`, and the cells that had been recorded by then. */
async function asItWas(reading: Reading, at: number): Promise<Sql> {
  const then = await Promise.all(
    reading.shards.map(async ({ shardId }) =>
      inForceAt(word('v'), shardId, await positionAt(reading.snapshot, shardId, at)),
    ),
  );
  return sql`
    JOIN LATERAL (
      SELECT c.* FROM pod_init AS c
      WHERE c.shard_id = p.shard_id AND c.pod_uid = p.pod_uid AND ${inForce(reading, 'c')}
        AND coalesce(c.started_at, c.created_at) <= ${moment(at)}
      ORDER BY c.cycle DESC
      LIMIT 1
    ) AS c ON true
    LEFT JOIN LATERAL (
      SELECT jsonb_build_object('status', v.doc->'status', 'ready', v.doc->'ready', 'restarts', v.doc->'restarts',
                              'lastRestartAt', v.doc->'lastRestartAt') AS cells
      FROM pod_init AS v
      WHERE v.shard_id = p.shard_id AND v.pod_uid = p.pod_uid AND v.newest AND (${joined([sql`false`, ...then], ' OR ')})
      LIMIT 1
    ) AS v ON true`;
}

type Ordering = Readonly<{ value: Sql; cast: Sql; direction: 'ASC' | 'DESC' }>;

/** What a page is sorted by: never null, so that every row has a place; text where a number would lose digits. */
function ordering(reading: Reading, sort: PodFilter['sort']): Ordering {
  const direction = sort.startsWith('-') ? 'DESC' : 'ASC';
  const by = sort.replace('-', '') as PodSort;
  switch (by) {
    case 'createdAt':
      return { value: sql`coalesce(p.created_at, 'epoch'::timestamptz)`, cast: word('timestamptz'), direction };
    case 'duration':
      return { value: durationValue(reading), cast: word('float8'), direction };
    case 'name':
      return { value: sql`(p.namespace || '/' || p.name) COLLATE "C"`, cast: word('text'), direction };
    case 'initRestarts':
      return { value: sql`p.init_restarts::float8`, cast: word('float8'), direction };
  }
}

const durationValue = (reading: Reading): Sql => sql`
  coalesce(CASE WHEN p.outcome = 'running' THEN extract(epoch FROM ${presentIn(reading, 'p')} - p.started_at)::float8
                ELSE p.duration_seconds END, -1)`;

/** The sort value as the cursor holds it: a timestamp as text, with its microseconds. */
const shown = (value: Sql, cast: Sql): Sql =>
  cast.strings[0] === 'timestamptz'
    ? sql`to_char(${value} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
    : value;

function after(cursor: Cursor, value: Sql, cast: Sql, direction: Ordering['direction']): Sql {
  const [last, shardId, podUid] = afterOf(cursor, cast);
  const bound = sql`${last}::${cast}`;
  return sql`(${value} ${word(direction === 'ASC' ? '>' : '<')} ${bound}
    OR (${value} = ${bound} AND (p.shard_id, p.pod_uid) > (${shardId}::int, ${podUid}::uuid)))`;
}

/** A cursor is the caller's word: what it holds is checked before it meets SQL. */
function afterOf({ after: [last, shardId, podUid] }: Cursor, cast: Sql): readonly [string | number, number, string] {
  const isNumber = cast.strings[0] === 'float8';
  const isPlace =
    typeof shardId === 'number' && Number.isInteger(shardId) && typeof podUid === 'string' && isUid(podUid);
  const isTime = typeof last === 'string' && (cast.strings[0] !== 'timestamptz' || parseTime(last, 0) !== undefined);
  if (!isPlace || (isNumber ? typeof last !== 'number' : !isTime))
    throw new AuditError('cursor-invalid', 'cursor is not a cursor of this list');
  return [last as string | number, shardId, podUid];
}

const toldPod = (row: PodRow): ToldPod => ({
  shardId: row.shard_id,
  account: row.cycle_doc ? { ...row.doc, cycles: row.cycle_doc.cycles } : row.doc,
  toldAt: row.told_at,
  deadline: row.deadline,
  cells: row.cells,
});

const spanOf = (
  reading: Reading,
  { from, to, cluster }: PodFilter,
): Readonly<{ from: number | null; to: number | null; clusters?: readonly string[] | undefined }> => ({
  from: from === undefined ? null : (parseTime(from, reading.asOf) ?? null),
  to: to === undefined ? null : (parseTime(to, reading.asOf) ?? null),
  clusters: cluster,
});
