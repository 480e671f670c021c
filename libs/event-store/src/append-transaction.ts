import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';

import { from as copyFrom } from 'pg-copy-streams';

import type { PoolClient } from '#libs/platform';

import { BATCH_COLUMNS, type Batch } from './batch.js';
import type { WatchPosition } from './event.js';
import type { LogTables } from './log-tables.js';

/** What an append needs beside its batch: whose head it moves, and which watch positions move with it. */
export type AppendScope = Readonly<{
  tables: LogTables;
  shardId: number;
  epoch: number;
  positions: readonly WatchPosition[];
  /** When the positions move, RFC 3339. */
  movedAt: string;
}>;

/**
 * One append, in three round trips: begin and move the head, which raises where another writer has it; copy the events;
 * tiles, watch positions and commit. The statements hold numbers and quoted literals alone, so that several fit in one.
 */
export async function appendTransaction(client: PoolClient, batch: Batch, scope: AppendScope): Promise<void> {
  const { tables, shardId, epoch } = scope;
  await client.query(
    `BEGIN; SELECT move_head('${tables.log}', ${shardId}, ${epoch}, ${batch.first}, ${batch.next}, '${batch.recordedAt}')`,
  );
  if (batch.rows.length > 0) {
    const copy = client.query(copyFrom(`COPY ${tables.log} (${BATCH_COLUMNS}) FROM STDIN`));
    await pipeline(Readable.from([batch.rows]), copy);
  }
  await client.query([...tileStatement(batch, scope), ...positionStatement(client, scope), 'COMMIT'].join('; '));
}

function tileStatement({ tiles }: Batch, { tables, shardId }: AppendScope): string[] {
  if (tiles.length === 0) return [];
  const values = tiles.map(
    ({ level, index, hashes }) => `(${shardId}, ${level}, ${index}, '\\x${hashes.toString('hex')}')`,
  );
  return [`INSERT INTO ${tables.tile} (shard_id, level, index, hashes) VALUES ${values.join(', ')}`];
}

function positionStatement(client: PoolClient, { positions, shardId, movedAt }: AppendScope): string[] {
  if (positions.length === 0) return [];
  const values = positions.map(
    ({ watch, resourceVersion }) =>
      `(${shardId}, ${client.escapeLiteral(watch)}, ${client.escapeLiteral(resourceVersion)}, '${movedAt}')`,
  );
  return [
    `INSERT INTO watch_position (shard_id, watch, resource_version, moved_at) VALUES ${values.join(', ')}
     ON CONFLICT (shard_id, watch)
     DO UPDATE SET resource_version = excluded.resource_version, moved_at = excluded.moved_at`,
  ];
}
