import { setTimeout as sleep } from 'node:timers/promises';

import {
  AuditError,
  errorCode,
  isConnectionError,
  rowTypes,
  silentLogger,
  type Logger,
  type Pool,
} from '#libs/platform';

import { appendTransaction } from './append-transaction.js';
import { toBatch, type Batch } from './batch.js';
import type { Appended, LogName, MovedWatchPosition, NewEvent, WatchPosition } from './event.js';
import type { Feed } from './feed.js';
import { Checkpointer, type Sealing } from './ledger/checkpointer.js';
import { loadTree } from './load-tree.js';
import { tablesOf, type LogTables } from './log-tables.js';
import type { MerkleTree } from './merkle/merkle-tree.js';
import { microsecondsNow, toTimestampText } from './microseconds.js';
import { Partitions } from './partitions.js';
import { Shards } from './shards.js';
import { readWatchPositions } from './watch-positions.js';

/** What a writer may be told. */
export type WriterOptions = Readonly<{
  /** Which log; observations unless told. */
  log?: LogName;
  /** Told of each append once it is durable. */
  feed?: Feed;
  logger?: Logger;
  /** Microseconds since 1970. */
  now?: () => number;
  /** What the log is sealed with while this writer holds it; without it, it is not sealed. */
  sealing?: Sealing;
}>;

type Held = Readonly<{ epoch: number; watchEpoch: number; tree: MerkleTree; recordedAtMicroseconds: number }>;
type HeadRow = Readonly<{ epoch: number; size: number; watch_epoch: number; microseconds: number }>;
type Fate = 'stored' | 'not stored' | 'fenced';

/** Failures that pass: of the connection, of resources, of a lock waited for too long, of a deadlock. */
const PASSING = /^(53|40|55P03|57014|25P0[34])/u;
const FENCED = 'IL001';
/** What lies before a time was sealed while this writer's clock was behind it. */
const SEALED = 'IL003';

/**
 * The only code that writes a log. It holds its shard from `open` on, until another writer takes it: from then on every
 * append is refused, whatever the clocks say.
 */
export class EventWriter {
  readonly #tables: LogTables;
  readonly #logger: Logger;
  readonly #partitions: Partitions;
  readonly #ending = new AbortController();
  #checkpointer: Checkpointer | undefined;
  #isFenced = false;
  /** Appends follow each other; this is the end of the last one. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly pool: Pool,
    readonly shardId: number,
    private held: Held,
    private readonly options: WriterOptions,
  ) {
    this.#tables = tablesOf(options.log ?? 'event');
    this.#logger = (options.logger ?? silentLogger).child({ component: 'event-writer', shard: shardId });
    this.#partitions = new Partitions(pool, this.#tables.log);
  }

  /**
   * Takes the shard, which fences whoever held it, and learns where its log ends.
   *
   * @throws AuditError `shard-unknown`, `shard-closed` for observations, `log-has-hole` when rows were removed behind our back, or, with `sealing`, `log-forked` when
   *   the log is not what was signed of it
   */
  static async open(pool: Pool, shardId: number, options: WriterOptions = {}): Promise<EventWriter> {
    const tables = tablesOf(options.log ?? 'event');
    if (tables.log === 'act_event') await makeActHead(pool, shardId);
    const { rows } = await pool.query<HeadRow>({
      text: `UPDATE ${tables.head} SET epoch = epoch + 1 WHERE shard_id = $1 RETURNING ${HEAD_COLUMNS}`,
      values: [shardId],
      types: rowTypes,
    });
    const head = rows[0];
    if (!head) throw new AuditError('shard-unknown', `There is no shard ${shardId}.`);
    if (tables.log === 'event') await assertOpen(pool, shardId);
    const tree = await loadTree(pool, tables, shardId, head.size);
    const held = { epoch: head.epoch, watchEpoch: head.watch_epoch, tree, recordedAtMicroseconds: head.microseconds };
    const writer = new EventWriter(pool, shardId, held, options);
    await writer.#partitions.ensure(writer.#now());
    await writer.#sealWith(options.sealing);
    return writer;
  }

  /** Number of events in the log; the next position. */
  get size(): number {
    return this.held.tree.size;
  }

  /** Rises when a server's resourceVersions went back: they are compared only within one. */
  get watchEpoch(): number {
    return this.held.watchEpoch;
  }

  /** What is durable at this moment: how many events, and the Merkle tree hash over them. */
  sealed(): Readonly<{ size: number; root: Buffer }> {
    const { tree } = this.held;
    return { size: tree.size, root: tree.root() };
  }

  /**
   * Appends all of `events` and moves `positions`, or does neither. While the database is away it waits and tries again
   * with the same bytes; a commit whose answer was lost is looked up, so that nothing is stored twice. Appends are done in
   * the order in which they were asked for.
   *
   * @throws AuditError `writer-fenced` when another writer took the shard, `event-invalid` when one cannot be stored
   */
  append(events: readonly NewEvent[], positions: readonly WatchPosition[] = []): Promise<Appended> {
    return this.#inTurn(() => this.#append(events, positions));
  }

  /** Where the watches of this shard stand. */
  watchPositions(): Promise<readonly MovedWatchPosition[]> {
    return readWatchPositions(this.pool, this.shardId);
  }

  /**
   * Begins another watch epoch, because a server's resourceVersions went back.
   *
   * @returns the new epoch
   * @throws AuditError `writer-fenced`
   */
  raiseWatchEpoch(): Promise<number> {
    return this.#inTurn(async () => {
      const { rows } = await this.pool.query<HeadRow>({
        text: `UPDATE ${this.#tables.head}
                  SET watch_epoch = watch_epoch + 1
                WHERE shard_id = $1 AND epoch = $2
            RETURNING ${HEAD_COLUMNS}`,
        values: [this.shardId, this.held.epoch],
        types: rowTypes,
      });
      if (!rows[0]) throw this.#fenced();
      this.held = { ...this.held, watchEpoch: rows[0].watch_epoch };
      return rows[0].watch_epoch;
    });
  }

  /** Lets the append that runs come to its end, unless it waits for a database that is away; later ones are refused. What is durable is sealed. */
  async close(): Promise<void> {
    this.#ending.abort(new AuditError('not-ready', `The writer of shard ${this.shardId} was closed.`));
    await this.#turn.catch(() => undefined);
    await this.#checkpointer?.close();
  }

  async #sealWith(sealing: Sealing | undefined): Promise<void> {
    if (!sealing) return;
    const { pool, shardId, options } = this;
    const { log, logger } = options;
    const needs = { pool, shardId, writer: this, sealing, ...(log && { log }), ...(logger && { logger }) };
    this.#checkpointer = await Checkpointer.open(needs);
    this.#checkpointer.start();
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(() => {
      this.#ending.signal.throwIfAborted();
      return work();
    });
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #append(events: readonly NewEvent[], positions: readonly WatchPosition[]): Promise<Appended> {
    const batch = await this.#storeAfterSeal(events, positions);
    this.held = { ...this.held, tree: batch.tree, recordedAtMicroseconds: batch.recordedAtMicroseconds };
    if (events.length > 0)
      this.options.feed?.publish({ log: this.#tables.log, shardId: this.shardId, size: batch.next });
    return { first: batch.first, next: batch.next, recordedAt: batch.recordedAt };
  }

  /** Stores them now, or, where the time of this clock is sealed already, at the end of what is. */
  async #storeAfterSeal(events: readonly NewEvent[], positions: readonly WatchPosition[]): Promise<Batch> {
    for (;;) {
      const recordedAtMicroseconds = events.length > 0 ? this.#now() : this.held.recordedAtMicroseconds;
      const batch = toBatch(events, { shardId: this.shardId, tree: this.held.tree, recordedAtMicroseconds });
      try {
        await this.#store(batch, positions);
        return batch;
      } catch (error) {
        if (errorCode(error) !== SEALED) throw error;
        const { rows } = await this.pool.query<HeadRow>({
          text: `SELECT ${HEAD_COLUMNS} FROM ${this.#tables.head} WHERE shard_id = $1`,
          values: [this.shardId],
          types: rowTypes,
        });
        const sealed = rows[0]?.microseconds ?? 0;
        if (sealed <= recordedAtMicroseconds) throw error;
        this.held = { ...this.held, recordedAtMicroseconds: sealed };
      }
    }
  }

  /** Never before what was recorded last: a clock that is set back must not turn the order round. */
  #now(): number {
    return Math.max((this.options.now ?? microsecondsNow)(), this.held.recordedAtMicroseconds);
  }

  async #store(batch: Batch, positions: readonly WatchPosition[]): Promise<void> {
    for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 2, 5_000)) {
      try {
        await this.#partitions.ensure(batch.recordedAtMicroseconds);
        return await this.#attempt(batch, positions);
      } catch (error) {
        if (errorCode(error) === FENCED) throw this.#fenced(error);
        if (!isPassing(error)) throw refusal(error);
        this.#logger.warn({ error, retryInMs: pauseMs }, 'append failed');
      }
      await sleep(pauseMs, undefined, { signal: this.#ending.signal });
      const fate = await this.#fateOf(batch);
      if (fate === 'stored') return;
      if (fate === 'fenced') throw this.#fenced();
    }
  }

  async #attempt(batch: Batch, positions: readonly WatchPosition[]): Promise<void> {
    const client = await this.pool.connect();
    try {
      const { shardId, held } = this;
      const movedAt = toTimestampText(this.#now());
      await appendTransaction(client, batch, { tables: this.#tables, shardId, epoch: held.epoch, positions, movedAt });
      client.release();
    } catch (error) {
      // The connection is given up rather than rolled back: whatever it was in the middle of ends with it.
      client.release(true);
      throw error;
    }
  }

  /**
   * What became of an append whose answer was lost. Asked with the head's lock, which the append may still hold: without
   * waiting for it, "not stored" could turn out wrong a moment later.
   */
  async #fateOf(batch: Batch): Promise<Fate> {
    for (let pauseMs = 100; ; pauseMs = Math.min(pauseMs * 2, 5_000)) {
      try {
        const { rows } = await this.pool.query<HeadRow>({
          text: `SELECT ${HEAD_COLUMNS} FROM ${this.#tables.head} WHERE shard_id = $1 FOR UPDATE`,
          values: [this.shardId],
          types: rowTypes,
        });
        const head = rows[0];
        if (head?.epoch !== this.held.epoch) return 'fenced';
        // An append of positions alone leaves the size: it is done again, to the same end.
        if (head.size === batch.first) return 'not stored';
        return head.size === batch.next ? 'stored' : 'fenced';
      } catch (error) {
        if (!isPassing(error)) throw error;
        this.#logger.warn({ error, retryInMs: pauseMs }, 'head was not readable');
      }
      await sleep(pauseMs, undefined, { signal: this.#ending.signal });
    }
  }

  #fenced(cause?: unknown): AuditError {
    if (!this.#isFenced) this.options.sealing?.fenced?.(this.#tables.log);
    this.#isFenced = true;
    return new AuditError('writer-fenced', `Another writer took shard ${this.shardId}.`, {
      cause,
      remedy: 'Let that one write; this one must be opened again to go on.',
    });
  }
}

/** `microseconds`: before that nothing is recorded any more. */
const HEAD_COLUMNS =
  'epoch, size, watch_epoch, (extract(epoch FROM greatest(recorded_at, sealed_until)) * 1000000)::bigint AS microseconds';

function isPassing(error: unknown): boolean {
  return isConnectionError(error) || PASSING.test(errorCode(error) ?? '');
}

/** Class 22 is what PostgreSQL says of values that it cannot read: the batch's own fault. */
function refusal(error: unknown): unknown {
  if (!errorCode(error)?.startsWith('22')) return error;
  const said = error instanceof Error ? error.message : String(error);
  return new AuditError('event-invalid', `An event cannot be stored: ${said}.`, { cause: error });
}

/** Asked once the shard is ours: whoever closes it later fences us. */
async function assertOpen(pool: Pool, shardId: number): Promise<void> {
  if ((await new Shards(pool).closedAt(shardId)) === null) return;
  throw new AuditError(
    'shard-closed',
    `Shard ${shardId} was closed: its cluster is recorded in another number of slices.`,
    {
      remedy: 'Start this recorder with the same number of slices (--slice) as the others, or stop it.',
    },
  );
}

async function makeActHead(pool: Pool, shardId: number): Promise<void> {
  await pool.query(
    `INSERT INTO act_head (shard_id, epoch, size, recorded_at)
     SELECT shard_id, 0, 0, 'epoch' FROM shard WHERE shard_id = $1
     ON CONFLICT DO NOTHING`,
    [shardId],
  );
}
