import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import type { BrokenRow, Pool, PoolClient } from '#libs/platform';
import { REDUCER } from '../reducing/index.js';
import type { Piece } from './pieces.js';

/** Of which recorder a state is: one that watches otherwise has no use for it. */
export type KeptOf = Readonly<{
  shardId: number;
  /** Empty: all namespaces. */
  namespaces: readonly string[];
  logTails: boolean;
}>;

/** Of which moment of the log a state is: after so many events, of which this was the last. */
export type KeptAt = Readonly<{ size: number; eventId: string; recordedAt: string }>;

/** A state that was found, or why it is of no use. */
export type Found = Readonly<{ at: KeptAt } | { unfit: string }>;

type Head = KeptAt &
  Readonly<{ format: number; reducer: number; namespaces: readonly string[]; logTails: boolean; parts: number }>;

/** Rises when pieces change their shape, or what they mean. */
const format = 1;
/** No piece is larger when it is unpacked. */
const mostBytes = 64 * 1024 * 1024;

const pack = promisify(zstdCompress);
const unpack = promisify(zstdDecompress);

/**
 * What recorders knew at a position of their logs. Disposable: each state names its format and the reducer that made it, the events that
 * are in it, and its own digest, so that one that is damaged, older or newer than this program, or of another log is told from one that fits.
 */
export class KeptStates {
  constructor(private readonly pool: Pool) {}

  /** Keeps a state in place of the one before. Between two pieces others have their turn; when `signal` aborts, the old one stays. */
  async save(of: KeptOf, at: KeptAt, pieces: Iterable<Piece>, signal: AbortSignal): Promise<void> {
    const { shardId, namespaces, logTails } = of;
    const { size, eventId, recordedAt } = at;
    await inTransaction(this.pool, 'BEGIN', async (client) => {
      const digest = createHash('sha256');
      await client.query('DELETE FROM recorder_state WHERE shard_id = $1', [shardId]);
      let parts = 0;
      for (const piece of pieces) {
        signal.throwIfAborted();
        parts += 1;
        const body = await pack(JSON.stringify(piece));
        digest.update(body);
        await insert(client, shardId, parts, body);
      }
      const head: Head = { size, eventId, recordedAt, format, reducer: REDUCER, namespaces, logTails, parts };
      const sealed = { head, digest: digestOf(digest, head) };
      await insert(client, shardId, 0, Buffer.from(JSON.stringify(sealed)));
    });
  }

  /**
   * Hands out the pieces of the state that is kept, and tells of which moment it is; what was handed out is of no use where it is unfit. Undefined:
   * none is kept.
   */
  load(of: KeptOf, take: (piece: Piece, at: KeptAt) => void): Promise<Found | undefined> {
    return inTransaction(this.pool, 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', async (client) => {
      const first = await read(client, of.shardId, 0);
      if (!first) return undefined;
      const sealed = parsed(first);
      const head = sealed?.head;
      const unfit = head ? misfit(head, of) : 'its head is damaged';
      if (!sealed || !head || unfit !== undefined) return { unfit: unfit ?? 'its head is damaged' };
      const digest = createHash('sha256');
      for (let part = 1; part <= head.parts; part += 1) {
        const body = await read(client, of.shardId, part);
        if (!body) return { unfit: `its part ${part} is missing` };
        digest.update(body);
        const error = await handOut(body, (piece) => take(piece, head));
        if (error) return { unfit: `its part ${part} is damaged: ${error.message}` };
      }
      if (digestOf(digest, head) !== sealed.digest) return { unfit: 'its digest is another one' };
      return { at: head };
    });
  }

  /** The shards of which a state is kept, whole or not. */
  async shards(): Promise<readonly number[]> {
    const { rows } = await this.pool.query<{ shard_id: number }>(
      'SELECT DISTINCT shard_id FROM recorder_state ORDER BY 1',
    );
    return rows.map(({ shard_id }) => shard_id);
  }

  /** What is damaged of the state that is kept of a shard; undefined where it is whole, of whichever version, or none is kept. */
  damage(shardId: number): Promise<string | undefined> {
    return inTransaction(this.pool, 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', async (client) => {
      const { rows } = await client.query<{ parts: number; last: number | null }>(
        'SELECT count(*)::int AS parts, max(part) AS last FROM recorder_state WHERE shard_id = $1',
        [shardId],
      );
      const [{ parts, last } = { parts: 0, last: null }] = rows;
      if (last === null) return undefined;
      const first = await read(client, shardId, 0);
      const { head, digest: told } = (first && parsed(first)) ?? {};
      if (!head) return 'its head is damaged';
      if (parts !== last + 1 || last !== head.parts) return 'a part is missing, or has another number';
      const digest = createHash('sha256');
      for (let part = 1; part <= last; part += 1) digest.update((await read(client, shardId, part)) ?? '');
      return digestOf(digest, head) === told ? undefined : 'its digest is another one';
    });
  }
}

/** States of recorders that are not what they wrote, as rows of the table. A recorder throws such a state away by itself. */
export async function damagedStates(pool: Pool): Promise<readonly BrokenRow[]> {
  const states = new KeptStates(pool);
  const damaged: BrokenRow[] = [];
  for (const shardId of await states.shards())
    if ((await states.damage(shardId)) !== undefined)
      damaged.push({ table: 'recorder_state', key: { shard_id: shardId }, columns: ['part', 'body'] });
  return damaged;
}

function misfit(head: Head, { namespaces, logTails }: KeptOf): string | undefined {
  if (head.format !== format) return `its format is ${head.format}, not ${format}`;
  if (head.reducer !== REDUCER) return `reducer ${head.reducer} made it, not ${REDUCER}`;
  if (!sameNames(head.namespaces, namespaces)) return 'other namespaces were watched';
  // Without its ledger of log tails it would have all logs read again; with one that nobody reads it is fine.
  return logTails && !head.logTails ? 'no log tails were recorded' : undefined;
}

const sameNames = (some: readonly string[], others: readonly string[]) =>
  JSON.stringify(some.toSorted()) === JSON.stringify(others.toSorted());

async function handOut(body: Buffer, take: (piece: Piece) => void): Promise<Error | undefined> {
  try {
    take(JSON.parse((await unpack(body, { maxOutputLength: mostBytes })).toString()) as Piece);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function parsed(body: Buffer): Readonly<{ head?: Head; digest?: string }> | undefined {
  try {
    const value = JSON.parse(body.toString()) as Readonly<{ head?: Head; digest?: string }> | null;
    return value ?? undefined;
  } catch {
    return undefined;
  }
}

function digestOf(pieces: Hash, head: Head): string {
  return pieces.update(JSON.stringify(head)).digest('hex');
}

async function read(client: PoolClient, shardId: number, part: number): Promise<Buffer | undefined> {
  const { rows } = await client.query<{ body: Buffer }>(
    'SELECT body FROM recorder_state WHERE shard_id = $1 AND part = $2',
    [shardId, part],
  );
  return rows[0]?.body;
}

async function insert(client: PoolClient, shardId: number, part: number, body: Buffer): Promise<void> {
  await client.query('INSERT INTO recorder_state (shard_id, part, body) VALUES ($1, $2, $3)', [shardId, part, body]);
}

async function inTransaction<Result>(
  pool: Pool,
  begin: string,
  work: (client: PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect();
  try {
    await client.query(begin);
    const result = await work(client);
    await client.query('COMMIT');
    client.release();
    return result;
  } catch (error) {
    // The connection is given up: whatever it was in the middle of ends with it.
    client.release(true);
    throw error;
  }
}
