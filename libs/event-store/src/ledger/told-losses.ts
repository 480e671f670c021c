import type { Pool, PoolClient } from '#libs/platform';

import type { LogName } from '../event.js';

/** Which log it is that lost something. */
type Losing = Readonly<{ connection: Pool | PoolClient; shardId: number; log?: LogName }>;

/**
 * What the acts of a shard say was dropped from its observations, by position: `[from, to)`, in order; and what lay before those with which
 * an import began it, which was never here.
 */
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
      UNION ALL
     SELECT 0, (body->>'from')::bigint
       FROM act_event
      WHERE shard_id = $1 AND type = 'SegmentImported' AND (body->>'begins')::boolean
      ORDER BY 1, 2`,
    [shardId],
  );
  return rows.map(({ from, to }) => ({ from: Number(from), to: Number(to) }));
}

/** The positions whose bodies were erased, or came without them by an import, as the acts of the shard say. */
export async function erasedPositions({ connection, shardId, log = 'event' }: Losing): Promise<ReadonlySet<number>> {
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
