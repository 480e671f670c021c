import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ActWriters } from '#libs/event-store';
import { Database, HealthChecks, JobQueues, Metrics, silentLogger, type DatabaseUrls } from '#libs/platform';
import { freePort, freshDatabase, type FreshDatabase } from '#testing/platform';
import { Deliveries } from './deliveries.js';
import { DeliveryDispatch } from './delivery-dispatch.js';
import type { DeliveryResult, Receiver } from './receivers.js';
import { StuckAlerts } from './stuck-alerts.js';
import { seenShard, stand } from './testing/index.js';

const patience = { timeout: 50_000, interval: 100 };

let fresh: FreshDatabase;
let health: HealthChecks;
let metrics: Metrics;
let answer: DeliveryResult;
let ends: (() => Promise<void>)[];

const receiver: Receiver = { name: 'pager', wants: 'transition', deliver: () => Promise.resolve(answer) };

beforeEach(async () => {
  fresh = await freshDatabase();
  health = new HealthChecks();
  metrics = new Metrics();
  answer = { outcome: 'delivered', status: 200 };
  ends = [];
});
afterEach(async () => {
  for (const end of ends.toReversed()) await end();
  await fresh.close();
});

function dispatch(queueAt: Readonly<{ urls: DatabaseUrls; redisUrl?: string }>): DeliveryDispatch {
  const queues = new JobQueues({ databaseUrl: queueAt.urls.projector, redisUrl: queueAt.redisUrl });
  const { projection: pool } = fresh.database;
  const made = new DeliveryDispatch({
    pool,
    queues,
    deliveries: new Deliveries(pool, [receiver], 'http://127.0.0.1:7411'),
    isRedis: queueAt.redisUrl !== undefined,
    logger: silentLogger,
    metrics,
    health,
  });
  ends.push(async () => {
    await Promise.race([made.onApplicationShutdown(), new Promise((late) => setTimeout(late, 1_000).unref())]);
    void queues.close().catch(() => undefined);
  });
  return made;
}

function alerts(database: Database): StuckAlerts {
  const acts = new ActWriters({ pool: database.projection });
  const made = new StuckAlerts({ database, receivers: [receiver], health, logger: silentLogger, acts });
  ends.push(() => made.onApplicationShutdown());
  return made;
}

const found = async (name: string) => (await health.readyz()).checks.find((check) => check.name === name);
const told = async (series: string): Promise<number | undefined> => {
  const line = (await metrics.expose(undefined)).body.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
};

/** One alert whose deliveries are due. */
async function anAlert(): Promise<void> {
  const shardId = await seenShard(fresh.pool);
  await stand(fresh.pool, shardId);
  await alerts(fresh.database).scan({ shardId, cluster: 'c1', source: 'kubernetes' }, new Date());
}

describe('metrics of deliveries', () => {
  it('tell what waits and for how long, and what became of what was tried', async () => {
    await anAlert();
    expect(await told('initledger_delivery_queued{receiver="pager"}')).toBeUndefined();
    const dispatched = dispatch({ urls: fresh.urls });
    expect(await told('initledger_delivery_queued{receiver="pager"}')).toBe(1);
    await fresh.pool.query(`UPDATE outbox SET created_at = created_at - interval '1 hour'`);
    expect(await told('initledger_delivery_lag_seconds{receiver="pager"}')).toBeGreaterThanOrEqual(3_600);

    answer = { outcome: 'failed', status: 503, detail: 'busy', retryAfterMs: 0 };
    dispatched.onApplicationBootstrap();
    await vi.waitFor(
      async () => expect(await told('initledger_delivery_attempts_total{outcome="failed"}')).toBeGreaterThan(0),
      patience,
    );
    answer = { outcome: 'delivered', status: 200 };
    await vi.waitFor(
      async () => expect(await told('initledger_delivery_attempts_total{outcome="delivered"}')).toBe(1),
      patience,
    );

    expect(await told('initledger_delivery_queued{receiver="pager"}')).toBeUndefined();
  });
});

describe('the check "deliveries" of /readyz', () => {
  it('is well while what is due is handed over', async () => {
    dispatch({ urls: fresh.urls }).onApplicationBootstrap();

    await vi.waitFor(async () => expect(await found('deliveries')).toEqual({ name: 'deliveries', ok: true }), patience);
  });

  it.each([
    { place: 'Redis', remedy: 'REDIS_URL' },
    { place: 'PostgreSQL', remedy: 'DATABASE_URL' },
  ])('says that $place has taken no job for half a minute, and that nothing is lost', async ({ place, remedy }) => {
    await anAlert();
    const nowhere = `127.0.0.1:${await freePort()}`;
    const away =
      place === 'Redis'
        ? { urls: fresh.urls, redisUrl: `redis://${nowhere}` }
        : { urls: { ...fresh.urls, projector: `postgres://nobody@${nowhere}/nowhere` } };
    const dispatched = dispatch(away);
    dispatched.onApplicationBootstrap();
    await vi.waitFor(
      async () => expect(await told('initledger_delivery_queue_failures_total')).toBeGreaterThan(0),
      patience,
    );

    const later = dispatched.check(Date.now() + 31_000);

    await expect(later).rejects.toMatchObject({
      code: 'not-ready',
      message: expect.stringMatching(/for 30 s: .*ECONNREFUSED/u) as string,
      remedy: expect.stringMatching(new RegExp(`${remedy}.*Nothing is lost`, 'u')) as string,
    });
    const { rows } = await fresh.pool.query('SELECT FROM outbox WHERE done_at IS NULL');
    expect(rows.length).toBe(1);
  });
});

describe('the check "alerting" of /readyz', () => {
  it('says that the deadlines are not looked at any more, and what to do', async () => {
    const scanning = alerts(new Database(fresh.urls));
    scanning.onApplicationBootstrap();
    await vi.waitFor(async () => expect(await found('alerting')).toEqual({ name: 'alerting', ok: true }), patience);
    await scanning.onApplicationShutdown();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31_000 });

    const late = await found('alerting');
    vi.useRealTimers();

    expect(late).toMatchObject({
      ok: false,
      error: 'deadlines have not been looked at for 30 s',
      remedy: expect.stringContaining('the database must be reachable') as string,
    });
  });
});
