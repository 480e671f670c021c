import { Injectable } from '@nestjs/common';
import type { Viewer } from '#libs/access';
import { AuditError } from '#libs/platform';
import { askedHash } from '../asking/cursor.js';
import { sql } from '../asking/sql.js';
import { parseTime } from '../asking/times.js';
import { positionOf } from '../pods/to-pod.js';
import { gapsSeen, toGap } from '../reading/gaps.js';
import { pageOf, pinnedBy } from '../reading/pages.js';
import { metaOf, ReportReader, type Reading } from '../reading/report-reader.js';
import { millis } from '../reading/versions.js';
import type { List, Meta } from '../shapes/common.js';
import type { GapsFilter, RecordedGap } from './cluster.schema.js';

type GapRow = Readonly<{
  shard_id: number;
  position: number;
  resource: string;
  namespace: string | null;
  cause: string;
  pods_alive: number | null;
  from_at: number;
  to_at: number;
}>;

/** Tells when changes may have gone unseen. */
@Injectable()
export class GapsQuery {
  constructor(private readonly reader: ReportReader) {}

  /** Newest first. @throws AuditError `query-invalid`, `cursor-invalid`, `history-expired`, `position-ahead` */
  list(viewer: Viewer, filter: GapsFilter): Promise<List<RecordedGap>> {
    const hash = askedHash('gaps', filter);
    const cursor = pinnedBy(filter.cursor, hash);
    const [toAt, shardId, position] = cursor?.after ?? [];
    if (cursor && [toAt, shardId, position].some((part) => typeof part !== 'number')) {
      throw new AuditError('cursor-invalid', 'cursor is not a cursor of this list');
    }
    return this.reader.read(
      viewer,
      filter,
      async (reading) => {
        const from = filter.from === undefined ? null : (parseTime(filter.from, reading.asOf) ?? null);
        const to = filter.to === undefined ? null : (parseTime(filter.to, reading.asOf) ?? null);
        const until = reading.at === null ? to : Math.min(to ?? reading.at, reading.at);
        const rows = await reading.snapshot.rows<GapRow>(sql`
          SELECT shard_id, position::float8 AS position, resource, namespace, cause, pods_alive, ${millis('from_at')} AS from_at, ${millis('to_at')} AS to_at
          FROM gap
          WHERE ${gapsSeen(reading, { from, to: until, clusters: filter.cluster })}
            AND ${filter.resource ? sql`resource = ANY(${filter.resource})` : sql`true`}
            AND ${cursor ? sql`(-${millis('to_at')}, shard_id, -position) > (-${toAt}::float8, ${shardId}::int, -${position}::bigint)` : sql`true`}
          ORDER BY -${millis('to_at')}, shard_id, -position
          LIMIT ${filter.limit + 1}`);
        const {
          rows: kept,
          page,
          cursorAt,
        } = pageOf(
          rows.map((row) => ({ ...row, after: [row.to_at, row.shard_id, row.position] })),
          filter.limit,
          hash,
          reading.place,
        );
        return {
          items: kept.map((row) => toRecordedGap(reading, row)),
          page,
          cursorAt,
          meta: await metaOf(reading, { from, to: until, clusters: filter.cluster }, withheldOfGaps(reading)),
        };
      },
      cursor?.place,
    );
  }
}

/** How many pods live in other namespaces is for those who see them: a gap of all namespaces says it to nobody else. */
const toRecordedGap = (reading: Reading, row: GapRow): RecordedGap => ({
  ...toGap(reading, row),
  namespace: row.namespace,
  position: positionOf(row.shard_id, row.position),
  podsAlive: row.namespace === null && reading.viewer.pods !== 'all' ? null : row.pods_alive,
});

const withheldOfGaps = (reading: Reading): Meta['withheld'] =>
  reading.viewer.pods === 'all' ? [] : [{ field: 'podsAlive', right: 'list pods in all namespaces' }];
