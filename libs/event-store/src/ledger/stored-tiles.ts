import { rowTypes, type Pool } from '#libs/platform';

import type { LogTables } from '../log-tables.js';

/** Tiles that are read at a time: two megabytes. */
const WINDOW = 256;

/** The tiles of a log as they are stored, for who goes through them in order. */
export class StoredTiles {
  /** By level, those that are at hand. */
  readonly #windows = new Map<number, Readonly<{ from: number; hashes: ReadonlyMap<number, Buffer> }>>();

  constructor(
    private readonly pool: Pool,
    private readonly tables: LogTables,
    private readonly shardId: number,
  ) {}

  /** The 256 hashes of a tile, one after the other; undefined where it is not stored. */
  async get(level: number, index: number): Promise<Buffer | undefined> {
    const from = index - (index % WINDOW);
    const known = this.#windows.get(level);
    if (known?.from === from) return known.hashes.get(index);
    const { rows } = await this.pool.query<{ index: number; hashes: Buffer }>({
      text: `SELECT index, hashes FROM ${this.tables.tile} WHERE shard_id = $1 AND level = $2 AND index >= $3 AND index < $4`,
      values: [this.shardId, level, from, from + WINDOW],
      types: rowTypes,
    });
    const hashes = new Map(rows.map((row) => [row.index, row.hashes]));
    this.#windows.set(level, { from, hashes });
    return hashes.get(index);
  }
}
