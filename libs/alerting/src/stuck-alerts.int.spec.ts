import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ActWriters } from '#libs/event-store';
import { HealthChecks, silentLogger } from '#libs/platform';
import { freshDatabase, type FreshDatabase } from '#testing/platform';
import { Deliveries } from './deliveries.js';
import { takeDue } from './outbox.js';
import type { Notification } from './notification.js';
import type { DeliveryResult, Receiver } from './receivers.js';
import { StuckAlerts } from './stuck-alerts.js';
import { seenShard, stand } from './testing/index.js';

let fresh: FreshDatabase;
let shardId: number;
let alerts: StuckAlerts;
let told: { receiver: string; notification: Notification; id: string }[];
let answer: DeliveryResult;

const receiver = (name: string, wants: Receiver['wants']): Receiver => ({
  name,
  wants,
  deliver: (notification, id) => {
    told.push({ receiver: name, notification, id });
    return Promise.resolve(answer);
  },
});
const receivers = [receiver('state', 'state'), receiver('transition', 'transition')];

beforeEach(async () => {
  fresh = await freshDatabase();
  shardId = await seenShard(fresh.pool);
  told = [];
  answer = { outcome: 'delivered', status: 200 };
  alerts = another();
});
afterEach(async () => {
  await alerts.onApplicationShutdown();
  await fresh.close();
});

const another = (): StuckAlerts =>
  new StuckAlerts({
    database: fresh.database,
    receivers,
    health: new HealthChecks(),
    logger: silentLogger,
    acts: new ActWriters({ pool: fresh.database.projection }),
  });

const scan = (at = new Date()): Promise<void> => alerts.scan({ shardId, cluster: 'c1', source: 'kubernetes' }, at);

/** Delivers everything that is due at `at`. */
async function deliver(at = new Date()): Promise<void> {
  const pool = fresh.database.projection;
  const deliveries = new Deliveries(pool, receivers, 'http://127.0.0.1:7411');
  for (const row of await takeDue(pool, at)) await deliveries.attempt(row.shard_id, row.dedupe_key, () => at);
}

const later = (seconds: number): Date => new Date(Date.now() + seconds * 1000);
const acts = async (): Promise<string[]> =>
  (await fresh.pool.query<{ type: string }>('SELECT type FROM act_event ORDER BY position')).rows.map(
    ({ type }) => type,
  );

describe('StuckAlerts', () => {
  it('fires one alert for forty pods that are stuck in one place', async () => {
    for (let nth = 0; nth < 40; nth += 1) await stand(fresh.pool, shardId, { name: `api-${nth}`, position: nth });

    await scan();
    await deliver();

    expect(told.map(({ receiver: to, notification }) => [to, notification.pods.length])).toEqual([
      ['state', 40],
      ['transition', 40],
    ]);
  });

  it('raises and delivers nothing for a recording, and goes on for what is live', async () => {
    await stand(fresh.pool, shardId);
    const recording = await seenShard(fresh.pool, 2, 'recording');
    await stand(fresh.pool, recording);

    alerts.onApplicationBootstrap();
    // an act that is recorded is put out a moment later
    await vi.waitFor(async () => expect((await fresh.pool.query('SELECT FROM outbox')).rowCount).toBe(2), {
      timeout: 30_000,
    });
    await alerts.scan({ shardId: recording, cluster: 'c1', source: 'recording' }, new Date());
    await deliver();

    const { rows } = await fresh.pool.query<{ shard_id: number }>('SELECT DISTINCT shard_id FROM act_event');
    expect(rows).toEqual([{ shard_id: shardId }]);
    expect(told.length).toBe(2);
  });

  it('says nothing before the deadline', async () => {
    await stand(fresh.pool, shardId, { deadlineIn: 60 });

    await scan();

    expect(await acts()).toEqual([]);
  });

  it('records each transition once, however often it looks', async () => {
    const uid = await stand(fresh.pool, shardId);
    await scan();
    await scan();
    await stand(fresh.pool, shardId, { uid, state: 'initialized', position: 2 });
    await scan();
    await scan();

    expect(await acts()).toEqual(['AlertFired', 'AlertResolved']);
  });

  it('notes of all alerts in one statement which pods they stand for now, and writes only what changed', async () => {
    for (let nth = 0; nth < 5; nth += 1) await stand(fresh.pool, shardId, { workload: `api-${nth}`, position: nth });
    await scan();
    const standing = async () =>
      (
        await fresh.pool.query<{ name: string; pods: number; written: string }>(
          'SELECT workload_name AS name, jsonb_array_length(standing) AS pods, xmin::text AS written FROM alert ORDER BY 1',
        )
      ).rows;
    const before = await standing();
    for (let nth = 0; nth < 2; nth += 1)
      await stand(fresh.pool, shardId, { workload: `api-${nth}`, name: 'more', position: 9 });
    const query = vi.spyOn(fresh.database.projection, 'query');

    await scan();

    expect(query.mock.calls.filter((call) => JSON.stringify(call).includes('UPDATE alert SET standing'))).toHaveLength(
      1,
    );
    const after = await standing();
    expect(after.map(({ pods }) => pods)).toEqual([2, 2, 1, 1, 1]);
    expect(after.slice(2)).toEqual(before.slice(2));
  });

  it('tells the end with its reason, after the beginning', async () => {
    const uid = await stand(fresh.pool, shardId);
    await scan();
    await deliver();
    await stand(fresh.pool, shardId, { uid, state: 'initialized', position: 2 });
    await scan();
    await deliver();

    const { rows } = await fresh.pool.query<{ resolution: string }>('SELECT resolution FROM alert');
    expect(rows).toEqual([{ resolution: 'recovered' }]);
    expect(
      told.filter((one) => one.receiver === 'transition').map(({ notification }) => notification.endsAt === null),
    ).toEqual([true, false]);
  });

  it('ends what fires in a shard that was closed, once, and never says that it recovered', async () => {
    await stand(fresh.pool, shardId);
    await scan();
    await fresh.pool.query('UPDATE shard SET closed_at = now() WHERE shard_id = $1', [shardId]);
    const closed = { shardId, cluster: 'c1', source: 'kubernetes', isClosed: true } as const;

    await alerts.scan(closed, new Date());
    await alerts.scan(closed, new Date());
    await deliver();

    expect(await acts()).toEqual(['AlertFired', 'AlertResolved']);
    const { rows } = await fresh.pool.query<{ resolution: string }>('SELECT resolution FROM alert');
    expect(rows).toEqual([{ resolution: 'handed_over' }]);
  });

  it('goes on where a killed process stopped: an act that was recorded is told by the next one', async () => {
    await stand(fresh.pool, shardId);
    await scan();
    // what a crash between the append and the reading of the act leaves
    await fresh.pool.query('DELETE FROM alert');
    await fresh.pool.query('DELETE FROM outbox');
    await fresh.pool.query('UPDATE alert_bookmark SET position = -1, lease_until = now()');
    await alerts.onApplicationShutdown();

    alerts = another();
    await scan();
    await deliver();

    expect(await acts()).toEqual(['AlertFired']);
    expect(told).toHaveLength(2);
  });

  it('leaves a shard alone that another process decides about', async () => {
    await stand(fresh.pool, shardId);
    await scan();
    const second = another();
    await stand(fresh.pool, shardId, { workload: 'other', position: 5 });
    await second.scan({ shardId, cluster: 'c1', source: 'kubernetes' }, new Date());
    await second.onApplicationShutdown();

    expect(await acts()).toEqual(['AlertFired']);
  });

  it('neither fires nor resolves while the recorder gives no sign of life', async () => {
    const uid = await stand(fresh.pool, shardId);
    await scan();
    await fresh.pool.query(`UPDATE shard SET seen_at = now() - interval '5 minutes'`);
    await stand(fresh.pool, shardId, { uid, state: 'initialized', position: 2 });
    await stand(fresh.pool, shardId, { workload: 'other', position: 3 });
    await scan();

    expect(await acts()).toEqual(['AlertFired']);
  });

  it('neither fires nor resolves while its clock has been set back', async () => {
    await stand(fresh.pool, shardId);
    await scan();
    await scan(later(-1_800));

    expect(await acts()).toEqual(['AlertFired']);
  });

  it('tells those who keep the state again each minute, with how many stand there now', async () => {
    await stand(fresh.pool, shardId);
    await scan();
    await deliver();
    told = [];
    await stand(fresh.pool, shardId, { name: 'api-2', position: 2 });
    await scan();
    const minuteLater = later(61);
    await fresh.pool.query(`UPDATE shard SET seen_at = now() + interval '1 minute'`);
    await scan(minuteLater);
    await deliver(minuteLater);

    expect(told.map(({ receiver: to, notification }) => [to, notification.pods.length])).toEqual([['state', 2]]);
  });
});

describe('Deliveries', () => {
  it('tries again what failed, with the same id, and tells a later transition only after it', async () => {
    const uid = await stand(fresh.pool, shardId);
    await scan();
    answer = { outcome: 'failed', status: 503, detail: 'busy', retryAfterMs: null };
    await deliver();
    await stand(fresh.pool, shardId, { uid, state: 'initialized', position: 2 });
    await scan();
    answer = { outcome: 'delivered', status: 200 };
    for (const seconds of [3, 6, 9]) await deliver(later(seconds));

    const transitions = told.filter((one) => one.receiver === 'transition');
    expect(transitions.map(({ notification }) => notification.endsAt === null)).toEqual([true, true, false]);
    expect(transitions[0]!.id).toBe(transitions[1]!.id);
  });

  it('tells at once, and in order, what was put out by a clock that has been set back since', async () => {
    const uid = await stand(fresh.pool, shardId);
    await scan();
    await fresh.pool.query(
      `UPDATE outbox SET created_at = now() + interval '1 hour', due_at = now() + interval '1 hour', queued_at = now() + interval '1 hour'`,
    );
    await stand(fresh.pool, shardId, { uid, state: 'initialized', position: 2 });
    await scan();
    for (const seconds of [0, 2]) await deliver(later(seconds));

    const transitions = told.filter((one) => one.receiver === 'transition');
    expect(transitions.map(({ notification }) => notification.endsAt === null)).toEqual([true, false]);
  });

  it('tries again what failed by a clock that has been set back since', async () => {
    await stand(fresh.pool, shardId);
    await scan();
    answer = { outcome: 'failed', status: 503, detail: 'busy', retryAfterMs: null };
    await deliver(later(3_600));
    told = [];
    await deliver(later(5));

    expect(told.map(({ receiver: to }) => to)).toEqual(['state', 'transition']);
  });

  it('does not open again, for those who keep the state, what has ended meanwhile', async () => {
    const uid = await stand(fresh.pool, shardId);
    await scan();
    await stand(fresh.pool, shardId, { uid, state: 'initialized', position: 2 });
    await scan();
    await deliver();

    expect(
      told.filter((one) => one.receiver === 'state').map(({ notification }) => notification.endsAt === null),
    ).toEqual([false]);
  });

  it('writes down every attempt and gives up what is refused', async () => {
    await stand(fresh.pool, shardId);
    await scan();
    answer = { outcome: 'refused', status: 422, detail: 'no such tenant' };
    await deliver();
    await deliver(later(3600));

    const { rows } = await fresh.pool.query('SELECT receiver, outcome, status, detail FROM delivery ORDER BY receiver');
    expect(rows).toEqual([
      { receiver: 'state', outcome: 'refused', status: 422, detail: 'no such tenant' },
      { receiver: 'transition', outcome: 'refused', status: 422, detail: 'no such tenant' },
    ]);
  });
});
