import { joined, sql, type Sql } from '../asking/sql.js';
import { toTime } from '../asking/times.js';
import type { Gap } from '../shapes/common.js';
import type { Reading, Span } from './reading.js';

type GapRow = Readonly<{ shard_id: number; resource: string; from_at: number; to_at: number; cause: string }>;

/** At most so many gaps stand in a `meta`; `/gaps` tells all. */
const inMeta = 20;

/** The gaps that touch `span`, newest first. */
export async function gapsTouching(reading: Reading, span: Span): Promise<Gap[]> {
  const rows = await reading.snapshot.rows<GapRow>(sql`
    SELECT shard_id, resource, cause,
           (extract(epoch FROM from_at) * 1000)::float8 AS from_at, (extract(epoch FROM to_at) * 1000)::float8 AS to_at
    FROM gap
    WHERE ${gapsSeen(reading, span)}
    ORDER BY to_at DESC, shard_id, position DESC
    LIMIT ${inMeta}`);
  return rows.map((row) => toGap(reading, row));
}

/** Which gaps a viewer may be told of, as of the reading's place, within a span. */
export function gapsSeen(reading: Reading, { from, to, clusters }: Span): Sql {
  const { pods } = reading.viewer;
  const asked = reading.shards.filter(({ cluster }) => !clusters || clusters.includes(cluster));
  const known = asked.map(
    ({ shardId }) => sql`(shard_id = ${shardId} AND position <= ${reading.place.positions[String(shardId)] ?? -1})`,
  );
  return joined(
    [
      known.length === 0 ? sql`false` : sql`(${joined(known, ' OR ')})`,
      pods === 'all' ? sql`true` : sql`(namespace IS NULL OR namespace = ANY(${[...pods.keys()]}))`,
      from === null ? sql`true` : sql`to_at > to_timestamp(${from / 1000})`,
      sql`from_at < to_timestamp(${(to ?? reading.asOf) / 1000})`,
    ],
    ' AND ',
  );
}

/** The row of a gap as the contract tells it. */
export const toGap = (reading: Reading, row: GapRow): Gap => ({
  cluster: reading.shards.find(({ shardId }) => shardId === row.shard_id)?.cluster ?? '',
  resource: row.resource,
  from: Number.isFinite(row.from_at) ? toTime(row.from_at) : null,
  to: toTime(row.to_at),
  reason: row.cause,
});
