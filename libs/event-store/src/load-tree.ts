import { AuditError, type Pool, type PoolClient } from '#libs/platform';

import { entryOf, logRows } from './ledger/log-rows.js';
import type { LogTables } from './log-tables.js';
import { hashesOf, leafHash, MerkleTree, perfectRoot, TILE_WIDTH } from './merkle/merkle-tree.js';

/** The tree of a shard up to `size`, from its completed tiles and its last rows, of which fewer than 256 are read. */
export async function loadTree(
  pool: Pool | PoolClient,
  tables: LogTables,
  shardId: number,
  size: number,
): Promise<MerkleTree> {
  const edges: (readonly Buffer[])[] = [await lastLeaves(pool, tables, shardId, size)];
  for (let level = 1; TILE_WIDTH ** level <= size; level += 1) {
    const below = Math.floor(size / TILE_WIDTH ** level);
    edges.push(
      await tileRoots(pool, tables, { shardId, level: level - 1, from: below - (below % TILE_WIDTH), to: below }),
    );
  }
  return MerkleTree.of(size, edges);
}

type Tiles = Readonly<{ shardId: number; level: number; from: number; to: number }>;

/** The roots of complete tiles, each of which is a hash of the level above. */
async function tileRoots(
  pool: Pool | PoolClient,
  tables: LogTables,
  { shardId, level, from, to }: Tiles,
): Promise<readonly Buffer[]> {
  const { rows } = await pool.query<{ hashes: Buffer }>(
    `SELECT hashes
       FROM ${tables.tile}
      WHERE shard_id = $1 AND level = $2 AND index >= $3 AND index < $4
      ORDER BY index`,
    [shardId, level, from, to],
  );
  if (rows.length !== to - from)
    throw hole(shardId, `${to - from - rows.length} Merkle tiles of level ${level} are missing`);
  return rows.map(({ hashes }) => perfectRoot(hashesOf(hashes)));
}

async function lastLeaves(
  pool: Pool | PoolClient,
  tables: LogTables,
  shardId: number,
  size: number,
): Promise<readonly Buffer[]> {
  const from = size - (size % TILE_WIDTH);
  if (from === size) return [];
  const rows = await logRows(pool, tables, shardId, { from, to: size });
  if (rows.length !== size - from) throw hole(shardId, `${size - from - rows.length} of its last events are missing`);
  return rows.map((row) => leafHash(entryOf(row)));
}

function hole(shardId: number, what: string): AuditError {
  return new AuditError('log-has-hole', `The log of shard ${shardId} is damaged: ${what}.`, {
    remedy: 'Somebody changed the database behind our back. Restore it from a backup; do not record into it.',
  });
}
