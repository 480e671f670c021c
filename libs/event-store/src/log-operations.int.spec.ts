import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { createPool, HealthChecks, Metrics, type HealthFinding, type Pool } from '#libs/platform';
import { freePort, freshDatabase, withClient, type FreshDatabase } from '#testing/platform';

import type { LogName } from './event.js';
import { EventWriter } from './event-writer.js';
import { logHealth } from './log-health.js';
import { logMetrics } from './log-metrics.js';
import type { Sealing } from './ledger/checkpointer.js';
import { CheckpointsFile } from './ledger/checkpoints-file.js';
import { someEvents, someShard } from './testing/events.js';

let database: FreshDatabase;

beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.close());

/** The value of one series of a scrape; undefined where it is not told. */
async function told(metrics: Metrics, series: string): Promise<number | undefined> {
  const { body } = await metrics.expose(undefined);
  const line = body.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

const found = async (pool: Pool, logs: readonly LogName[] = ['event']): Promise<HealthFinding | undefined> => {
  const health = new HealthChecks();
  health.register(logHealth(pool, logs));
  return (await health.readyz()).checks[0];
};

describe('metrics of the logs', () => {
  it('tell until when there are partitions, and how many writers took each log', async () => {
    const metrics = new Metrics();
    logMetrics(metrics, database.database.api, ['event', 'act_event']);
    const shardId = await someShard(database.database.ingest);
    const writers = [];
    for (let nth = 0; nth < 3; nth += 1) writers.push(await EventWriter.open(database.database.ingest, shardId));

    const end = await told(metrics, 'initledger_log_partition_end_timestamp_seconds{log="event"}');

    // the week of now and the one after
    const weeks = ((end ?? 0) - Date.now() / 1_000) / (7 * 86_400);
    expect(weeks).toBeGreaterThan(1);
    expect(weeks).toBeLessThanOrEqual(2);
    expect(new Date((end ?? 0) * 1_000).getUTCDay()).toBe(1);
    expect(await told(metrics, `initledger_log_epoch{log="event",shard="${shardId}"}`)).toBe(3);
    for (const writer of writers) await writer.close();
  });

  it('count a writer that was fenced once, however often it is refused', async () => {
    const shardId = await someShard(database.database.ingest);
    const fenced: string[] = [];
    const folder = await mkdtemp(path.join(tmpdir(), 'checkpoints-'));
    const sealing: Sealing = {
      keys: [generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
      file: new CheckpointsFile(path.join(folder, 'published')),
      fenced: (log) => fenced.push(log),
    };
    const first = await EventWriter.open(database.database.ingest, shardId, { sealing });
    const second = await EventWriter.open(database.database.ingest, shardId, { sealing });

    for (let time = 0; time < 3; time += 1) {
      await expect(first.append(someEvents(1))).rejects.toMatchObject({ code: 'writer-fenced' });
    }
    await second.append(someEvents(1));

    expect(fenced).toEqual(['event']);
    await Promise.all([first.close(), second.close()]);
    await rm(folder, { recursive: true });
  });

  it.each(['ingest', 'projection', 'api'] as const)(
    'tell the %s pool for how long a foreign program has kept a transaction open',
    async (pool) => {
      const metrics = new Metrics();
      logMetrics(metrics, database.database[pool], ['event']);
      await withClient(database.adminUrl.replace(/\/[^/?]*(\?|$)/u, '/postgres$1'), async (foreign) => {
        await foreign.query('BEGIN');
        await foreign.query('SELECT pg_current_xact_id()');
        const began = performance.now();

        await vi.waitFor(
          async () => {
            const least = (performance.now() - began) / 1_000;
            const seconds = await told(metrics, 'initledger_database_oldest_transaction_seconds');
            expect(seconds).toBeGreaterThan(least);
            expect(seconds).toBeGreaterThan(0.5);
          },
          { timeout: 20_000 },
        );
      });
      expect(await told(metrics, 'initledger_database_hidden_sessions')).toBe(0);
    },
  );

  it('leave the rest of the scrape alone while the database is away', async () => {
    const metrics = new Metrics();
    logMetrics(metrics, await awayPool(), ['event']);
    metrics.counter({ name: 'initledger_appends_total', help: 'Appends' }).inc();

    expect(await told(metrics, 'initledger_appends_total')).toBe(1);
    expect(await told(metrics, 'initledger_database_oldest_transaction_seconds')).toBeUndefined();
    expect(
      await told(metrics, 'initledger_metrics_failures_total{metric="initledger_database_oldest_transaction_seconds"}'),
    ).toBeGreaterThan(0);
  });
});

describe('the check "log" of /readyz', () => {
  it.each(['ingest', 'projection', 'api'] as const)('is well in the %s pool', async (pool) => {
    expect(await found(database.database[pool])).toEqual({ name: 'log', ok: true });
  });

  it('says that the database is away, and what to do', async () => {
    expect(await found(await awayPool())).toMatchObject({
      ok: false,
      error: 'The database does not answer',
      remedy: expect.stringContaining('DATABASE_URL') as string,
    });
  });

  it('says so of a database that hangs', async () => {
    const hangs: Server = createServer((socket) => socket.pause()).listen(0, '127.0.0.1');
    await new Promise((listening) => hangs.once('listening', listening));
    const { port } = hangs.address() as { port: number };
    const pool = poolAt(port);

    expect(await found(pool)).toMatchObject({ ok: false, error: expect.stringContaining('no answer') as string });

    hangs.close();
  });

  it('says who migrates where the tables are not those of this version', async () => {
    const other = await freshDatabase();
    await withClient(other.adminUrl, (client) => client.query('DROP TABLE act_head'));

    expect(await found(other.database.api, ['event', 'act_event'])).toMatchObject({
      ok: false,
      error: expect.stringContaining('act_head') as string,
      remedy: expect.stringContaining('migrates the database') as string,
    });

    await other.close();
  });
});

const poolAt = (port: number): Pool =>
  createPool(`postgres://nobody@127.0.0.1:${port}/nowhere`, { name: 'away', max: 1, statementTimeoutMs: 1_000 });

const awayPool = async (): Promise<Pool> => poolAt(await freePort());
