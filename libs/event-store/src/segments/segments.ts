import { createHash } from 'node:crypto';

import type { QueryConfig } from 'pg';

import { AuditError, rowTypes, type Pool } from '#libs/platform';

import { leavesUpTo } from '../load-tree.js';
import { scanLog } from '../ledger/scan-log.js';
import { tablesOf } from '../log-tables.js';

/** A partition of the observations: those recorded in `[fromAt, toAt)`, RFC 3339. */
export type Partition = Readonly<{ name: string; fromAt: string; toAt: string }>;

/** What one shard has in a partition that is over: positions `[firstPosition, nextPosition)`. */
export type Segment = Readonly<{
  shardId: number;
  fromAt: string;
  toAt: string;
  firstPosition: number;
  nextPosition: number;
  /** SHA-256, hex, of its leaf hashes one after the other. */
  leaves: string;
  /** SHA-256, hex, of the file that it was exported to last. */
  archive: string | null;
  dropPosition: number | null;
  dropped: boolean;
}>;

/** What keeps a partition from being dropped. */
export type Kept = Readonly<{
  /** In words; null where nothing does. */
  keptBecause: string | null;
  /** Whether it is only that the act that says that it goes is not there, or not sealed. */
  awaitsSeal: boolean;
}>;

type SegmentRow = Readonly<{
  shard_id: number;
  from_at: string;
  to_at: string;
  first_position: number;
  next_position: number;
  leaves: string;
  archive: string | null;
  drop_position: number | null;
  dropped: boolean;
}>;

const COLUMNS = `shard_id, from_at, to_at, first_position, next_position, encode(leaves_digest, 'hex') AS leaves,
  encode(archive_digest, 'hex') AS archive, drop_position, dropped_at IS NOT NULL AS dropped`;

/** How long what nobody waits for may take. */
export const HOURS_MS = 4 * 3_600_000;

/** The weeks of the observations, from being sealed to being gone. Works with the rights of the projector. */
export class Segments {
  /** @param owner of the tables, where he is known */
  constructor(
    private readonly pool: Pool,
    private readonly owner?: Pool,
  ) {}

  /** The partitions that are there, the oldest first. */
  async partitions(): Promise<readonly Partition[]> {
    const { rows } = await this.pool.query<{ name: string; from_at: string; to_at: string }>({
      text: `SELECT relname AS name, (partition_bounds(relname)).*
               FROM pg_inherits
               JOIN pg_class ON pg_class.oid = inhrelid
              WHERE inhparent = 'event'::regclass
              ORDER BY from_at`,
      types: rowTypes,
    });
    return rows.map(({ name, from_at, to_at }) => ({ name, fromAt: from_at, toAt: to_at }));
  }

  /** What was sealed of a partition, or of all; shards that had nothing in it have no segment. */
  async list(fromAt?: string): Promise<readonly Segment[]> {
    const { rows } = await this.pool.query<SegmentRow>({
      text: `SELECT ${COLUMNS} FROM segment WHERE from_at = coalesce($1, from_at) ORDER BY from_at, shard_id`,
      values: [fromAt ?? null],
      types: rowTypes,
    });
    return rows.map(toSegment);
  }

  /**
   * Seals a partition for every shard that has passed it: from then on nothing can be recorded into it, and what it holds is known.
   * Doing it again changes nothing.
   *
   * @returns false as long as a shard may still record into it
   */
  async seal({ fromAt, toAt, name }: Partition): Promise<boolean> {
    const { rows } = await this.pool.query<{ shard_id: number; is_over: boolean }>({
      text: 'SELECT shard_id, sealed_until >= $1 OR seal_shard(shard_id, $1) AS is_over FROM shard_head ORDER BY shard_id',
      values: [toAt],
      types: rowTypes,
    });
    if (!rows.every(({ is_over }) => is_over)) return false;
    const known = new Set((await this.list(fromAt)).map(({ shardId }) => shardId));
    const unknown = rows.filter(({ shard_id }) => !known.has(shard_id));
    for (const { shard_id } of unknown) await this.#note(shard_id, { name, fromAt, toAt });
    if (known.size === 0) await this.#freeze(name);
    return true;
  }

  /** What keeps a partition from being dropped. */
  async keptBecause({ fromAt, toAt }: Partition): Promise<Kept> {
    const { rows } = await this.pool.query<{ kept: string | null; awaits_seal: boolean }>(
      'SELECT kept, awaits_seal FROM kept_because($1, $2)',
      [fromAt, toAt],
    );
    return { keptBecause: rows[0]?.kept ?? null, awaitsSeal: rows[0]?.awaits_seal ?? false };
  }

  /** Notes that a partition is older than is kept: its recorders tell what lives in it once more. */
  async noteDue({ fromAt }: Partition): Promise<void> {
    await this.pool.query('UPDATE segment SET due_at = now() WHERE from_at = $1 AND due_at IS NULL', [fromAt]);
  }

  /** Notes which act says that a segment goes. */
  async noteDrop({ shardId, fromAt }: Segment, position: number): Promise<void> {
    await this.pool.query('UPDATE segment SET drop_position = $3 WHERE shard_id = $1 AND from_at = $2', [
      shardId,
      fromAt,
      position,
    ]);
  }

  /** Brings a drop to its end that was broken off after its partition was detached. */
  async finishDrops(): Promise<void> {
    const there = new Set((await this.partitions()).map(({ fromAt }) => fromAt));
    const begun = (await this.list()).filter(
      ({ dropped, dropPosition, fromAt }) => !dropped && dropPosition !== null && !there.has(fromAt),
    );
    for (const fromAt of new Set(begun.map((segment) => segment.fromAt)))
      await this.pool.query('SELECT note_dropped($1)', [fromAt]);
  }

  /** When the last event of a segment that is still there was recorded, RFC 3339. */
  async lastAt({ shardId, nextPosition }: Pick<Segment, 'shardId' | 'nextPosition'>): Promise<string> {
    const { rows } = await this.pool.query<{ recorded_at: string }>({
      text: 'SELECT recorded_at FROM event WHERE shard_id = $1 AND position = $2',
      values: [shardId, nextPosition - 1],
      types: rowTypes,
    });
    const [last] = rows;
    if (!last)
      throw new AuditError('log-has-hole', `The log of shard ${shardId} has no event ${nextPosition - 1}.`, {
        remedy: 'Somebody removed rows behind our back. Restore the database from a backup.',
      });
    return last.recorded_at;
  }

  /** Notes to what a segment was exported. */
  async noteArchive({ shardId, fromAt }: Pick<Segment, 'shardId' | 'fromAt'>, digest: string): Promise<void> {
    await this.pool.query(
      `UPDATE segment SET archive_digest = decode($3, 'hex') WHERE shard_id = $1 AND from_at = $2`,
      [shardId, fromAt, digest],
    );
  }

  async #note(shardId: number, { fromAt, toAt }: Partition): Promise<void> {
    const { rows } = await this.pool.query<{ first: number | null; last: number | null }>({
      text: `SELECT min(position) AS first, max(position) AS last
               FROM event
              WHERE shard_id = $1 AND recorded_at >= $2 AND recorded_at < $3`,
      values: [shardId, fromAt, toAt],
      types: rowTypes,
    });
    const { first = null, last = null } = rows[0] ?? {};
    if (first === null || last === null) return;
    const next = last + 1;
    const edge = Buffer.concat(await leavesUpTo(this.pool, tablesOf('event'), shardId, next));
    await this.pool.query(
      `INSERT INTO segment (shard_id, from_at, to_at, first_position, next_position, leaves_digest, edge_leaves)
       VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT DO NOTHING`,
      [shardId, fromAt, toAt, first, next, await this.#leavesDigest(shardId, first, next), edge],
    );
  }

  /** Of the rows and not of the tiles: what goes is looked at once more. */
  async #leavesDigest(shardId: number, first: number, next: number): Promise<Buffer> {
    const digest = createHash('sha256');
    for await (const events of scanLog(this.pool, tablesOf('event'), shardId, { from: first, to: next }))
      for (const { leaf } of events) digest.update(leaf);
    return digest.digest();
  }

  /** What never changes again needs no vacuum but this one. Where the owner is not known here, autovacuum comes to it. */
  async #freeze(name: string): Promise<void> {
    if (!this.owner) return;
    const client = await this.owner.connect();
    try {
      await client.query('SET statement_timeout = 0');
      await client.query({ text: `VACUUM (FREEZE, ANALYZE) "${name}"`, query_timeout: HOURS_MS } as QueryConfig);
    } finally {
      client.release(true);
    }
  }
}

const toSegment = (row: SegmentRow): Segment => ({
  shardId: row.shard_id,
  fromAt: row.from_at,
  toAt: row.to_at,
  firstPosition: row.first_position,
  nextPosition: row.next_position,
  leaves: row.leaves,
  archive: row.archive,
  dropPosition: row.drop_position,
  dropped: row.dropped,
});
