import { isAuditError, type Logger, type Pool } from '#libs/platform';

import type { Appended, NewEvent } from '../event.js';
import { EventWriter } from '../event-writer.js';
import type { Sealing } from '../ledger/checkpointer.js';

type Parts = Readonly<{
  /** Of the projector, the author of acts. */
  pool: Pool;
  logger?: Logger;
  /** What the acts are sealed with; without it, they are not. */
  sealing?: Sealing | undefined;
}>;

/**
 * The acts of a process, one writer for each shard, shared by all that record acts in it: two in one process would fence each other.
 * A writer that another process fenced is given up, and the next act takes the shard again.
 */
export class ActWriters {
  readonly #writers = new Map<number, Promise<EventWriter>>();

  constructor(private readonly parts: Parts) {}

  /** @throws AuditError `writer-fenced`: another process wrote acts meanwhile. Whoever still wants to looks again first. */
  async append(shardId: number, acts: readonly NewEvent[]): Promise<Appended> {
    const writer = this.#writers.get(shardId) ?? this.#open(shardId);
    this.#writers.set(shardId, writer);
    try {
      return await (await writer).append(acts);
    } catch (error) {
      if (this.#writers.get(shardId) === writer) this.#writers.delete(shardId);
      if (isAuditError(error, 'writer-fenced')) await (await writer).close();
      throw error;
    }
  }

  /** The same for what has to be recorded whoever writes beside us: fenced, it takes the shard again. */
  async appendInSpite(shardId: number, acts: readonly NewEvent[]): Promise<Appended> {
    for (let tries = 0; ; tries += 1) {
      try {
        return await this.append(shardId, acts);
      } catch (error) {
        if (!isAuditError(error, 'writer-fenced') || tries === 5) throw error;
      }
    }
  }

  /** Takes the shards whose newest acts nobody seals, because who recorded them had no key, or was killed. */
  async sealLeftovers(): Promise<void> {
    const { rows } = await this.parts.pool.query<{ shard_id: number }>(
      `SELECT shard_id
         FROM act_head
        WHERE size > coalesce((SELECT max(size) FROM act_checkpoint WHERE act_checkpoint.shard_id = act_head.shard_id), 0)`,
    );
    for (const { shard_id } of rows) await this.appendInSpite(shard_id, []);
  }

  /** Seals what is durable, and ends. */
  async close(): Promise<void> {
    const writers = [...this.#writers.values()];
    this.#writers.clear();
    for (const writer of writers) await (await writer.catch(() => undefined))?.close();
  }

  #open(shardId: number): Promise<EventWriter> {
    const { pool, logger, sealing } = this.parts;
    return EventWriter.open(pool, shardId, {
      log: 'act_event',
      ...(logger && { logger }),
      ...(sealing && { sealing }),
    });
  }
}
