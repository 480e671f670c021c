import { isAuditError, rowTypes, type Pool } from '#libs/platform';

import type { LogName } from '../event.js';
import { loadTree } from '../load-tree.js';
import { tablesOf, type LogTables } from '../log-tables.js';
import { hashesOf, MerkleTree, TILE_WIDTH, type Tile } from '../merkle/merkle-tree.js';
import { Claims, type Witnessed } from './claims.js';
import { scanLog, type ScannedEvent } from './scan-log.js';
import { SegmentDigests } from './segment-digests.js';
import type { Verifier } from './signed-note.js';
import { StoredTiles } from './stored-tiles.js';
import { tilesBelow } from './tiles-below.js';
import { droppedSpans, erasedPositions, type DroppedSpan } from './told-losses.js';

/** Something in the database, or in what was published, that does not agree with the rest. */
export type Disagreement = Readonly<{
  where: string;
  /** Positions that it concerns: from, and up to, without, `to`. */
  from: number;
  to: number;
  says: string;
}>;

export type VerifyChoice = Readonly<{
  connection: Pool;
  log?: LogName;
  shardId: number;
  verifiers: readonly Verifier[];
  /** Checkpoints from outside of the database. */
  witnessed?: readonly Witnessed[];
}>;

/** `from`: the position from which on the log was computed anew; what was before it was dropped by retention, as its acts say. */
export type Verdict = Readonly<{
  from: number;
  size: number;
  checkpoints: number;
  disagreements: readonly Disagreement[];
}>;

/** More are no help to anybody. */
const MOST = 1_000;

/**
 * Computes a log anew from its rows, and compares that with every tile, every stored checkpoint, and every one from elsewhere. What
 * does not agree is named with the positions that it concerns. Of a log whose oldest events were dropped, the rest is computed upon the
 * hashes that they left, which every later checkpoint holds; that they were dropped must stand in the acts, and so must every erasure.
 */
export async function verifyLog(choice: VerifyChoice): Promise<Verdict> {
  return new Verification(choice).run();
}

type Head = Readonly<{ size: number; first: number; recordedAt: string }>;
/** What a head says before the first event. */
const begun = '1970-01-01T00:00:00.000000Z';

type Note = { -readonly [Field in keyof Disagreement]: Disagreement[Field] };

class Verification {
  readonly #tables: LogTables;
  readonly #disagreements: Note[] = [];
  readonly #tiles: StoredTiles;
  readonly #claims: Claims;
  /** What the rows come to; and what they came to when the last tile was complete. */
  #tree = MerkleTree.empty;
  #complete = MerkleTree.empty;
  /** Where rows and a tile of leaves say different things: what it comes to if the tile is right. The next checkpoint decides. */
  #byTiles: MerkleTree | undefined;
  /** Of these it will say whether it is the event or its tile. */
  #undecided: Note[] = [];
  /** Up to where a checkpoint agreed; where none did yet, what the dropped events left, up to `#first`, may be what is wrong. */
  #agreed = 0;
  #first = 0;
  #erased: ReadonlySet<number> = new Set();
  #dropped: readonly DroppedSpan[] = [];
  #segments: SegmentDigests | undefined;
  #last = '';

  constructor(private readonly choice: VerifyChoice) {
    const { connection, shardId, log = 'event' } = choice;
    this.#tables = tablesOf(log);
    this.#tiles = new StoredTiles(connection, this.#tables, shardId);
    this.#claims = new Claims(choice, this.#tables);
  }

  async run(): Promise<Verdict> {
    const { connection, shardId } = this.choice;
    const { size, first, recordedAt } = await this.#head();
    for (const { where, from, to, says } of await this.#claims.read(size)) this.#note(where, from, to, says);
    const verdict = { from: first, size, checkpoints: this.#claims.count, disagreements: this.#disagreements };
    if (first > 0) await this.#beginAt(first);
    if (this.#tree.size < first) return verdict;
    this.#segments = await SegmentDigests.read(connection, this.#tables, shardId);
    this.#erased = await erasedPositions(this.choice);
    for await (const events of scanLog(connection, this.#tables, shardId, { from: first, to: size }))
      if (!(await this.#take(events))) break;
    if (this.#tree.size === size) this.#checkHead({ size, first, recordedAt });
    else this.#note(this.#tables.log, this.#tree.size, size, 'events are missing: what follows cannot be proved');
    this.#checkClaims();
    await this.#beyond(size);
    for (const claim of this.#claims.rest())
      this.#note(claim.where, size, claim.size, 'speaks of events that are not there');
    return verdict;
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
    this.#dropped = await droppedSpans(this.choice);
    const begins = Math.max(0, ...this.#dropped.filter(({ act }) => act === 'SegmentImported').map(({ to }) => to));
    for (const { where, from, to, says } of await tilesBelow({
      pool: connection,
      tables: this.#tables,
      shardId,
      begins,
      horizon: first,
    }))
      this.#note(where, from, to, says);
    let told = 0;
    for (const { from, to } of this.#dropped) if (from <= told) told = Math.max(told, to);
    if (told < first) this.#note(this.#tables.log, told, first, 'events were dropped, and no act says so');
    this.#first = first;
    this.#complete = this.#tree;
    // What was signed of the dropped events alone cannot be computed any more; it is the later ones that hold them.
    this.#claims.forgetBelow(first);
  }

  /** Up to each checkpoint and each complete tile in turn, so that the first that does not agree says where. False where events are missing. */
  async #take(events: readonly ScannedEvent[]): Promise<boolean> {
    const start = this.#tree.size;
    const missing = events.findIndex(({ position }, nth) => position !== start + nth);
    const there = missing < 0 ? events : events.slice(0, missing);
    for (const event of there) {
      this.#checkColumns(event);
      this.#checkSegment(event);
    }
    for (let at = 0; at < there.length;) {
      const tileEnd = this.#tree.size - (this.#tree.size % TILE_WIDTH) + TILE_WIDTH;
      const next = Math.min(there.length, Math.min(this.#claims.nextSize, tileEnd) - start);
      const leaves = there.slice(at, next).map(({ leaf }) => leaf);
      const grown = this.#tree.append(leaves);
      const byTiles = this.#byTiles?.append(leaves);
      this.#tree = grown.tree;
      this.#byTiles = byTiles?.tree;
      if (grown.tiles.length > 0) await this.#checkTiles(grown.tiles, byTiles?.tiles);
      this.#checkClaims();
      at = next;
    }
    return missing < 0;
  }

  #checkColumns({ position, recordedAt, has }: ScannedEvent): void {
    const note = (says: string) => this.#note(this.#tables.log, position, position + 1, says);
    if (recordedAt < this.#last) note('recorded_at is earlier than that of the event before');
    this.#last = recordedAt;
    if (has.body) {
      // With it the leaf would be that of the digest, whatever the body says.
      if (has.digest) note('body_digest is there, and so is the body that it stands for');
      if (!has.salt) note('the salt is gone, and the body is not');
      return;
    }
    if (!this.#erased.has(position)) note('the body is gone, and no act says that it was erased');
    if (!has.digest) note('the body is gone, and no digest of it was kept');
    if (has.salt) note('the salt is there, and the body is gone');
  }

  /** Where events of the week were changed, that is what is told. */
  #checkSegment(event: ScannedEvent): void {
    const unlike = this.#segments?.add(event);
    if (!unlike) return;
    const { where, from, to, says } = unlike;
    if (!this.#disagreements.some((one) => one.from < to && one.to > from)) this.#note(where, from, to, says);
  }

  /** @param byTiles the same tiles as the stored leaves make them, where those are others than the rows' */
  async #checkTiles(tiles: readonly Tile[], byTiles: readonly Tile[] | undefined): Promise<void> {
    for (const [nth, { level, index, hashes }] of tiles.entries()) {
      const stored = await this.#tiles.get(level, index);
      if (level === 0) this.#checkLeaves(index, hashes, stored);
      else this.#checkNodes({ level, index, hashes }, this.#byTiles ? byTiles?.[nth]?.hashes : undefined, stored);
    }
    this.#complete = this.#byTiles ?? this.#tree;
  }

  #checkLeaves(index: number, hashes: Buffer, stored: Buffer | undefined): void {
    const start = index * TILE_WIDTH;
    if (!stored) {
      this.#note(`${this.#tables.tile} 0/${index}`, start, start + TILE_WIDTH, 'the tile is missing');
      return;
    }
    if (stored.equals(hashes)) return;
    for (let at = 0; at < TILE_WIDTH; at += 1) {
      if (isSame(stored, hashes, at)) continue;
      const where = `${this.#tables.log} or ${this.#tables.tile} 0/${index}`;
      const note = this.#note(where, start + at, start + at + 1, 'the event does not agree with its leaf');
      if (note) this.#undecided.push(note);
    }
    if (this.#complete.size === start) this.#byTiles = this.#complete.append(hashesOf(stored)).tree;
  }

  #checkNodes({ level, index, hashes }: Tile, byTiles: Buffer | undefined, stored: Buffer | undefined): void {
    const where = `${this.#tables.tile} ${level}/${index}`;
    const width = TILE_WIDTH ** level;
    const start = index * TILE_WIDTH * width;
    if (!stored) {
      this.#note(where, start, start + TILE_WIDTH * width, 'the tile is missing');
      return;
    }
    for (let at = 0; at < TILE_WIDTH; at += 1) {
      if (isSame(stored, hashes, at) || (byTiles && isSame(stored, byTiles, at))) continue;
      const from = start + at * width;
      this.#note(where, from, from + width, 'the hash does not agree with what is below it');
    }
  }

  #checkClaims(): void {
    for (const claim of this.#claims.upTo(this.#tree.size)) {
      const root = claim.size === this.#tree.size ? this.#tree.root() : undefined;
      if (root?.equals(claim.root)) this.#decide(claim.size, 'rows');
      else if (root && this.#byTiles?.root().equals(claim.root)) this.#decide(claim.size, 'tiles');
      else this.#noteClaim(claim);
    }
  }

  #noteClaim({ where, size }: Readonly<{ where: string; size: number }>): void {
    const left = 'what the dropped events left';
    if (this.#agreed >= this.#first)
      this.#note(where, this.#agreed, size, 'the events do not agree with the checkpoint');
    else if (size === this.#first)
      this.#note(`${where} or ${this.#tables.tile}`, 0, size, `${left} does not agree with the checkpoint`);
    else
      this.#note(
        `${where} or ${this.#tables.tile}`,
        0,
        size,
        `the events, or ${left}, do not agree with the checkpoint`,
      );
  }

  /** A checkpoint holds what the rows say, or what the tiles say: the other is what was changed. What follows is computed upon what is right. */
  #decide(size: number, right: 'rows' | 'tiles'): void {
    this.#agreed = size;
    for (const note of this.#undecided) {
      const [log, tile] = note.where.split(' or ');
      note.where = (right === 'rows' ? tile : log) ?? note.where;
      if (right === 'rows') note.says = 'the hash is not that of the event';
    }
    this.#undecided = [];
    if (right === 'tiles' && this.#byTiles) this.#tree = this.#byTiles;
    this.#byTiles = undefined;
  }

  /** Other than for who trusts it: its time is read as text, for it may be none. */
  async #head(): Promise<Head> {
    const { rows } = await this.choice.connection.query<Head>({
      text: `SELECT size, first_position AS first,
                    coalesce(to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '') AS "recordedAt"
               FROM ${this.#tables.head}
              WHERE shard_id = $1`,
      values: [this.choice.shardId],
      types: rowTypes,
    });
    // A log without a head was never begun; if it was, its events are there, and no head knows of them.
    return rows[0] ?? { size: 0, first: 0, recordedAt: begun };
  }

  /** What the head says of the last event: where all were dropped, the act that says so has its time. */
  #checkHead({ size, first, recordedAt }: Head): void {
    const isGone = first > 0 && first === size;
    const gone = this.#dropped.find(({ act, to }) => isGone && act === 'SegmentDropped' && to === size);
    const last = size === 0 ? begun : (gone?.lastAt ?? this.#last);
    // An earlier version told of the week alone.
    const isSo =
      isGone && gone?.lastAt === null ? gone.fromAt <= recordedAt && recordedAt < gone.toAt : recordedAt === last;
    if (!isSo) this.#note(this.#tables.head, Math.max(size - 1, 0), size, 'recorded_at is not that of the last event');
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

  /** Undefined where there are too many already. */
  #note(where: string, from: number, to: number, says: string): Note | undefined {
    if (this.#disagreements.length >= MOST) return undefined;
    const note: Note = { where, from, to, says };
    this.#disagreements.push(note);
    return note;
  }
}

const isSame = (some: Buffer, others: Buffer, nth: number): boolean =>
  some.compare(others, nth * 32, nth * 32 + 32, nth * 32, nth * 32 + 32) === 0;
