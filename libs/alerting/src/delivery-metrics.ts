import type { Database, Metrics } from '#libs/platform';
import type { Attempted } from './deliveries.js';

/** What is told of deliveries: what waits, asked of the outbox at each scrape, and what became of what was tried here. */
export class DeliveryMetrics {
  readonly #attempts;
  readonly #failures;

  constructor(metrics: Metrics, pool: Database['projection']) {
    this.#attempts = metrics.counter({
      name: 'initledger_delivery_attempts_total',
      help: 'Jobs of deliveries that this process did, by what became of them',
      labels: ['outcome'],
    });
    this.#failures = metrics.counter({
      name: 'initledger_delivery_queue_failures_total',
      help: 'Errors of the job queue: its jobs are handed over again',
    });
    const asked = async (): Promise<{ receiver: string; waiting: number; seconds: number }[]> => {
      const { rows } = await pool.query<{ receiver: string; waiting: number; seconds: number }>(
        `SELECT receiver, count(*)::int AS waiting, extract(epoch FROM now() - min(created_at))::float8 AS seconds
           FROM outbox WHERE done_at IS NULL GROUP BY receiver`,
      );
      return rows;
    };
    metrics.gauge(
      {
        name: 'initledger_delivery_queued',
        help: 'Deliveries that are not done, those that wait for another attempt included',
        labels: ['receiver'],
      },
      async (gauge) => {
        for (const { receiver, waiting } of await asked()) gauge.set({ receiver }, waiting);
      },
    );
    metrics.gauge(
      {
        name: 'initledger_delivery_lag_seconds',
        help: 'Age of the oldest delivery that is not done',
        labels: ['receiver'],
      },
      async (gauge) => {
        for (const { receiver, seconds } of await asked()) gauge.set({ receiver }, seconds);
      },
    );
  }

  attempted(outcome: Attempted): void {
    this.#attempts.inc({ outcome });
  }

  queueFailed(): void {
    this.#failures.inc();
  }
}
