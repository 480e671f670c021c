import { rowTypes, type Pool, type PoolClient } from '#libs/platform';

import type { LogName } from '../event.js';

/** Which log it is that lost something. */
type Losing = Readonly<{ connection: Pool | PoolClient; shardId: number; log?: LogName }>;

/** Positions `[from, to)` that are not here, by which act; times are RFC 3339 with microseconds. */
export type DroppedSpan = Readonly<{
  from: number;
  to: number;
  act: 'SegmentDropped' | 'SegmentImported';
  /** Of a drop, the week: `[fromAt, toAt)`; and when its last event was recorded, null where an earlier version told of it. */
  fromAt: string;
  toAt: string;
  lastAt: string | null;
}>;

/**
 * What the acts of a shard say was dropped from its observations, by position, in order; and what lay before those with which an import
 * began it, which was never here.
 */
export async function droppedSpans({ connection, shardId, log = 'event' }: Losing): Promise<readonly DroppedSpan[]> {
  if (log !== 'event') return [];
  const time = (of: string): string =>
    `to_char((body->>'${of}')::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "${of}"`;
  const { rows } = await connection.query<DroppedSpan>({
    text: `SELECT CASE type WHEN 'SegmentDropped' THEN (body->>'from')::bigint ELSE 0 END AS "from",
                  (body->>(CASE type WHEN 'SegmentDropped' THEN 'to' ELSE 'from' END))::bigint AS "to",
                  type AS act, ${time('fromAt')}, ${time('toAt')}, ${time('lastAt')}
             FROM act_event
            WHERE shard_id = $1 AND (type = 'SegmentDropped' OR type = 'SegmentImported' AND (body->>'begins')::boolean)
            ORDER BY 1, 2`,
    values: [shardId],
    types: rowTypes,
  });
  return rows;
}

/** The positions whose bodies were erased, or came without them by an import, as the acts of the shard say. */
export async function erasedPositions({ connection, shardId, log = 'event' }: Losing): Promise<Set<number>> {
  const { rows } = await connection.query<{ position: string }>(
    `SELECT json_array_elements_text(body->'positions') AS position
       FROM act_event
      WHERE shard_id = $1 AND type = 'BodiesErased' AND body->>'log' = $2
      UNION ALL
     SELECT json_array_elements_text(body->'erased')
       FROM act_event
      WHERE shard_id = $1 AND type = 'SegmentImported' AND $2 = 'event'`,
    [shardId, log],
  );
  return new Set(rows.map(({ position }) => Number(position)));
}

/** The positions of observations whose bodies were erased when only archives held them. */
export async function archivedPositions({
  connection,
  shardId,
}: Pick<Losing, 'connection' | 'shardId'>): Promise<readonly number[]> {
  const { rows } = await connection.query<{ position: string }>(
    `SELECT json_array_elements_text(body->'archived') AS position
       FROM act_event
      WHERE shard_id = $1 AND type = 'BodiesErased' AND body->>'log' = 'event' AND body->'archived' IS NOT NULL`,
    [shardId],
  );
  return rows.map(({ position }) => Number(position));
}
