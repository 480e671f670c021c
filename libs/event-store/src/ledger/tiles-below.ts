import { rowTypes, type Pool } from '#libs/platform';

import type { LogTables } from '../log-tables.js';
import { hashesOf, perfectRoot, TILE_WIDTH } from '../merkle/merkle-tree.js';
import { StoredTiles } from './stored-tiles.js';

/** A tile that does not agree with the one above it, or is not there. */
export type TileBelow = Readonly<{ where: string; from: number; to: number; says: string }>;

/** More are no help to anybody. */
const MOST = 100;
const PAGE = 256;

type Below = Readonly<{ pool: Pool; tables: LogTables; shardId: number; begins: number; horizon: number }>;

/**
 * Tiles that lie wholly below the horizon, whose events are gone: each must have the root that the tile above it says, and of those above the
 * leaves none may be missing, from position `begins` on, with which the log began here.
 */
export async function tilesBelow(below: Below): Promise<readonly TileBelow[]> {
  const found: TileBelow[] = [];
  for (let level = 0; TILE_WIDTH ** (level + 1) <= below.horizon && found.length < MOST; level += 1)
    found.push(...(await ofLevel(below, level)));
  return found.slice(0, MOST);
}

async function ofLevel(
  { pool, tables, shardId, begins, horizon }: Below,
  level: number,
): Promise<readonly TileBelow[]> {
  const width = TILE_WIDTH ** (level + 1);
  const end = Math.floor(horizon / width);
  const above = new StoredTiles(pool, tables, shardId);
  const found: TileBelow[] = [];
  const note = (index: number, says: string): number =>
    found.push({ where: `${tables.tile} ${level}/${index}`, from: index * width, to: (index + 1) * width, says });
  // Leaves may have been pruned.
  let next = level === 0 ? Number.POSITIVE_INFINITY : Math.ceil(begins / width);
  for await (const { index, hashes } of stored(pool, tables, { shardId, level, end })) {
    for (; next < index && found.length < MOST; next += 1) note(next, 'the tile is missing');
    next = Math.max(next, index + 1);
    const parent = await above.get(level + 1, Math.floor(index / TILE_WIDTH));
    const at = (index % TILE_WIDTH) * 32;
    if (parent && !parent.subarray(at, at + 32).equals(perfectRoot(hashesOf(hashes))))
      note(index, 'its root is not what the tile above it says');
  }
  for (; next < end && found.length < MOST; next += 1) note(next, 'the tile is missing');
  return found;
}

type Stored = Readonly<{ index: number; hashes: Buffer }>;

/** The tiles of a level with an index below `end`, in order. */
async function* stored(
  pool: Pool,
  tables: LogTables,
  { shardId, level, end }: Readonly<{ shardId: number; level: number; end: number }>,
): AsyncGenerator<Stored> {
  for (let from = 0; from < end; from += PAGE) {
    const { rows } = await pool.query<Stored>({
      text: `SELECT index, hashes FROM ${tables.tile}
              WHERE shard_id = $1 AND level = $2 AND index >= $3 AND index < $4 ORDER BY index`,
      values: [shardId, level, from, Math.min(end, from + PAGE)],
      types: rowTypes,
    });
    yield* rows;
  }
}
