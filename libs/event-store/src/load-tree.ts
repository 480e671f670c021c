import type { Pool } from '#libs/platform';
import { AuditError } from '#libs/platform';

import { bodyDigest, eventLeaf } from './leaf.js';
import type { LogTables } from './log-tables.js';
import { hashesOf, MerkleTree, perfectRoot, TILE_WIDTH } from './merkle/merkle-tree.js';
import { rowTypes } from '#libs/platform';

/** The tree of a shard up to `size`, from its completed tiles and its last rows, of which fewer than 256 are read. */
export async function loadTree(pool: Pool, tables: LogTables, shardId: number, size: number): Promise<MerkleTree> {
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
  pool: Pool,
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

type LeafRow = Readonly<{
  position: number;
  recorded_at: string;
  stream_id: string;
  event_id: string;
  type: string;
  schema_ver: number;
  salt: Buffer | null;
  body: string | null;
  body_digest: Buffer | null;
}>;

async function lastLeaves(pool: Pool, tables: LogTables, shardId: number, size: number): Promise<readonly Buffer[]> {
  const from = size - (size % TILE_WIDTH);
  if (from === size) return [];
  const { rows } = await pool.query<LeafRow>({
    text: `SELECT position, recorded_at, stream_id, event_id, type, schema_ver, salt, body::text AS body, body_digest
             FROM ${tables.log}
            WHERE shard_id = $1 AND position >= $2 AND position < $3
            ORDER BY position`,
    values: [shardId, from, size],
    types: rowTypes,
  });
  if (rows.length !== size - from) throw hole(shardId, `${size - from - rows.length} of its last events are missing`);
  return rows.map(toLeaf);
}

function toLeaf(row: LeafRow): Buffer {
  const digest = row.body_digest ?? bodyDigest(row.salt ?? Buffer.alloc(0), row.body ?? '');
  return eventLeaf({
    position: row.position,
    recordedAt: row.recorded_at,
    streamId: row.stream_id,
    eventId: row.event_id,
    type: row.type,
    schemaVersion: row.schema_ver,
    digest,
  });
}

function hole(shardId: number, what: string): AuditError {
  return new AuditError('log-has-hole', `The log of shard ${shardId} is damaged: ${what}.`, {
    remedy: 'Somebody changed the database behind our back. Restore it from a backup; do not record into it.',
  });
}
