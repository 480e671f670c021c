/** What the follower tells of itself. */
import type { Metrics } from '#libs/platform';
import type { Projection } from './projection.js';

/** Seconds a batch may take, from the fold to the commit. */
const BATCH_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** How far a projection is behind its shard. */
export type Lag = Readonly<{ projection: string; shardId: number; positions: number; seconds: number }>;

/** What metrics call a projection: one that is built beside that in force is told apart. */
export const labelOf = ({ name, rules }: Pick<Projection, 'name' | 'rules'>, isRebuild = false): string =>
  isRebuild ? `${name} next, rules ${rules}` : name;

export class FollowerMetrics {
  readonly #events;
  readonly #batches;
  readonly #failures;
  readonly #parked;

  /** @param lags asked at each scrape */
  constructor(metrics: Metrics, lags: () => Promise<readonly Lag[]>) {
    const labels = ['projection', 'shard'];
    this.#events = metrics.counter({
      name: 'initledger_projection_events_total',
      help: 'Events projected into read models',
      labels,
    });
    this.#batches = metrics.histogram(
      { name: 'initledger_projection_batch_seconds', help: 'Time from reading a batch to its commit', labels },
      BATCH_SECONDS,
    );
    this.#failures = metrics.counter({
      name: 'initledger_projection_failures_total',
      help: 'Batches that were rolled back and tried again',
      labels,
    });
    this.#parked = metrics.counter({
      name: 'initledger_projection_parked_streams_total',
      help: 'Streams parked because their events could not be folded',
      labels,
    });
    metrics.gauge(
      {
        name: 'initledger_projection_lag_seconds',
        help: 'Age of the oldest event that is recorded and not projected',
        labels,
      },
      async (gauge) => {
        for (const { projection, shardId, seconds } of await lags())
          gauge.set({ projection, shard: String(shardId) }, seconds);
      },
    );
    metrics.gauge(
      { name: 'initledger_projection_lag_positions', help: 'Events that are recorded and not projected', labels },
      async (gauge) => {
        for (const { projection, shardId, positions } of await lags()) {
          gauge.set({ projection, shard: String(shardId) }, positions);
        }
      },
    );
  }

  moved(projection: string, shardId: number, batch: Readonly<{ events: number; seconds: number }>): void {
    const labels = { projection, shard: String(shardId) };
    this.#events.inc(labels, batch.events);
    this.#batches.observe(labels, batch.seconds);
  }

  failed(projection: string, shardId: number): void {
    this.#failures.inc({ projection, shard: String(shardId) });
  }

  parked(projection: string, shardId: number): void {
    this.#parked.inc({ projection, shard: String(shardId) });
  }
}
