import { setTimeout as sleep } from 'node:timers/promises';

import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';

import type { HealthChecks, Logger, Metrics, Pool } from '#libs/platform';

import type { ActWriters } from './act-writers.js';
import { Retention, type Looked } from './retention.js';

type Parts = Readonly<{
  /** Of the projector. */
  pool: Pool;
  /** Of the owner of the tables, where the settings know him. */
  owner?: Pool | undefined;
  acts: ActWriters;
  /** Days that are kept; null: for ever. */
  days: number | null;
  /** Where weeks are exported to before they are dropped; undefined: they are not. */
  archiveFolder?: string | undefined;
  logger: Logger;
  metrics: Metrics;
  health: HealthChecks;
  everyMs?: number;
}>;

const EVERY_MS = 60_000;
/** Any number of ours: one process of several looks at a time. */
const RETENTION_LOCK = 7_411_006;

/** Looks once a minute which weeks are over, and which are older than is kept. For the projector: its role alone may record acts. */
export class RetentionKeeper implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #ending = new AbortController();
  readonly #logger: Logger;
  readonly #kept: { set(labels: { state: string }, value: number): void };
  #running: Promise<void> | undefined;
  #failure: unknown;

  constructor(private readonly parts: Parts) {
    this.#logger = parts.logger.child({ component: 'retention' });
    this.#kept = parts.metrics.gauge({
      name: 'initledger_partitions',
      help: 'Weeks of observations, by what became of them: open, sealed, due (older than is kept, and still there)',
      labels: ['state'],
    });
  }

  onApplicationBootstrap(): void {
    this.parts.health.register({
      name: 'retention',
      check: () => (this.#failure === undefined ? Promise.resolve() : Promise.reject(this.#failure)),
      remedy: 'See the errors of component "retention" in the log; nothing is lost, and nothing is dropped meanwhile.',
    });
    this.#running = this.#run();
  }

  async onApplicationShutdown(): Promise<void> {
    this.#ending.abort();
    await this.#running;
    await this.parts.owner?.end();
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      try {
        await this.#look();
        this.#failure = undefined;
      } catch (error) {
        if (signal.aborted) return;
        this.#failure = error;
        this.#logger.warn({ error }, 'could not look after the weeks that are over; will try again');
      }
      await sleep(this.parts.everyMs ?? EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const { pool, owner, acts, days, archiveFolder } = this.parts;
    const client = await pool.connect();
    try {
      const { rows } = await client.query<{ ours: boolean }>('SELECT pg_try_advisory_lock($1) AS ours', [
        RETENTION_LOCK,
      ]);
      if (!rows[0]?.ours) return;
      await acts.sealLeftovers();
      const [logger, signal] = [this.#logger, this.#ending.signal];
      const retention = new Retention({ pool, owner, acts, days, archiveFolder, logger, signal });
      this.#tell(await retention.look());
    } finally {
      // With the connection goes the lock.
      client.release(true);
    }
  }

  #tell(looked: readonly Looked[]): void {
    for (const state of ['open', 'sealed', 'due'] as const)
      this.#kept.set({ state }, looked.filter((each) => each.state === state).length);
    for (const { partition, keptBecause } of looked)
      if (keptBecause !== null)
        this.#logger.info({ partition: partition.name, keptBecause }, 'a week is older than is kept');
  }
}
