import type { Metrics, Pool } from '#libs/platform';

import type { LogName } from './event.js';
import { partitionEnds } from './partitions.js';
import { tablesOf } from './log-tables.js';

/** What is told of the logs that a role may read, and of the server that keeps them, asked of the database at each scrape. */
export function logMetrics(metrics: Metrics, pool: Pool, logs: readonly LogName[]): void {
  metrics.gauge(
    {
      name: 'initledger_log_partition_end_timestamp_seconds',
      help: 'Until when there are partitions to append to; they are made a week ahead of each append',
      labels: ['log'],
    },
    async (gauge) => {
      for (const { log, end } of await partitionEnds(pool, logs)) gauge.set({ log }, end);
    },
  );
  metrics.gauge(
    {
      name: 'initledger_log_epoch',
      help: 'Number of writers that have taken the log so far: it rises with each, and fences the one before',
      labels: ['log', 'shard'],
    },
    async (gauge) => {
      for (const log of logs) {
        const { rows } = await pool.query<{ shard_id: number; epoch: string }>(
          `SELECT shard_id, epoch::text AS epoch FROM ${tablesOf(log).head}`,
        );
        for (const { shard_id: shard, epoch } of rows) gauge.set({ log, shard: String(shard) }, Number(epoch));
      }
    },
  );
  oldestTransaction(metrics, pool);
}

function oldestTransaction(metrics: Metrics, pool: Pool): void {
  const asked = async (): Promise<{ seconds: number; hidden: string }> => {
    const { rows } = await pool.query<{ seconds: number; hidden: string }>(
      'SELECT seconds, hidden::text AS hidden FROM oldest_transaction()',
    );
    return rows[0] ?? { seconds: 0, hidden: '0' };
  };
  metrics.gauge(
    {
      name: 'initledger_database_oldest_transaction_seconds',
      help: 'For how long the oldest transaction of the server has been open, of whichever database and program: it holds back vacuum and whoever waits for its locks',
    },
    async (gauge) => gauge.set((await asked()).seconds),
  );
  metrics.gauge(
    {
      name: 'initledger_database_hidden_sessions',
      help: 'Sessions of the server whose transactions the owner of the tables is not shown; the right pg_read_all_stats shows them',
    },
    async (gauge) => gauge.set(Number((await asked()).hidden)),
  );
}
