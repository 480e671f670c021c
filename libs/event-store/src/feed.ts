import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { silentLogger, type Logger, type Pool, type PoolClient } from '#libs/platform';

import type { LogName } from './event.js';

/** That a log has grown to `size` events. A hint and never the truth: whoever hears it reads the log. */
export type Growth = Readonly<{ log: LogName; shardId: number; size: number }>;

const CHANNEL = 'initledger_feed';
/** At most twenty notifications a second leave this process, however many appends there are. */
const NOTIFY_EVERY_MS = 50;
/** How long a reader waits at most before it looks for itself: a lost hint only costs time. */
const LOOK_EVERY_MS = 1_000;

/**
 * Wakes readers of a log: at once in this process; in others at once after a pause, else within a twentieth of a second. Notifications go out on their own
 * connection, never in the transaction of an append, whose commits they would line up one behind the other.
 */
export class Feed {
  readonly #listeners = new Set<(growth: Growth) => void>();
  readonly #pending = new Map<string, Growth>();
  readonly #closing = new AbortController();
  readonly #logger: Logger;
  /** By which we know our own notifications. */
  readonly #id = randomUUID();
  #timer: NodeJS.Timeout | undefined;
  #listening: Promise<void> | undefined;

  /** @param pool for notifications to and from other processes; without one the feed stays in this process */
  constructor(
    private readonly pool?: Pool,
    logger: Logger = silentLogger,
  ) {
    this.#logger = logger.child({ component: 'feed' });
  }

  /** Says that a log has grown. To be called once the append is durable. */
  publish(growth: Growth): void {
    this.#tell(growth);
    if (!this.pool || this.#closing.signal.aborted) return;
    this.#pending.set(`${growth.log} ${growth.shardId}`, growth);
    if (!this.#timer) this.#notify();
  }

  /** Calls `listener` at each growth, until the returned function is called. */
  subscribe(listener: (growth: Growth) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when a log may hold something new: at its next growth, or after a second, or when `signal` or the feed ends. */
  async next(log: LogName, signal?: AbortSignal, atMostMs: number = LOOK_EVERY_MS): Promise<void> {
    const woken = new AbortController();
    const stop = this.subscribe((growth) => growth.log === log && woken.abort());
    const signals = [woken.signal, this.#closing.signal, ...(signal ? [signal] : [])];
    try {
      await sleep(atMostMs, undefined, { signal: AbortSignal.any(signals) });
    } catch {
      // Woken: that is what was waited for.
    } finally {
      stop();
    }
  }

  /** Hears what other processes publish. A connection that breaks is made anew; meanwhile readers look for themselves. */
  listen(): void {
    this.#listening ??= this.#listenOn();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#timer);
    await this.#listening;
  }

  #tell(growth: Growth): void {
    for (const listener of this.#listeners) listener(growth);
  }

  /** Sends what is pending, and after a pause what comes until then. */
  #notify(): void {
    this.#timer = undefined;
    if (this.#pending.size === 0) return;
    const growths = [...this.#pending.values()];
    this.#pending.clear();
    this.#timer = setTimeout(() => this.#notify(), NOTIFY_EVERY_MS);
    this.#timer.unref();
    void this.#send(growths);
  }

  async #send(growths: readonly Growth[]): Promise<void> {
    try {
      await this.pool?.query('SELECT pg_notify($1, growth) FROM unnest($2::text[]) AS growth', [
        CHANNEL,
        growths.map((growth) => JSON.stringify({ ...growth, from: this.#id })),
      ]);
    } catch (error) {
      this.#logger.debug({ error }, 'notification failed');
    }
  }

  async #listenOn(): Promise<void> {
    const { signal } = this.#closing;
    for (let pauseMs = 250; !signal.aborted; pauseMs = Math.min(pauseMs * 2, 10_000)) {
      try {
        await this.#listenOnce();
      } catch (error) {
        this.#logger.debug({ error, retryInMs: pauseMs }, 'listening failed');
      }
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #listenOnce(): Promise<void> {
    const client = await this.pool?.connect();
    if (!client) return;
    try {
      client.on('notification', ({ payload }) => this.#hear(payload ?? ''));
      await client.query(`LISTEN ${CHANNEL}`);
      await ended(client, this.#closing.signal);
    } finally {
      // Never back into the pool: it would go on listening there.
      client.release(true);
    }
  }

  #hear(payload: string): void {
    const { from, ...growth } = JSON.parse(payload) as Growth & { from: string };
    if (from !== this.#id) this.#tell(growth);
  }
}

function ended(client: PoolClient, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    client.once('error', reject);
    client.once('end', resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
}
