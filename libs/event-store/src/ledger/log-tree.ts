import { AuditError, type Pool, type PoolClient } from '#libs/platform';

import { loadTree } from '../load-tree.js';
import type { LogTables } from '../log-tables.js';
import { hashesOf, perfectRoot, TILE_WIDTH, type MerkleTree } from '../merkle/merkle-tree.js';
import { consistencyProof, inclusionProof, rightOf, rootOf } from '../merkle/tree-proofs.js';

const TILE_HEIGHT = 8;

/** The Merkle tree of a log's first `size` events, read from its tiles and, of the last fewer than 256 events, from the rows. */
export class LogTree {
  readonly #tiles = new Map<string, Promise<readonly Buffer[]>>();

  private constructor(
    private readonly connection: Pool | PoolClient,
    private readonly tables: LogTables,
    private readonly shardId: number,
    private readonly edge: MerkleTree,
  ) {}

  /** @throws AuditError `log-has-hole` where rows or tiles are missing */
  static async at(connection: Pool | PoolClient, tables: LogTables, shardId: number, size: number): Promise<LogTree> {
    return new LogTree(connection, tables, shardId, await loadTree(connection, tables, shardId, size));
  }

  get size(): number {
    return this.edge.size;
  }

  /** RFC 6962's hash over the first `size` events; over all of them unless told. */
  root(size = this.size): Promise<Buffer> {
    return rootOf(size, this.#nodeOf);
  }

  /** What proves that the event at `position` is in the tree. */
  inclusion(position: number): Promise<readonly Buffer[]> {
    return inclusionProof(position, this.size, this.#nodeOf);
  }

  /** What proves that the first `before` events are the beginning of these. */
  consistency(before: number): Promise<readonly Buffer[]> {
    return consistencyProof(before, this.size, this.#nodeOf);
  }

  /** What the tree has right of its first `before` events. */
  rightOf(before: number): Promise<readonly Buffer[]> {
    return rightOf(before, this.size, this.#nodeOf);
  }

  /** Hashes of a tile as far as the tree goes: 256 of a complete one, fewer at the right edge, none beyond it. */
  tile(level: number, index: number): Promise<readonly Buffer[]> {
    const key = `${level}/${index}`;
    const known = this.#tiles.get(key) ?? this.#readTile(level, index);
    this.#tiles.set(key, known);
    return known;
  }

  async #readTile(level: number, index: number): Promise<readonly Buffer[]> {
    const complete = Math.floor(this.size / TILE_WIDTH ** (level + 1));
    if (index > complete) return [];
    if (index === complete) return this.edge.edge(level);
    const { rows } = await this.connection.query<{ hashes: Buffer }>(
      `SELECT hashes FROM ${this.tables.tile} WHERE shard_id = $1 AND level = $2 AND index = $3`,
      [this.shardId, level, index],
    );
    if (!rows[0])
      throw new AuditError('log-has-hole', `The log of shard ${this.shardId} has no Merkle tile ${level}/${index}.`, {
        remedy: 'Somebody removed rows behind our back. Restore the database from a backup.',
      });
    return hashesOf(rows[0].hashes);
  }

  /** A node between two tiles' levels is the hash over a part of a tile. */
  readonly #nodeOf = async (level: number, index: number): Promise<Buffer> => {
    const width = 2 ** (level % TILE_HEIGHT);
    const first = index * width;
    const hashes = await this.tile(Math.floor(level / TILE_HEIGHT), Math.floor(first / TILE_WIDTH));
    const from = first % TILE_WIDTH;
    return perfectRoot(hashes.slice(from, from + width));
  };
}
