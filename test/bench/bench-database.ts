import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import {
  createPool,
  DataFolder,
  silentLogger,
  startEmbeddedDatabase,
  type DatabaseUrls,
  type Pool,
} from '#libs/platform';

/** The embedded PostgreSQL as `npm start` runs it: durable, with its usual settings. */
export type BenchDatabase = Readonly<{ urls: DatabaseUrls; owner: Pool; stop(): Promise<void> }>;

/** Starts one in a folder of its own. */
export async function startBenchDatabase(): Promise<BenchDatabase> {
  const folder = await DataFolder.open(await mkdtemp(path.join(tmpdir(), 'initledger-bench-')));
  const server = await startEmbeddedDatabase(folder, { logger: silentLogger });
  const owner = createPool(server.adminUrl, { name: 'bench', max: 2, statementTimeoutMs: 3_600_000 });
  await assertDurable(owner);
  const stop = async () => {
    await owner.end();
    await server.stop();
    await folder.remove();
  };
  return { urls: server.urls, owner, stop };
}

/** A number without fsync would be worth nothing. */
async function assertDurable(owner: Pool): Promise<void> {
  const { rows } = await owner.query<{ durable: boolean }>(
    `SELECT bool_and(setting = 'on') AS durable FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes')`,
  );
  if (rows[0]?.durable !== true) throw new Error('The database of the bench is not durable');
}

/** Bytes on disk of the log of observations and its proofs, indexes included. */
export async function bytesOfLog(owner: Pool): Promise<number> {
  const { rows } = await owner.query<{ bytes: string }>(
    `SELECT sum(pg_total_relation_size(relid)) + pg_total_relation_size('merkle_tile') AS bytes FROM pg_partition_tree('event')`,
  );
  return Number(rows[0]?.bytes);
}

/** The same for each event. */
export async function bytesPerEvent(owner: Pool): Promise<number> {
  const { rows } = await owner.query<{ events: number }>('SELECT count(*)::int AS events FROM event');
  return Math.round((await bytesOfLog(owner)) / Math.max(rows[0]?.events ?? 0, 1));
}
