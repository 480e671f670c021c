import { createHash, type Hash } from 'node:crypto';

import { rowTypes, type Pool } from '#libs/platform';

import { TILE_WIDTH } from '../merkle/merkle-tree.js';
import type { LogTables } from '../log-tables.js';
import type { ScannedEvent } from './scan-log.js';

type Row = Readonly<{ from_at: string; first: number; next: number; leaves: Buffer; edge: Buffer }>;

/** Something that a sealed week says of its events, and that they are not. */
export type Unlike = Readonly<{ where: string; from: number; to: number; says: string }>;

/** What is noted of the weeks of a log that are sealed and still there, for who goes through its events in order. */
export class SegmentDigests {
  #digest: Hash = createHash('sha256');
  #edge: Buffer[] = [];
  #isWhole = false;

  private constructor(
    private readonly table: string,
    private readonly rows: Row[],
  ) {}

  static async read(pool: Pool, { segment }: LogTables, shardId: number): Promise<SegmentDigests | undefined> {
    if (segment === null) return undefined;
    const { rows } = await pool.query<Row>({
      text: `SELECT to_char(from_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS from_at, first_position AS first, next_position AS next,
                    leaves_digest AS leaves, edge_leaves AS edge
               FROM ${segment}
              WHERE shard_id = $1 AND dropped_at IS NULL AND next_position > first_position
              ORDER BY first_position`,
      values: [shardId],
      types: rowTypes,
    });
    return new SegmentDigests(segment, rows);
  }

  /** The next event; undefined unless a week ends with it that is not what was noted. */
  add({ position, leaf }: ScannedEvent): Unlike | undefined {
    // Of one that lies before where we began, or overlaps another, nothing can be said.
    while ((this.rows[0]?.next ?? Number.POSITIVE_INFINITY) <= position) this.rows.shift();
    if (position % TILE_WIDTH === 0) this.#edge = [];
    this.#edge.push(leaf);
    const [row] = this.rows;
    if (!row || position < row.first) return undefined;
    if (position === row.first) {
      this.#digest = createHash('sha256');
      this.#isWhole = true;
    }
    this.#digest.update(leaf);
    if (position + 1 < row.next) return undefined;
    this.rows.shift();
    const isWhole = this.#isWhole;
    this.#isWhole = false;
    return isWhole ? this.#compare(row) : undefined;
  }

  #compare({ from_at, first, next, leaves, edge }: Row): Unlike | undefined {
    const note = (column: string): Unlike => ({
      where: `${this.table} ${from_at}`,
      from: first,
      to: next,
      says: `${column} is not that of the events`,
    });
    if (!this.#digest.digest().equals(leaves)) return note('leaves_digest');
    // From the last multiple of 256 up to where the week ends: what lies before the first week of a log that was imported is not at hand.
    const isKnown = this.#edge.length === next % TILE_WIDTH || next % TILE_WIDTH === 0;
    const kept = next % TILE_WIDTH === 0 ? Buffer.alloc(0) : Buffer.concat(this.#edge);
    return isKnown && !kept.equals(edge) ? note('edge_leaves') : undefined;
  }
}
