import { setTimeout as sleep } from 'node:timers/promises';
import type { EventReader, Shards } from '#libs/event-store';
import type { Logger, Pool } from '#libs/platform';
import { bookmarksOf } from './bookmarks.js';
import { labelOf } from './follower-metrics.js';
import type { FollowerMetrics } from './follower-metrics.js';
import { Leases } from './leases.js';
import type { LeasePace } from './leases.js';
import type { Projection } from './projection.js';
import { ShardFollower } from './shard-follower.js';
import type { ShardFollowerParts } from './shard-follower.js';
import { Wake } from './wake.js';

/** Without a wake-up a shard is looked at this often. */
const POLL_MS = 250;

/** Shards that were opened while we run are found this often. */
const SHARDS_MS = 2_000;

/** While another worker has the shard. */
const STAND_ASIDE_MS = 1_000;

/** After a failure; doubled with each one that follows, up to the second. */
const RETRY_MS = [100, 5_000] as const;

/** What following all shards needs. */
export type FollowerParts = Readonly<{
  projection: Projection;
  pool: Pool;
  reader: EventReader;
  shards: Pick<Shards, 'list'>;
  logger: Logger;
  metrics: FollowerMetrics;
  /** True while read models are built beside those in force. */
  isRebuild?: boolean;
  carry?: ShardFollowerParts['carry'];
  /** How shards are shared with other projectors. */
  leases?: Partial<LeasePace>;
}>;

type ParkedRow = Readonly<{ streams: number; shard_id: number; stream_id: string; position: number; error: string }>;

type Followed = Readonly<{ wake: Wake; done: Promise<void> }>;

/**
 * Follows every shard there is and every one that comes, each in a loop of its own: one that is in trouble holds up no other. Shards are
 * shared with whoever else keeps the same read models, by leases.
 */
export class Follower {
  readonly #followed = new Map<number, Followed>();
  readonly #failing = new Map<number, Error>();
  readonly #shardsWake = new Wake();
  readonly #logger: Logger;
  readonly #leases: Leases;
  readonly #stopped = new AbortController();
  #finding: Promise<void> | undefined;

  constructor(private readonly parts: FollowerParts) {
    this.#logger = parts.logger.child({
      component: 'follower',
      projection: parts.projection.name,
      rules: parts.projection.rules,
    });
    const { name, rules } = parts.projection;
    const cell = `${name}, rules ${rules}${parts.isRebuild === true ? ', being built' : ''}`;
    this.#leases = new Leases(parts.pool, cell, parts.leases);
  }

  /** Begins to follow. Returns at once. */
  start(): void {
    this.#finding ??= this.#findShards();
  }

  /** Lets the batches that are being written end, and follows no more: whoever else is there takes the shards. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#shardsWake.call();
    await this.#finding;
    for (const { wake } of this.#followed.values()) wake.call();
    await Promise.all([...this.#followed.values()].map(({ done }) => done));
    await this.#leases.release().catch((error: unknown) => {
      this.#logger.debug({ error }, 'could not let the leases go; they end by themselves');
    });
  }

  /** Something was appended to a shard. One that is not followed yet is looked for. */
  wake(shardId: number): void {
    (this.#followed.get(shardId)?.wake ?? this.#shardsWake).call();
  }

  /**
   * Whether every shard is being projected, and every stream of it.
   *
   * @throws Error the last failure of a shard that failed since it last moved, or how many streams are parked
   */
  async check(): Promise<void> {
    for (const [shardId, cause] of this.#failing) {
      throw new Error(`shard ${shardId} is not being projected: ${cause.message}`, { cause });
    }
    const { pool, projection } = this.parts;
    const { rows } = await pool.query<ParkedRow>(
      `SELECT shard_id, stream_id, position, split_part(error, E'\\n', 1) AS error, count(*) OVER () AS streams
       FROM quarantine
       WHERE name = $1
       ORDER BY recorded_at, stream_id
       LIMIT 1`,
      [projection.name],
    );
    const [first] = rows;
    if (!first) return;
    const { streams, shard_id, stream_id, position, error } = first;
    throw new Error(
      `${streams === 1 ? '1 stream is' : `${streams} streams are`} parked, the first ${stream_id} of shard ${shard_id} at position ${position} ` +
        `(${error}); all are in the table quarantine. A version that can read them takes over by itself; where the cause is gone otherwise, ` +
        'start once with --take-over again',
    );
  }

  /**
   * Resolves when the read models tell the event at `position`, whichever worker projected it.
   *
   * @throws Error when that takes longer than `patienceMs`
   */
  async waitFor(shardId: number, position: number, patienceMs = 10_000): Promise<void> {
    const { pool, projection } = this.parts;
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const bookmarks = await bookmarksOf(pool, projection.name);
      const reached = bookmarks.find((bookmark) => bookmark.shardId === shardId)?.position ?? -1;
      if (reached >= position) return;
      if (Date.now() > deadline) throw new Error(`shard ${shardId} is projected up to ${reached}, not ${position}`);
      await sleep(10);
    }
  }

  get #stopping(): boolean {
    return this.#stopped.signal.aborted;
  }

  get #label(): string {
    return labelOf(this.parts.projection, this.parts.isRebuild);
  }

  async #findShards(): Promise<void> {
    while (!this.#stopping) {
      try {
        await this.#followNewShards();
      } catch (error) {
        this.#logger.warn({ error }, 'could not list the shards; will look again');
      }
      if (!this.#stopping) await this.#shardsWake.wait(SHARDS_MS);
    }
  }

  async #followNewShards(): Promise<void> {
    for (const { shardId } of await this.parts.shards.list()) {
      if (!this.#followed.has(shardId)) this.#follow(shardId);
    }
  }

  #follow(shardId: number): void {
    const wake = new Wake();
    this.#followed.set(shardId, { wake, done: this.#loop(shardId, wake) });
    this.#logger.info({ shardId }, 'following');
  }

  async #loop(shardId: number, wake: Wake): Promise<void> {
    const { projection, pool, reader, isRebuild = false, carry } = this.parts;
    const follower = new ShardFollower({ projection, shardId, pool, reader, isRebuild, carry });
    let retryMs: number = RETRY_MS[0];
    while (!this.#stopping) {
      try {
        await this.#step(shardId, follower, wake);
        retryMs = RETRY_MS[0];
      } catch (error) {
        this.#failed(shardId, error, retryMs);
        await wake.wait(retryMs);
        retryMs = Math.min(retryMs * 2, RETRY_MS[1]);
      }
    }
  }

  async #step(shardId: number, follower: ShardFollower, wake: Wake): Promise<void> {
    if (!(await this.#leases.hold(shardId))) {
      follower.letGo();
      this.#failing.delete(shardId);
      await this.#standAside();
      return;
    }
    const begun = performance.now();
    const { outcome, events } = await follower.step();
    if (this.#failing.delete(shardId)) this.#logger.info({ shardId }, 'projecting again');
    switch (outcome) {
      case 'moved':
        this.parts.metrics.moved(this.#label, shardId, {
          events,
          seconds: (performance.now() - begun) / 1000,
        });
        return;
      case 'idle':
        await wake.wait(POLL_MS);
        return;
      case 'stoodAside':
        this.#logger.debug({ shardId }, 'another worker projects this shard; stood aside');
        await this.#standAside();
        return;
    }
  }

  /** Not woken by what is appended, which is another's to read. */
  async #standAside(): Promise<void> {
    await sleep(STAND_ASIDE_MS, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
  }

  #failed(shardId: number, error: unknown, retryMs: number): void {
    this.parts.metrics.failed(this.#label, shardId);
    this.#failing.set(shardId, error instanceof Error ? error : new Error(String(error)));
    if (!this.#stopping) this.#logger.warn({ shardId, error, retryMs }, 'a batch was rolled back; will try again');
  }
}
