import { setTimeout as sleep } from 'node:timers/promises';

import {
  createPostgresBackend,
  createRedisBackend,
  Queue,
  Worker,
  type Job,
  type PostgresConnectionOptions,
} from 'bullmq';
import { Pool } from 'pg';

import { surviveLostConnections, withOptions } from '../database/database.js';
import { QUEUE_SCHEMA } from './migrate-queue.js';

export type { Job, Queue, Worker } from 'bullmq';

/** Where jobs are kept: the database in the projector's role, or Redis where one is given. */
export type QueuePlace = Readonly<{ databaseUrl: string; redisUrl?: string | undefined }>;

/** How a queue is worked on. */
export type Work<Data> = Readonly<{
  /** Does one job; a job that throws is tried again, as often as it was added with `attempts`. */
  process: (job: Job<Data, void>) => Promise<void>;
  concurrency?: number;
  /** Told of what went wrong outside of a job: a connection, mostly. */
  onError: (error: unknown) => void;
}>;

/**
 * A job that is done is kept for a while, so that its id is not done twice. One that failed for good is not: whoever still
 * wants it done must be able to add it again under its id.
 */
const KEPT = { removeOnComplete: { count: 1_000 }, removeOnFail: true };
const QUEUE_CONNECTIONS = 10;
const RETRY_MS = 1_000;

/**
 * The job queues of this process, on PostgreSQL or on Redis, with the same behaviour. A queue is no place for facts: whatever
 * must happen is a row of an outbox, and a job, by its deterministic id, only the attempt to do it. QueueEvents are not used:
 * on PostgreSQL some never arrive.
 */
export class JobQueues {
  readonly #queues = new Map<string, Queue>();
  readonly #workers: Worker[] = [];
  readonly #beginnings: Promise<void>[] = [];
  readonly #closing = new AbortController();
  #pool: Pool | undefined;

  constructor(private readonly place: QueuePlace) {}

  /** The queue of this name, for adding to it. */
  queue<Data>(name: string): Queue<Data, void> {
    const known = this.#queues.get(name);
    if (known) return known as Queue<Data, void>;
    const opened = this.#open(name);
    // What fails is told to who adds; without a listener BullMQ would print it as well.
    opened.on('error', () => undefined);
    // One whose first connection failed stays broken for ever: the next who asks gets another.
    opened.waitUntilReady().catch(() => this.#queues.get(name) === opened && this.#queues.delete(name));
    this.#queues.set(name, opened);
    return opened as Queue<Data, void>;
  }

  /** Begins to do the jobs of a queue, until `close`; where the database is away, as soon as it is back. */
  work<Data>(name: string, work: Work<Data>): void {
    this.#beginnings.push(this.#begin(name, work as Work<unknown>));
  }

  /** Lets running jobs end, then closes the connections. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#beginnings.splice(0));
    await Promise.all(this.#workers.splice(0).map((worker) => worker.close()));
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
    this.#queues.clear();
    await this.#pool?.end();
    this.#pool = undefined;
  }

  /** A worker whose first connection failed asks again without a pause, for ever: so it is begun only once it is connected. */
  async #begin(name: string, work: Work<unknown>): Promise<void> {
    while (!this.#closing.signal.aborted) {
      const worker = this.#worker(name, work);
      try {
        await worker.waitUntilReady();
        this.#workers.push(worker);
        void worker.run().catch(work.onError);
        return;
      } catch (error) {
        work.onError(error);
        await worker.close(true).catch(() => undefined);
        await sleep(RETRY_MS, undefined, { signal: this.#closing.signal }).catch(() => undefined);
      }
    }
  }

  #worker(name: string, { process, concurrency = 4, onError }: Work<unknown>): Worker {
    const { redisUrl } = this.place;
    const options = { concurrency, autorun: false };
    const worker = redisUrl
      ? new Worker<unknown, void>(
          name,
          process,
          { ...options, connection: { url: redisUrl, maxRetriesPerRequest: null } },
          createRedisBackend,
        )
      : new Worker(name, process, { ...options, connection: this.#connections() }, createPostgresBackend);
    // In a stop connections end in their own order, which is nobody's trouble.
    worker.on('error', (error) => this.#closing.signal.aborted || onError(error));
    return worker as unknown as Worker;
  }

  #open(name: string): Queue {
    const { redisUrl } = this.place;
    if (redisUrl) {
      return new Queue(name, { connection: { url: redisUrl }, defaultJobOptions: KEPT }, createRedisBackend);
    }
    const connection = this.#connections();
    return new Queue(name, { connection, defaultJobOptions: KEPT }, createPostgresBackend) as unknown as Queue;
  }

  /** A pool of its own, with pg's own types: BullMQ reads its rows in its way. Each worker listens on one connection of it. */
  #connections(): PostgresConnectionOptions {
    if (this.#pool) return this.#pool as unknown as PostgresConnectionOptions;
    this.#pool = new Pool({
      connectionString: withOptions(this.place.databaseUrl, `-c search_path=${QUEUE_SCHEMA}`),
      application_name: 'initledger-queue',
      max: QUEUE_CONNECTIONS,
      keepAlive: true,
      connectionTimeoutMillis: 10_000,
    });
    surviveLostConnections(this.#pool);
    return this.#connections();
  }
}
