import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startDemo, startSimulator, type Simulator } from '#libs/cluster-simulator';
import { connect } from '#libs/kubernetes';
import { HealthChecks, Metrics, readSettings, silentLogger } from '#libs/platform';
import { apiAdapter } from '#libs/reports';
import { freshDatabase, type FreshDatabase } from '#testing/platform';
import { StandaloneApp } from '../../apps/standalone/src/standalone.app.js';

const promtool = spawnSync('promtool', ['--version']).status === 0;

let database: FreshDatabase;
let simulator: Simulator;
let app: NestFastifyApplication;
let folder: string;

/** Recorder, projector and api in one process, over a cluster in which something happens. */
beforeAll(async () => {
  database = await freshDatabase();
  folder = await mkdtemp(path.join(tmpdir(), 'initledger-metrics-'));
  simulator = await startSimulator({ seed: 5 });
  startDemo(simulator, { seed: 5 });
  const target = {
    cluster: connect({ kubeconfig: simulator.kubeconfigPath }),
    source: 'kubernetes' as const,
    namespaces: [],
  };
  const parts = {
    settings: readSettings(['--data', path.join(folder, 'data')], {}),
    logger: silentLogger,
    database: database.database,
    metrics: new Metrics(),
    health: new HealthChecks(),
  };
  app = await NestFactory.create<NestFastifyApplication>(StandaloneApp.of(parts, target), apiAdapter(), {
    logger: false,
  });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
}, 120_000);
afterAll(async () => {
  await app?.close();
  await simulator?.close();
  await database?.close();
  await rm(folder, { recursive: true, force: true });
});

const scraped = async (accept = 'text/plain'): Promise<string> => {
  const { statusCode, body } = await app.inject({ url: '/metrics', headers: { accept } });
  expect(statusCode).toBe(200);
  return body;
};

const value = (text: string, series: RegExp): number =>
  Number(
    text
      .split('\n')
      .find((line) => series.test(line))
      ?.split(' ')
      .at(-1) ?? Number.NaN,
  );

describe('/metrics of a service that works', () => {
  it('tells of lag, batch, queue, gap, fence, partition and the oldest transaction', async () => {
    await vi.waitFor(
      async () => {
        const text = await scraped();
        expect(value(text, /^initledger_projection_events_total\{/u)).toBeGreaterThan(0);
        expect(value(text, /^initledger_projection_lag_seconds\{/u)).toBeGreaterThanOrEqual(0);
        expect(value(text, /^initledger_projection_batch_seconds_count\{/u)).toBeGreaterThan(0);
        expect(value(text, /^initledger_recorder_batch_events_count /u)).toBeGreaterThan(0);
        expect(value(text, /^initledger_recorder_append_seconds_count /u)).toBeGreaterThan(0);
        expect(value(text, /^initledger_recorder_queued_events /u)).toBeGreaterThanOrEqual(0);
        expect(text).toContain('# TYPE initledger_delivery_queued gauge');
        expect(text).toContain('# TYPE initledger_recorder_gap_seconds_total counter');
        expect(text).toContain('# TYPE initledger_log_writer_fenced_total counter');
        expect(value(text, /^initledger_log_epoch\{log="event"/u)).toBe(1);
        expect(value(text, /^initledger_log_partition_end_timestamp_seconds\{log="event"/u)).toBeGreaterThan(
          Date.now() / 1_000,
        );
        expect(value(text, /^initledger_database_oldest_transaction_seconds /u)).toBeGreaterThanOrEqual(0);
        expect(text).not.toMatch(/^initledger_metrics_failures_total\{/mu);
      },
      { timeout: 50_000, interval: 500 },
    );
  });

  // Debian's prometheus brings it; where it cannot be installed the run says that this was left out
  it.skipIf(!promtool)('is well named and well formed, as promtool sees it', async () => {
    const text = await scraped();
    const child = spawn('promtool', ['check', 'metrics']);
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const exit = once(child, 'exit');
    child.stdin.end(text);
    const [code] = (await exit) as [number];

    expect({ code, said }).toEqual({ code: 0, said: '' });
    expect(text).toContain('podinit_starts_total');
  });
});
