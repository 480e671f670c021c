import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ActWriters, eraseBodies, positionsHolding } from '#libs/event-store';
import { HealthChecks, silentLogger } from '#libs/platform';
import { freshDatabase, placesHolding, type FreshDatabase } from '#testing/platform';
import { Deliveries } from './deliveries.js';
import { finishAlertErasures } from './finish-erasures.js';
import { takeDue } from './outbox.js';
import type { Receiver } from './receivers.js';
import { StuckAlerts } from './stuck-alerts.js';
import { seenShard, stand } from './testing/index.js';

const secret = 'hunter2';
let fresh: FreshDatabase;
let shardId: number;
let alerts: StuckAlerts;
let acts: ActWriters;

/** One that answers with what it was told. */
const echo: Receiver = {
  name: 'echo',
  wants: 'transition',
  deliver: ({ pods }) =>
    Promise.resolve({ outcome: 'refused', status: 400, detail: `not ${pods.map(({ name }) => name).join()}` }),
};

beforeEach(async () => {
  fresh = await freshDatabase();
  shardId = await seenShard(fresh.pool);
  acts = new ActWriters({ pool: fresh.database.projection });
  alerts = new StuckAlerts({
    database: fresh.database,
    receivers: [echo],
    health: new HealthChecks(),
    logger: silentLogger,
    acts,
  });
});
afterEach(async () => {
  await alerts.onApplicationShutdown();
  await acts.close();
  await fresh.close();
});

async function scan(): Promise<void> {
  const now = new Date();
  await alerts.scan({ shardId, cluster: 'c1', source: 'kubernetes' }, now);
  const pool = fresh.database.projection;
  const deliveries = new Deliveries(pool, [echo], 'http://127.0.0.1:7411');
  for (const row of await takeDue(pool, now)) await deliveries.attempt(row.shard_id, row.dedupe_key, () => now);
}
const rows = async (sql: string): Promise<object[]> => (await fresh.pool.query(sql)).rows;
const alertRows = () => rows('SELECT episode, state FROM alert ORDER BY episode');

async function erase(text: string): Promise<void> {
  const pool = fresh.database.projection;
  const positions = await positionsHolding(pool, { shardId, log: 'act_event' }, text);
  await eraseBodies({ pool, acts }, { shardId, log: 'act_event', positions, reason: 'r', author: 'a' });
  await finishAlertErasures(pool);
}

describe('an alert whose acts were erased', () => {
  it('is in no table, nor is what was delivered of it; another firing of it stays with its deliveries', async () => {
    const uid = await stand(fresh.pool, shardId, { name: `api-${secret}` });
    await scan();
    await stand(fresh.pool, shardId, { uid, name: 'api-2', state: 'initialized', position: 2 });
    await scan();
    await stand(fresh.pool, shardId, { name: 'api-3', position: 3 });
    await scan();
    expect((await placesHolding(fresh.adminUrl, secret)).join()).toMatch(/act_event.*alert.*delivery/u);

    await rows(`DELETE FROM pod_init WHERE strpos(name, '${secret}') > 0`);
    await erase(secret);
    await scan();

    expect(await placesHolding(fresh.adminUrl, secret)).toEqual([]);
    expect(await alertRows()).toEqual([{ episode: 2, state: 'firing' }]);
    expect(await rows('SELECT DISTINCT episode FROM outbox')).toEqual([{ episode: 2 }]);
    expect(await rows('SELECT detail FROM delivery')).toEqual([{ detail: 'not api-3' }]);
  });

  it('fires again where its end was erased, until it is ended again', async () => {
    const uid = await stand(fresh.pool, shardId);
    await scan();
    await stand(fresh.pool, shardId, { uid, state: 'initialized', position: 2 });
    await scan();

    await erase('AlertResolved');
    expect(await alertRows()).toEqual([{ episode: 1, state: 'firing' }]);
    await scan();

    expect(await alertRows()).toEqual([{ episode: 1, state: 'resolved' }]);
  });
});

describe('an alert of whose pods something was erased', () => {
  it('stands without them, once read models tell nothing of it', async () => {
    const uid = await stand(fresh.pool, shardId, { name: `api-${secret}` });
    await stand(fresh.pool, shardId, { name: 'api-2', position: 2 });
    await scan();
    const standing = `SELECT jsonb_array_length(standing) AS pods FROM alert`;
    await fresh.pool.query(
      `INSERT INTO erasure (shard_id, position, log, bodies) VALUES ($1, 9, 'event', json_build_array(json_build_object('streamId', $2::text)))`,
      [shardId, uid],
    );

    await finishAlertErasures(fresh.database.projection);
    expect(await rows(standing)).toEqual([{ pods: 2 }]);
    await rows('UPDATE erasure SET read_models_at = now()');
    await finishAlertErasures(fresh.database.projection);

    expect(await rows(standing)).toEqual([{ pods: 1 }]);
  });
});
