import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createPool,
  Database,
  DataFolder,
  JobQueues,
  silentLogger,
  startEmbeddedDatabase,
  type EmbeddedDatabase,
  type Pool,
} from '#libs/platform';
import { redisIsHere, startRedis, type TestRedis } from '#testing/platform';
import type { AlertAct } from './acts.js';
import { lay } from './alert-table.js';
import { queueName, type DeliveryJob } from './delivery-dispatch.js';
import { alertId } from './identity.js';
import { putTransition } from './outbox.js';
import { webhook } from './receivers.js';
import type { DeliveryTask } from './testing/delivery-process.js';
import { slowReceiver, type SlowReceiver } from './testing/slow-receiver.js';
import { someIdentity } from './testing/index.js';

const fromSource = new URL('../../../test/support/from-source.mjs', import.meta.url);
const deliveryProcess = fileURLToPath(new URL('./testing/delivery-process.ts', import.meta.url));

const shardId = 1;
const patience = { timeout: 90_000, interval: 100 };

// Debian's redis-server; where it cannot be installed the run says that this was left out
describe.each([
  { place: 'PostgreSQL', here: true },
  { place: 'Redis', here: redisIsHere },
])('deliveries over jobs on $place', { timeout: 240_000 }, ({ place, here }) => {
  let folder: DataFolder;
  let server: EmbeddedDatabase;
  let owner: Pool;
  let database: Database;
  let redis: TestRedis | undefined;
  let receiver: SlowReceiver;
  let worker: ChildProcess | undefined;

  beforeAll(async () => {
    if (!here) return;
    folder = await DataFolder.open(await mkdtemp(path.join(tmpdir(), 'initledger-test-')));
    server = await startEmbeddedDatabase(folder, { logger: silentLogger });
    owner = createPool(server.adminUrl, { name: 'test', max: 2, statementTimeoutMs: 60_000 });
    database = new Database(server.urls);
    if (place === 'Redis') redis = await startRedis();
  });
  afterAll(async () => {
    if (!here) return;
    await Promise.all([owner.end(), database.close()]);
    await server.stop();
    await folder.remove();
    await redis?.stop();
  });

  beforeEach(async ({ skip }) => {
    skip(!here, 'redis-server is not on this machine');
    receiver = await slowReceiver();
    await owner.query('TRUNCATE alert, outbox, delivery');
  });
  afterEach(async () => {
    if (!here) return;
    await end('SIGTERM');
    await receiver.stop();
  });

  /** The process that does the jobs, once it works. */
  async function begin(): Promise<void> {
    const task: DeliveryTask = { urls: server.urls, redisUrl: redis?.url, receiverUrl: receiver.url };
    worker = spawn(process.execPath, ['--import', fromSource.href, deliveryProcess, JSON.stringify(task)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [said] = (await Promise.race([once(worker.stdout!, 'data'), once(worker, 'exit')])) as [unknown];
    expect(String(said)).toBe('delivering\n');
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (!worker || worker.exitCode !== null || worker.signalCode !== null) return;
    const exit = once(worker, 'exit');
    worker.kill(signal);
    await exit;
  }

  /** Puts out that so many alerts fired and have ended, as reading their acts does. @returns the ids under which that is to be told */
  async function transitions(count: number): Promise<string[]> {
    const began = Date.now() - 60_000;
    for (let nth = 0; nth < count; nth += 1) {
      const identity = someIdentity({ workloadName: `app-${nth}` });
      const of = { alertId: alertId(identity), episode: 1, evidence: [] };
      const acts: AlertAct[] = [
        {
          ...of,
          type: 'AlertFired',
          at: new Date(began).toISOString(),
          name: 'InitStuck',
          identity,
          namespaceUid: null,
          pods: [],
          threshold: { seconds: 300, basis: 'default 300 s' },
        },
        { ...of, type: 'AlertResolved', at: new Date(began + 1_000).toISOString(), resolution: 'recovered' },
      ];
      for (const [position, act] of acts.entries()) {
        await lay(database.projection, shardId, position, act);
        await putTransition(database.projection, shardId, act, [webhook(receiver.url)]);
      }
    }
    const { rows } = await owner.query<{ dedupe_key: string }>('SELECT dedupe_key FROM outbox');
    expect(rows.length).toBe(2 * count);
    return rows.map(({ dedupe_key: key }) => key).toSorted();
  }

  const undone = async (): Promise<number> =>
    (await owner.query<{ count: number }>('SELECT count(*)::int AS count FROM outbox WHERE done_at IS NULL')).rows[0]!
      .count;

  /** The minute in which a job that is lost is not missed yet is over. */
  const aMinuteLater = (): Promise<unknown> =>
    owner.query(`UPDATE outbox SET queued_at = queued_at - interval '61 seconds' WHERE done_at IS NULL`);

  /** Waits until the outbox is done, and says under which ids the receiver took what. */
  async function allTold(): Promise<void> {
    await vi.waitFor(async () => expect(await undone()).toBe(0), patience);
  }

  /** Each transition was taken, under its own id and no other, the end of an alert only after its beginning. */
  function expectEachTold(ids: readonly string[]): void {
    const taken = receiver.told.filter((call) => call.taken);
    expect([...new Set(receiver.told.map(({ id }) => id))].toSorted()).toEqual(ids);
    expect([...new Set(taken.map(({ id }) => id))].toSorted()).toEqual(ids);
    const meaning = new Map<string, string>();
    for (const { id, alert, status } of receiver.told) {
      const before = meaning.get(id) ?? `${alert} ${status}`;
      expect(`${alert} ${status}`).toBe(before);
      meaning.set(id, before);
    }
    for (const calls of Map.groupBy(receiver.told, ({ alert }) => alert).values()) {
      const firstEnd = calls.findIndex(({ status }) => status === 'resolved');
      expect(calls.slice(0, firstEnd).some(({ status, taken: was }) => status === 'firing' && was)).toBe(true);
    }
  }

  /** How many calls the receiver has, once there are so many. */
  const hears = (count: number): Promise<void> =>
    vi.waitFor(() => expect(receiver.told.length).toBeGreaterThanOrEqual(count), patience);

  it('outlive the process that is killed in mid-delivery, each under the id it had', async () => {
    const ids = await transitions(20);
    receiver.hold();
    await begin();
    await hears(4);
    await end('SIGKILL');
    const inFlight = receiver.told.map(({ id }) => id);
    receiver.release();

    await begin();
    await aMinuteLater();
    await allTold();

    expectEachTold(ids);
    for (const id of inFlight) expect(receiver.told.filter((call) => call.id === id).length).toBeGreaterThan(1);
  });

  it('go on when what keeps the jobs is killed in mid-delivery and comes back', async () => {
    const ids = await transitions(20);
    receiver.hold();
    await begin();
    await hears(4);

    await (redis?.crash() ?? killPostgres());
    receiver.release();
    // The note that a delivery is done may have met a server that was away: that is known a minute later.
    await vi.waitFor(
      async () => {
        await aMinuteLater();
        expect(await undone()).toBe(0);
      },
      { ...patience, interval: 3_000 },
    );

    expectEachTold(ids);
    expect(worker?.exitCode).toBeNull();
  });

  it('are handed over again when the jobs are lost with all that kept them', async () => {
    const ids = await transitions(20);
    receiver.hold();
    await begin();
    await hears(4);
    // Four are being made, and nothing ends any more: once the others wait, no job is added until they are missed.
    await vi.waitFor(async () => expect(await waiting()).toBe(ids.length - 4), patience);

    await (redis?.lose() ?? owner.query('TRUNCATE bullmq.job CASCADE'));
    expect(await waiting()).toBe(0);
    receiver.release();
    await aMinuteLater();
    await allTold();

    expectEachTold(ids);
  });

  // Jobs of one delivery that run at the same moment may both make it, under one id; a job that comes later may not.
  it('are not made again by jobs that come when they are done', async () => {
    const ids = await transitions(5);
    const queues = new JobQueues({ databaseUrl: server.urls.projector, redisUrl: redis?.url });
    const queue = queues.queue<DeliveryJob>(queueName);
    const firsts = ids.filter((id) => id.includes(':fired:'));
    const addAll = async (jobId: (id: string) => string): Promise<void> => {
      for (const dedupeKey of firsts) await queue.add('deliver', { shardId, dedupeKey }, { jobId: jobId(dedupeKey) });
    };
    for (let time = 0; time < 3; time += 1) await addAll((id) => `same ${id}`.replaceAll(':', ' '));
    await begin();
    await allTold();
    const before = receiver.told.length;
    await addAll((id) => `other ${id}`.replaceAll(':', ' '));
    await vi.waitFor(async () => expect(await waiting()).toBe(0), patience);
    await queues.close();
    // Stopping lets the jobs that run end.
    await end('SIGTERM');

    expectEachTold(ids);
    expect(receiver.told.length).toBe(before);
  });

  it('are tried again, under the same id, where a receiver is too slow to answer in time', async () => {
    const ids = await transitions(3);
    receiver.hold();
    await begin();
    await hears(3);
    await vi.waitFor(async () => {
      const { rows } = await owner.query(`SELECT FROM delivery WHERE outcome = 'failed' AND detail LIKE '%timeout%'`);
      expect(rows.length).toBeGreaterThanOrEqual(3);
    }, patience);
    receiver.release();
    await allTold();

    expectEachTold(ids);
    expect(receiver.told.filter(({ taken }) => !taken).length).toBeGreaterThanOrEqual(3);
  });

  /** The whole server, as a machine without memory ends it. Whoever started it starts it again. */
  async function killPostgres(): Promise<void> {
    const pidOf = async (): Promise<number> =>
      Number((await readFile(path.join(folder.path, 'postgres/postmaster.pid'), 'utf8')).split('\n')[0]);
    const before = await pidOf();
    process.kill(before, 'SIGKILL');
    await vi.waitFor(async () => expect(await pidOf()).not.toBe(before), patience);
    await vi.waitFor(() => owner.query('SELECT 1'), patience);
  }

  /** How many jobs wait to be done. */
  async function waiting(): Promise<number> {
    const queues = new JobQueues({ databaseUrl: server.urls.projector, redisUrl: redis?.url });
    try {
      return await queues.queue(queueName).getWaitingCount();
    } finally {
      await queues.close();
    }
  }
});
