import { rowTypes, type Pool } from '#libs/platform';
import type { MovedWatchPosition } from './event.js';

/** Where the watches of a shard stand, or stood when it was closed. */
export async function readWatchPositions(pool: Pool, shardId: number): Promise<readonly MovedWatchPosition[]> {
  const { rows } = await pool.query<{ watch: string; resource_version: string; moved_at: string }>({
    text: 'SELECT watch, resource_version, moved_at FROM watch_position WHERE shard_id = $1 ORDER BY watch',
    values: [shardId],
    types: rowTypes,
  });
  return rows.map((row) => ({ watch: row.watch, resourceVersion: row.resource_version, movedAt: row.moved_at }));
}
