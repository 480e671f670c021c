import { createHash } from 'node:crypto';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { Database, JobQueues, Logger } from '#libs/platform';
import type { Deliveries } from './deliveries.js';
import { takeDue } from './outbox.js';
import { repeat } from './repeat.js';

const queueName = 'deliveries';
const lookEveryMs = 1000;
const concurrency = 4;

type DeliveryJob = Readonly<{ shardId: number; dedupeKey: string }>;

/**
 * Hands what is due to the job queue, and does the jobs. The outbox is the truth: a job that is lost, with its queue or without,
 * is handed over again a minute later, and one that comes twice finds its row done.
 */
export class DeliveryDispatch implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #stopped = new AbortController();
  readonly #logger: Logger;
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly pool: Database['projection'],
    private readonly queues: JobQueues,
    private readonly deliveries: Deliveries,
    logger: Logger,
  ) {
    this.#logger = logger.child({ component: 'deliveries' });
  }

  onApplicationBootstrap(): void {
    this.queues.work<DeliveryJob>(queueName, {
      concurrency,
      process: async ({ data: { shardId, dedupeKey } }) => {
        const attempted = await this.deliveries.attempt(shardId, dedupeKey, () => new Date());
        if (attempted === 'failed') this.#logger.warn({ shardId, dedupeKey }, 'failed to deliver, will try again');
      },
      onError: (error) => this.#logger.warn({ error }, 'job queue stumbled'),
    });
    this.#running = repeat({
      everyMs: lookEveryMs,
      signal: this.#stopped.signal,
      step: () => this.handOver(new Date()),
      onFailure: (error) => this.#logger.error({ error }, 'failed to hand deliveries over, will try again'),
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  /** Hands over what is due at `now`. */
  async handOver(now: Date): Promise<void> {
    const queue = this.queues.queue<DeliveryJob>(queueName);
    for (const { shard_id: shardId, dedupe_key: dedupeKey, attempts } of await takeDue(this.pool, now)) {
      // a job id that is still known would be swallowed, so each attempt has its own
      const jobId = createHash('sha256').update(`${shardId}|${dedupeKey}|${attempts}|${now.getTime()}`).digest('hex');
      await queue.add('deliver', { shardId, dedupeKey }, { jobId });
    }
  }
}
