import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startSimulator, type Simulator } from '#libs/cluster-simulator';
import { freePort, freshDatabase, withClient, type FreshDatabase } from '#testing/platform';

const fromSource = new URL('../../../test/support/from-source.mjs', import.meta.url);
const main = fileURLToPath(new URL('./main.ts', import.meta.url));

const patience = { timeout: 90_000, interval: 200 };

let database: FreshDatabase;
let simulator: Simulator;
let folder: string;
let made: number;
let running: ChildProcess[];

beforeEach(async () => {
  database = await freshDatabase();
  simulator = await startSimulator({ seed: 3 });
  folder = await mkdtemp(path.join(tmpdir(), 'initledger-stop-'));
  made = 0;
  running = [];
});
afterEach(async () => {
  for (const child of running) child.kill('SIGKILL');
  await simulator.close();
  await database.close();
  await rm(folder, { recursive: true, force: true });
});

/** The recorder as a process of its own, once it records. */
async function recorder(): Promise<Readonly<{ url: string; child: ChildProcess; exit: Promise<unknown[]> }>> {
  const port = await freePort();
  const args = ['--kubeconfig', simulator.kubeconfigPath, '--port', String(port), '--data', folder];
  const child = spawn(process.execPath, ['--import', fromSource.href, main, ...args, '--log-level', 'warn'], {
    env: { PATH: process.env['PATH'], HOME: folder, DATABASE_URL: database.urls.recorder },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  running.push(child);
  const url = `http://127.0.0.1:${port}`;
  await vi.waitFor(async () => expect((await fetch(`${url}/readyz`)).status).toBe(200), patience);
  return { url, child, exit: once(child, 'exit') };
}

/** Pods whose init container ends by itself. */
function makePods(count: number): void {
  for (let nth = 0; nth < count; nth += 1) {
    made += 1;
    const container = { image: 'busybox:1.28', command: ['sh', '-c', 'true'] };
    simulator.store.create(
      'pods',
      {
        metadata: { name: `pod-${made}`, namespace: 'default' },
        spec: { initContainers: [{ name: 'wait', ...container }], containers: [{ name: 'app', ...container }] },
      },
      { manager: 'test' },
    );
  }
}

/** The sum over a metric's series. */
async function told(url: string, metric: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => line.startsWith(metric) && /^[{ ]/u.test(line.slice(metric.length)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

const stored = async (): Promise<{ events: number; distinct: number; pods: number; gaps: number }> =>
  (
    await database.pool.query<{ events: number; distinct: number; pods: number; gaps: number }>(
      `SELECT count(*)::int AS events, count(DISTINCT event_id)::int AS distinct,
              (count(DISTINCT stream_id) FILTER (WHERE type = 'PodObserved'))::int AS pods,
              (count(*) FILTER (WHERE type = 'ObservationGap'))::int AS gaps
         FROM event`,
    )
  ).rows[0]!;

/** While `work` runs no append can be committed: its head is held. */
const whileHeld = <Result>(work: (letGo: () => Promise<unknown>) => Promise<Result>): Promise<Result> =>
  withClient(database.adminUrl, async (client) => {
    await client.query('BEGIN');
    await client.query('SELECT FROM shard_head FOR UPDATE');
    return work(() => client.query('ROLLBACK'));
  });

/** Waits until more than `least` observations wait for their transaction. @returns how many have been made so far */
async function queueGrows(url: string, least: number): Promise<number> {
  await vi.waitFor(
    async () => expect(await told(url, 'initledger_recorder_queued_events')).toBeGreaterThan(least),
    patience,
  );
  return told(url, 'initledger_recorder_observations_total');
}

describe('a recorder that is stopped under load', { timeout: 240_000 }, () => {
  it('stores every observation that it had made, and the next one goes on without a gap', async () => {
    const first = await recorder();
    makePods(20);
    await vi.waitFor(async () => expect((await stored()).pods).toBe(20), patience);

    const observed = await whileHeld(async (letGo) => {
      makePods(80);
      const count = await queueGrows(first.url, 100);
      first.child.kill('SIGTERM');
      // It stops answering when it begins to stop.
      await vi.waitFor(() => expect(fetch(`${first.url}/livez`)).rejects.toThrow('fetch failed'), patience);
      // Whoever does not wait for what is queued has ended by then.
      await sleep(2_000);
      await letGo();
      return count;
    });
    const [code] = await first.exit;

    expect(code).toBe(0);
    const after = await stored();
    expect(after.events).toBeGreaterThanOrEqual(observed);

    makePods(5);
    const second = await recorder();
    await vi.waitFor(async () => expect((await stored()).pods).toBe(105), patience);
    second.child.kill('SIGTERM');
    expect((await second.exit)[0]).toBe(0);
    const whole = await stored();
    expect(whole.distinct).toBe(whole.events);
    expect(whole.gaps).toBe(0);
  });

  it('ends within its time where nothing can be stored, says so by its exit code, and loses nothing', async () => {
    const first = await recorder();
    makePods(20);
    await vi.waitFor(async () => expect((await stored()).pods).toBe(20), patience);

    const [code] = await whileHeld(async () => {
      makePods(30);
      await queueGrows(first.url, 20);
      first.child.kill('SIGTERM');
      return first.exit;
    });

    expect(code).not.toBe(0);
    await recorder();
    await vi.waitFor(async () => expect((await stored()).pods).toBe(50), patience);
    const whole = await stored();
    expect(whole.distinct).toBe(whole.events);
  });
});
