import { createHash } from 'node:crypto';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import {
  AuditError,
  type Database,
  type HealthChecks,
  type JobQueues,
  type Logger,
  type Metrics,
} from '#libs/platform';
import type { Deliveries } from './deliveries.js';
import { DeliveryMetrics } from './delivery-metrics.js';
import { takeDue } from './outbox.js';
import { repeat } from './repeat.js';

/** The queue of deliveries. */
export const queueName = 'deliveries';
const lookEveryMs = 1000;
const concurrency = 4;
/** A queue that has taken nothing for so long is away. */
const awayAfterMs = 30_000;

/** What a job says: which row of the outbox. */
export type DeliveryJob = Readonly<{ shardId: number; dedupeKey: string }>;

type DispatchParts = Readonly<{
  pool: Database['projection'];
  queues: JobQueues;
  deliveries: Deliveries;
  /** Whether the queue is Redis' and not the database's own. */
  isRedis: boolean;
  logger: Logger;
  metrics: Metrics;
  health: HealthChecks;
}>;

/**
 * Hands what is due to the job queue, and does the jobs. The outbox is the truth: a job that is lost, with its queue or without,
 * is handed over again a minute later, and one that comes twice finds its row done.
 */
export class DeliveryDispatch implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #stopped = new AbortController();
  readonly #logger: Logger;
  readonly #metrics: DeliveryMetrics;
  #running: Promise<void> = Promise.resolve();

  #handedOverAt = Date.now();
  #trouble: unknown;

  constructor(private readonly parts: DispatchParts) {
    this.#logger = parts.logger.child({ component: 'deliveries' });
    this.#metrics = new DeliveryMetrics(parts.metrics, parts.pool);
  }

  onApplicationBootstrap(): void {
    const { queues, deliveries, health } = this.parts;
    health.register({
      name: 'deliveries',
      check: () => this.check(Date.now()),
      remedy: 'See the errors of component "deliveries" in the log.',
    });
    queues.work<DeliveryJob>(queueName, {
      concurrency,
      process: async ({ data: { shardId, dedupeKey } }) => {
        const attempted = await deliveries.attempt(shardId, dedupeKey, () => new Date());
        this.#metrics.attempted(attempted);
        if (attempted === 'failed') this.#logger.warn({ shardId, dedupeKey }, 'failed to deliver, will try again');
      },
      onError: (error) => {
        this.#failed(error);
        this.#logger.warn({ error }, 'job queue stumbled');
      },
    });
    this.#running = repeat({
      everyMs: lookEveryMs,
      signal: this.#stopped.signal,
      step: () => this.handOver(new Date()),
      onFailure: (error) => {
        this.#failed(error);
        this.#logger.error({ error }, 'failed to hand deliveries over, will try again');
      },
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  /** Hands over what is due at `now`. */
  async handOver(now: Date): Promise<void> {
    const { pool, queues } = this.parts;
    const queue = queues.queue<DeliveryJob>(queueName);
    for (const { shard_id: shardId, dedupe_key: dedupeKey, attempts } of await takeDue(pool, now)) {
      // a job id that is still known would be swallowed, so each attempt has its own
      const jobId = createHash('sha256').update(`${shardId}|${dedupeKey}|${attempts}|${now.getTime()}`).digest('hex');
      await queue.add('deliver', { shardId, dedupeKey }, { jobId });
    }
    this.#handedOverAt = now.getTime();
    this.#trouble = undefined;
  }

  /** Whether what is due has been handed over lately. @throws AuditError `not-ready` with what was the matter */
  check(now: number): Promise<void> {
    if (now - this.#handedOverAt <= awayAfterMs) return Promise.resolve();
    const why = this.#trouble instanceof Error ? `: ${this.#trouble.message}` : '';
    return Promise.reject(
      new AuditError('not-ready', `Nothing could be handed to the job queue for ${awayAfterMs / 1000} s${why}`, {
        remedy: this.parts.isRedis
          ? 'See that Redis runs and that REDIS_URL points at it. Nothing is lost: the outbox keeps what is due.'
          : 'See that PostgreSQL runs and that DATABASE_URL points at it. Nothing is lost: the outbox keeps what is due.',
      }),
    );
  }

  #failed(error: unknown): void {
    this.#metrics.queueFailed();
    this.#trouble = error;
  }
}
