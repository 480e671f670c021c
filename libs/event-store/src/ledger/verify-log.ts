import { isAuditError, type Pool, type PoolClient } from '#libs/platform';

import type { LogName } from '../event.js';
import { EventReader } from '../event-reader.js';
import { loadTree } from '../load-tree.js';
import { tablesOf, type LogTables } from '../log-tables.js';
import { leafHash, MerkleTree, TILE_WIDTH, type Tile } from '../merkle/merkle-tree.js';
import { openCheckpoint } from './checkpoint.js';
import { entryOf, logRows, type LogRow } from './log-rows.js';
import { droppedSpans, erasedPositions } from './told-losses.js';
import type { Verifier } from './signed-note.js';

/** Something in the database, or in what was published, that does not agree with the rest. */
export type Disagreement = Readonly<{
  where: string;
  /** Positions that it concerns: from, and up to, without, `to`. */
  from: number;
  to: number;
  says: string;
}>;

/** A checkpoint from elsewhere: a file, a line of a log, a friend. */
export type Witnessed = Readonly<{ where: string; note: string }>;

export type VerifyChoice = Readonly<{
  connection: Pool | PoolClient;
  log?: LogName;
  shardId: number;
  verifiers: readonly Verifier[];
  /** Checkpoints from outside of the database. */
  witnessed?: readonly Witnessed[];
  /** Told how far it is. */
  progress?: (verified: number, size: number) => void;
}>;

/** `from`: the position from which on the log was computed anew; what was before it was dropped by retention, as its acts say. */
export type Verdict = Readonly<{
  from: number;
  size: number;
  checkpoints: number;
  disagreements: readonly Disagreement[];
}>;

const pageSize = TILE_WIDTH * 16;

/**
 * Computes a log anew from its rows, and compares that with every tile, every stored checkpoint, and every one from elsewhere. What
 * does not agree is named with the positions that it concerns. Of a log whose oldest events were dropped, the rest is computed upon the
 * hashes that they left, which every later checkpoint holds; that they were dropped must stand in the acts, and so must every erasure.
 */
export async function verifyLog(choice: VerifyChoice): Promise<Verdict> {
  return new Verification(choice).run();
}

type Claim = Readonly<{ where: string; size: number; root: Buffer }>;

class Verification {
  readonly #tables: LogTables;
  readonly #disagreements: Disagreement[] = [];
  #tree = MerkleTree.empty;
  #claims: Claim[] = [];
  #agreed = 0;
  #erased: ReadonlySet<number> = new Set();
  #last = '';

  constructor(private readonly choice: VerifyChoice) {
    this.#tables = tablesOf(choice.log ?? 'event');
  }

  async run(): Promise<Verdict> {
    const { connection, shardId, progress } = this.choice;
    // A log without a head was never begun; if it was, its events are there, and no head knows of them.
    const head = await new EventReader(connection, this.#tables.log).head(shardId);
    const { size, firstPosition: first } = head ?? { size: 0, firstPosition: 0 };
    this.#claims = (await this.#allClaims(size)).toSorted((a, b) => a.size - b.size);
    const checkpoints = this.#claims.length;
    if (first > 0) await this.#beginAt(first);
    if (this.#tree.size < first) return { from: first, size, checkpoints, disagreements: this.#disagreements };
    this.#erased = await erasedPositions(this.choice);
    for (let from = first; from < size; from += pageSize) {
      const to = Math.min(size, from + pageSize);
      const rows = await logRows(connection, this.#tables, shardId, { from, to });
      await this.#take(rows, from, to);
      if (this.#tree.size < to) break;
      progress?.(to, size);
    }
    this.#checkClaims(this.#tree);
    await this.#beyond(size);
    for (const claim of this.#claims) this.#note(claim.where, size, claim.size, 'speaks of events that are not there');
    return { from: first, size, checkpoints, disagreements: this.#disagreements };
  }

  /** Goes on from what the dropped events left, and looks whether the acts say that they went. */
  async #beginAt(first: number): Promise<void> {
    const { connection, shardId } = this.choice;
    try {
      this.#tree = await loadTree(connection, this.#tables, shardId, first);
    } catch (error) {
      if (!isAuditError(error, 'log-has-hole')) throw error;
      this.#note(this.#tables.tile, 0, first, `what the dropped events left is not whole: ${error.message}`);
      return;
    }
    let told = 0;
    for (const { from, to } of await droppedSpans(this.choice)) if (from <= told) told = Math.max(told, to);
    if (told < first) this.#note(this.#tables.log, told, first, 'events were dropped, and no act says so');
    this.#agreed = first;
    // What was signed of the dropped events alone cannot be computed any more; it is the later ones that hold them.
    this.#claims = this.#claims.filter((claim) => claim.size >= first);
  }

  /** Up to each checkpoint in turn, so that the first that does not agree says where. */
  async #take(rows: readonly LogRow[], from: number, to: number): Promise<void> {
    const leaves: Buffer[] = [];
    for (const [nth, row] of rows.entries()) {
      if (row.position !== from + nth) break;
      if (row.recorded_at < this.#last)
        this.#note(
          this.#tables.log,
          row.position,
          row.position + 1,
          'recorded_at is earlier than that of the event before',
        );
      this.#last = row.recorded_at;
      if (row.body === null && !this.#erased.has(row.position))
        this.#note(
          this.#tables.log,
          row.position,
          row.position + 1,
          'the body is gone, and no act says that it was erased',
        );
      if (row.body === null && row.body_digest === null)
        this.#note(this.#tables.log, row.position, row.position + 1, 'the body is gone, and no digest of it was kept');
      leaves.push(leafHash(entryOf(row)));
    }
    const tiles: Tile[] = [];
    for (let at = 0; at < leaves.length;) {
      const next = Math.min(leaves.length, (this.#claims[0]?.size ?? Number.POSITIVE_INFINITY) - from);
      const grown = this.#tree.append(leaves.slice(at, next));
      this.#tree = grown.tree;
      tiles.push(...grown.tiles);
      this.#checkClaims(this.#tree);
      at = next;
    }
    await this.#checkTiles(tiles);
    if (leaves.length < to - from)
      this.#note(this.#tables.log, from + leaves.length, to, 'events are missing: what follows cannot be proved');
  }

  async #checkTiles(tiles: readonly Tile[]): Promise<void> {
    const { connection, shardId } = this.choice;
    for (const { level, index, hashes } of tiles) {
      const { rows } = await connection.query<{ hashes: Buffer }>(
        `SELECT hashes FROM ${this.#tables.tile} WHERE shard_id = $1 AND level = $2 AND index = $3`,
        [shardId, level, index],
      );
      const width = TILE_WIDTH ** level;
      const start = index * TILE_WIDTH * width;
      const stored = rows[0]?.hashes;
      if (!stored) {
        this.#note(`${this.#tables.tile} ${level}/${index}`, start, start + TILE_WIDTH * width, 'the tile is missing');
        continue;
      }
      for (let at = 0; at < TILE_WIDTH; at += 1) {
        if (stored.subarray(at * 32, at * 32 + 32).equals(hashes.subarray(at * 32, at * 32 + 32))) continue;
        const [from, to] = [start + at * width, start + (at + 1) * width];
        const where =
          level === 0
            ? `${this.#tables.log} or ${this.#tables.tile} 0/${index}`
            : `${this.#tables.tile} ${level}/${index}`;
        this.#note(
          where,
          from,
          to,
          level === 0 ? 'the event does not agree with its leaf' : 'the hash does not agree with what is below it',
        );
      }
    }
  }

  #checkClaims(tree: MerkleTree): void {
    while (this.#claims[0] !== undefined && this.#claims[0].size <= tree.size) {
      const claim = this.#claims.shift() as Claim;
      if (claim.size === tree.size && claim.root.equals(tree.root())) this.#agreed = claim.size;
      else this.#note(claim.where, this.#agreed, claim.size, 'the events do not agree with the checkpoint');
    }
  }

  /** Rows and tiles that the head does not know of. */
  async #beyond(size: number): Promise<void> {
    const { connection, shardId } = this.choice;
    const outside = await connection.query<{ position: string }>(
      `SELECT position FROM ${this.#tables.log} WHERE shard_id = $1 AND (position >= $2 OR position < 0) ORDER BY position LIMIT 100`,
      [shardId, size],
    );
    for (const { position } of outside.rows)
      this.#note(
        `${this.#tables.head} or ${this.#tables.log}`,
        Number(position),
        Number(position) + 1,
        'the head does not know this event',
      );
    const tiles = await connection.query<{ level: number; index: string }>(
      `SELECT level, index FROM ${this.#tables.tile} WHERE shard_id = $1 AND (level < 0 OR level > 7 OR index < 0 OR (index + 1) * power(${TILE_WIDTH}::numeric, least(greatest(level, 0), 7) + 1) > $2) LIMIT 100`,
      [shardId, size],
    );
    for (const { level, index } of tiles.rows)
      this.#note(`${this.#tables.tile} ${level}/${index}`, size, size, 'the tile is of events that are not there');
  }

  async #allClaims(size: number): Promise<readonly Claim[]> {
    const { connection, shardId, witnessed = [] } = this.choice;
    const { rows } = await connection.query<{ size: string; root: Buffer; note: string }>(
      `SELECT size, root, note FROM ${this.#tables.checkpoint} WHERE shard_id = $1 ORDER BY size`,
      [shardId],
    );
    const claims: Claim[] = [];
    for (const row of rows) {
      const where = `${this.#tables.checkpoint} ${row.size}`;
      const opened = openCheckpoint(row.note, this.choice.verifiers);
      if (!opened) this.#note(where, 0, Math.min(size, Number(row.size)), 'no key of ours signed the note');
      else if (opened.size !== Number(row.size) || !opened.root.equals(row.root))
        this.#note(where, 0, Math.min(size, Number(row.size)), 'size or root are not those of the note');
      if (opened) claims.push({ where, ...opened });
    }
    for (const { where, note } of witnessed) {
      const opened = openCheckpoint(note, this.choice.verifiers);
      if (opened) claims.push({ where, ...opened });
      else this.#note(where, 0, size, 'no key of ours signed the note');
    }
    return claims;
  }

  #note(where: string, from: number, to: number, says: string): void {
    if (this.#disagreements.length < 1_000) this.#disagreements.push({ where, from, to, says });
  }
}
