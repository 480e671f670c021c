import { AuditError, type Pool, type PoolClient } from '#libs/platform';

import type { LogName } from '../event.js';
import { EventReader } from '../event-reader.js';
import { tablesOf, type LogTables } from '../log-tables.js';
import { TILE_WIDTH } from '../merkle/merkle-tree.js';
import { entryOf, logRows } from './log-rows.js';
import { LogTree } from './log-tree.js';
import type { TilePath } from './tile-paths.js';
import { proofText } from './tlog-proof.js';

type Sealed = Readonly<{ size: number; note: string }>;

/** A log as others audit it: its newest checkpoint, the tiles and entries below that (C2SP tlog-tiles), proofs of single events. */
export class Ledger {
  readonly #tables: LogTables;

  /** @param connection a pool, or a client whose transaction everything is read in */
  constructor(
    private readonly connection: Pool | PoolClient,
    log: LogName = 'event',
  ) {
    this.#tables = tablesOf(log);
  }

  /** The newest checkpoint; undefined before the first. */
  async checkpoint(shardId: number): Promise<string | undefined> {
    return (await this.#sealed(shardId))?.note;
  }

  /** The verifier keys under which the log was ever sealed, the oldest first. */
  async keys(shardId: number): Promise<readonly string[]> {
    const { rows } = await this.connection.query<{ vkey: string }>(
      `SELECT vkey FROM ${this.#tables.key} WHERE shard_id = $1 ORDER BY first_at, vkey`,
      [shardId],
    );
    return rows.map(({ vkey }) => vkey);
  }

  /**
   * The minimum index, as tlog-tiles calls it, a multiple of 256: leaves and entries below it are not served any more, because retention
   * dropped what they are of. Everything from it on can be proved; 0 where all is there.
   */
  async minimumIndex(shardId: number): Promise<number> {
    return Math.ceil((await this.#firstPosition(shardId)) / TILE_WIDTH) * TILE_WIDTH;
  }

  /** The bytes of a tile or of a bundle of entries; undefined for one that the newest checkpoint does not cover, or that was dropped. */
  async tile(shardId: number, { level, index, width }: TilePath): Promise<Buffer | undefined> {
    const size = (await this.#sealed(shardId))?.size ?? 0;
    const below = level === 'entries' ? 0 : level;
    const there = Math.floor(size / TILE_WIDTH ** below) - index * TILE_WIDTH;
    if (there < width) return undefined;
    if (below === 0 && index * TILE_WIDTH < (await this.minimumIndex(shardId))) return undefined;
    if (level === 'entries') return this.#entries(shardId, index * TILE_WIDTH, width);
    const tree = await LogTree.at(this.connection, this.#tables, shardId, size);
    return Buffer.concat((await tree.tile(level, index)).slice(0, width));
  }

  /**
   * One event as a `.tlog-proof` file: checkpoint, path, and its entry; with `body`, salt and body as well, of which the entry holds
   * the digest.
   *
   * @throws AuditError `proof-unknown` for an event that no checkpoint covers, or that was dropped
   */
  async proof(shardId: number, position: number, body: boolean): Promise<string> {
    const sealed = await this.#sealed(shardId);
    if (!sealed || position >= sealed.size) throw unsealed(shardId, position);
    const first = await this.#firstPosition(shardId);
    if (position < first) throw dropped(shardId, position, first);
    const [row] = await logRows(this.connection, this.#tables, shardId, { from: position, to: position + 1 });
    if (!row) throw unsealed(shardId, position);
    const tree = await LogTree.at(this.connection, this.#tables, shardId, sealed.size);
    const said = body && row.body !== null ? { salt: row.salt?.toString('hex') ?? '', body: row.body } : {};
    const extra = Buffer.from(JSON.stringify({ entry: entryOf(row), ...said }));
    return proofText({ index: position, path: await tree.inclusion(position), checkpoint: sealed.note, extra });
  }

  async #firstPosition(shardId: number): Promise<number> {
    return (await new EventReader(this.connection, this.#tables.log).head(shardId))?.firstPosition ?? 0;
  }

  async #sealed(shardId: number): Promise<Sealed | undefined> {
    const { rows } = await this.connection.query<{ size: string; note: string }>(
      `SELECT size, note FROM ${this.#tables.checkpoint} WHERE shard_id = $1 ORDER BY size DESC LIMIT 1`,
      [shardId],
    );
    return rows[0] && { size: Number(rows[0].size), note: rows[0].note };
  }

  /** Entries behind their lengths, as big-endian uint16. */
  async #entries(shardId: number, from: number, width: number): Promise<Buffer> {
    const rows = await logRows(this.connection, this.#tables, shardId, { from, to: from + width });
    if (rows.length !== width)
      throw new AuditError('log-has-hole', `The log of shard ${shardId} has no events from ${from + rows.length} on.`, {
        remedy: 'Somebody removed rows behind our back. Restore the database from a backup.',
      });
    return Buffer.concat(
      rows.flatMap((row) => {
        const entry = Buffer.from(entryOf(row));
        const length = Buffer.alloc(2);
        length.writeUInt16BE(entry.length);
        return [length, entry];
      }),
    );
  }
}

const unsealed = (shardId: number, position: number): AuditError =>
  new AuditError('proof-unknown', `No checkpoint covers event ${position} of shard ${shardId}.`, {
    remedy: 'An event is proved once it is sealed, which takes five seconds.',
  });

const dropped = (shardId: number, position: number, first: number): AuditError =>
  new AuditError(
    'proof-unknown',
    `Event ${position} of shard ${shardId} was dropped: what is kept begins at ${first}.`,
    {
      remedy: 'Prove it from the segment that it was exported to, if it was.',
    },
  );
