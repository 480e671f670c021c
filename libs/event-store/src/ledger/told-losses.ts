import type { Pool, PoolClient } from '#libs/platform';

import type { LogName } from '../event.js';

/** Which log it is that lost something. */
type Losing = Readonly<{ connection: Pool | PoolClient; shardId: number; log?: LogName }>;

/** What the acts of a shard say was dropped from its observations, by position: `[from, to)`, in order. */
export async function droppedSpans({
  connection,
  shardId,
  log = 'event',
}: Losing): Promise<readonly Readonly<{ from: number; to: number }>[]> {
  if (log !== 'event') return [];
  const { rows } = await connection.query<{ from: string; to: string }>(
    `SELECT (body->>'from')::bigint AS "from", (body->>'to')::bigint AS "to"
       FROM act_event
      WHERE shard_id = $1 AND type = 'SegmentDropped'
      ORDER BY 1`,
    [shardId],
  );
  return rows.map(({ from, to }) => ({ from: Number(from), to: Number(to) }));
}

/** The positions whose bodies were erased, as the acts of the shard say. */
export async function erasedPositions({ connection, shardId, log = 'event' }: Losing): Promise<ReadonlySet<number>> {
  const { rows } = await connection.query<{ position: string }>(
    `SELECT json_array_elements_text(body->'positions') AS position
       FROM act_event
      WHERE shard_id = $1 AND type = 'BodiesErased' AND body->>'log' = $2`,
    [shardId, log],
  );
  return new Set(rows.map(({ position }) => Number(position)));
}
