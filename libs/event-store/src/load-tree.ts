import { AuditError, type Pool, type PoolClient } from '#libs/platform';

import { entryOf, logRows } from './ledger/log-rows.js';
import type { LogTables } from './log-tables.js';
import { hashesOf, leafHash, MerkleTree, perfectRoot, TILE_WIDTH } from './merkle/merkle-tree.js';

type Connection = Pool | PoolClient;

/**
 * The tree of a shard up to `size`, from its completed tiles and its last rows, of which fewer than 256 are read. What retention dropped of
 * them left its leaves.
 *
 * @throws AuditError `log-has-hole`
 */
export async function loadTree(
  connection: Connection,
  tables: LogTables,
  shardId: number,
  size: number,
): Promise<MerkleTree> {
  const place = { connection, tables, shardId };
  const edges: (readonly Buffer[])[] = [await leavesUpTo(connection, tables, shardId, size)];
  for (let level = 1; TILE_WIDTH ** level <= size; level += 1) edges.push(await hashesUpTo(place, level, size));
  return MerkleTree.of(size, edges);
}

/** The leaf hashes of the events from the last multiple of 256 up to, without, `to`. @throws AuditError `log-has-hole` */
export async function leavesUpTo(
  connection: Connection,
  tables: LogTables,
  shardId: number,
  to: number,
): Promise<readonly Buffer[]> {
  const from = to - (to % TILE_WIDTH);
  if (from === to) return [];
  const rows = await logRows(connection, tables, shardId, { from, to });
  const first = rows[0]?.position ?? to;
  const dropped = first === from ? [] : await droppedLeaves(connection, tables, shardId, first);
  const leaves = [...dropped, ...rows.map((row) => leafHash(entryOf(row)))];
  if (leaves.length !== to - from) throw hole(shardId, `${to - from - leaves.length} of its events are missing`);
  return leaves;
}

/** What a dropped segment left of the tile in which it ended at `to`; nothing where no segment ended there. */
async function droppedLeaves(
  connection: Connection,
  { segment }: LogTables,
  shardId: number,
  to: number,
): Promise<readonly Buffer[]> {
  if (segment === null) return [];
  const { rows } = await connection.query<{ edge_leaves: Buffer }>(
    // What was dropped before it, or what an import that begins with it brought along.
    `SELECT edge_leaves FROM ${segment} WHERE shard_id = $1 AND next_position = $2
      UNION ALL
     SELECT before_hashes[1] FROM ${segment} WHERE shard_id = $1 AND first_position = $2 AND cardinality(before_hashes) > 0
      LIMIT 1`,
    [shardId, to],
  );
  return rows[0] ? hashesOf(rows[0].edge_leaves) : [];
}

type Place = Readonly<{ connection: Connection; tables: LogTables; shardId: number }>;

/** Of a level above the leaves, the hashes of the tile in which a tree of `size` ends: the roots of the tiles below it. */
async function hashesUpTo(place: Place, level: number, size: number): Promise<readonly Buffer[]> {
  const to = Math.floor(size / TILE_WIDTH ** level);
  const from = to - (to % TILE_WIDTH);
  const below = await tiles(place, level - 1, { from, to });
  if (below.length === to - from) return below.map(rootOfTile);
  // The log went on, and of a tile that is complete by now those below it may have been dropped.
  const [complete] = await tiles(place, level, { from: from / TILE_WIDTH, to: from / TILE_WIDTH + 1 });
  if (complete) return hashesOf(complete.hashes).slice(0, to - from);
  const before = await hashesBeforeImport(place, level, from);
  if (before.length + below.length === to - from && (below[0]?.index ?? to) === from + before.length)
    return [...before, ...below.map(rootOfTile)];
  throw hole(place.shardId, `${to - from - below.length} Merkle tiles of level ${level - 1} are missing`);
}

/** Of the oldest archive that was imported, what the log had before it of the tile of this level that begins at `from`. */
async function hashesBeforeImport(
  { connection, tables: { segment }, shardId }: Place,
  level: number,
  from: number,
): Promise<readonly Buffer[]> {
  if (segment === null) return [];
  const { rows } = await connection.query<{ position: string; hashes: Buffer | null }>(
    `SELECT first_position AS position, before_hashes[$2] AS hashes
       FROM ${segment}
      WHERE shard_id = $1 AND before_hashes IS NOT NULL
      ORDER BY first_position
      LIMIT 1`,
    [shardId, level + 1],
  );
  const hashes = rows[0]?.hashes ? hashesOf(rows[0].hashes) : [];
  return Math.floor(Number(rows[0]?.position) / TILE_WIDTH ** level) - hashes.length === from ? hashes : [];
}

type StoredTile = Readonly<{ index: number; hashes: Buffer }>;

const rootOfTile = ({ hashes }: StoredTile): Buffer => perfectRoot(hashesOf(hashes));

async function tiles(
  { connection, tables, shardId }: Place,
  level: number,
  { from, to }: Readonly<{ from: number; to: number }>,
): Promise<readonly StoredTile[]> {
  const { rows } = await connection.query<{ index: string; hashes: Buffer }>(
    `SELECT index, hashes
       FROM ${tables.tile}
      WHERE shard_id = $1 AND level = $2 AND index >= $3 AND index < $4
      ORDER BY index`,
    [shardId, level, from, to],
  );
  return rows.map(({ index, hashes }) => ({ index: Number(index), hashes }));
}

function hole(shardId: number, what: string): AuditError {
  return new AuditError('log-has-hole', `The log of shard ${shardId} is damaged: ${what}.`, {
    remedy: 'Somebody changed the database behind our back. Restore it from a backup; do not record into it.',
  });
}
