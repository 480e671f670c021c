import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ActWriters } from '#libs/event-store';
import { HealthChecks, silentLogger } from '#libs/platform';
import { freshDatabase, type FreshDatabase } from '#testing/platform';
import { alertsAgainstActs } from './alerts-against-acts.js';
import { Deliveries } from './deliveries.js';
import { takeDue } from './outbox.js';
import type { Receiver } from './receivers.js';
import { StuckAlerts } from './stuck-alerts.js';
import { seenShard, stand } from './testing/index.js';

const echo: Receiver = {
  name: 'echo',
  wants: 'transition',
  deliver: () => Promise.resolve({ outcome: 'refused', status: 400, detail: 'no' }),
};

let fresh: FreshDatabase;
let judge: Client;
beforeAll(async () => {
  fresh = await freshDatabase();
  const shardId = await seenShard(fresh.pool);
  const acts = new ActWriters({ pool: fresh.database.projection });
  const parts = { database: fresh.database, receivers: [echo], health: new HealthChecks(), logger: silentLogger, acts };
  const alerts = new StuckAlerts(parts);
  const scan = async (): Promise<void> => {
    const now = new Date();
    await alerts.scan({ shardId, cluster: 'c1', source: 'kubernetes' }, now);
    const pool = fresh.database.projection;
    const deliveries = new Deliveries(pool, [echo], 'http://127.0.0.1:7411');
    for (const row of await takeDue(pool, now)) await deliveries.attempt(row.shard_id, row.dedupe_key, () => now);
  };
  const uid = await stand(fresh.pool, shardId, { name: 'api-1' });
  await scan();
  await stand(fresh.pool, shardId, { uid, name: 'api-1', state: 'initialized', position: 2 });
  await scan();
  await stand(fresh.pool, shardId, { name: 'api-2', position: 3 });
  await scan();
  await alerts.onApplicationShutdown();
  await acts.close();
  judge = new Client({ connectionString: fresh.adminUrl });
  await judge.connect();
});
afterAll(async () => {
  await judge.end();
  await fresh.close();
});

const tables = ['alert', 'outbox', 'delivery', 'alert_bookmark'];
const found = async (): Promise<readonly string[]> =>
  (await alertsAgainstActs(fresh.database.projection)).map(
    ({ table, columns, says }) => `${table} ${columns?.join() ?? ''}: ${says}`,
  );

/** Nothing of the change stays. */
async function after(change: string): Promise<readonly string[]> {
  for (const table of tables) await judge.query(`CREATE TABLE kept_${table} AS SELECT * FROM ${table}`);
  try {
    await judge.query(change);
    return await found();
  } finally {
    for (const table of tables)
      await judge.query(
        `DELETE FROM ${table}; INSERT INTO ${table} SELECT * FROM kept_${table}; DROP TABLE kept_${table}`,
      );
  }
}

describe('alerts', () => {
  it('are what their acts come to', async () => {
    const { rows } = await judge.query('SELECT episode, state FROM alert ORDER BY episode');
    const { rows: sent } = await judge.query('SELECT count(*)::int AS sent FROM delivery');

    expect([rows, sent]).toEqual([
      [
        { episode: 1, state: 'resolved' },
        { episode: 2, state: 'firing' },
      ],
      [{ sent: 3 }],
    ]);
    expect(await found()).toEqual([]);
  });

  it('are found where any column says what no act says, but where they stand now', async () => {
    const { rows } = await judge.query<{ name: string; type: string; key: boolean }>(
      `SELECT attname AS name, format_type(atttypid, atttypmod) AS type, attname = ANY (key_columns('alert')) AS key
         FROM pg_attribute WHERE attrelid = 'alert'::regclass AND attnum > 0 AND NOT attisdropped`,
    );
    const other: Readonly<Record<string, (name: string) => string>> = {
      text: (name) => `coalesce(${name}, '') || 'x'`,
      uuid: () => 'gen_random_uuid()',
      integer: (name) => `${name} + 10`,
      bigint: (name) => `coalesce(${name}, 0) + 1`,
      jsonb: (name) => `${name} || '[1]'`,
      'double precision': (name) => `${name} + 0.001`,
      'timestamp with time zone': (name) => `coalesce(${name}, now()) + interval '1 microsecond'`,
    };
    const unfound: string[] = [];
    for (const { name, type, key } of rows) {
      const told = await after(`UPDATE alert SET ${name} = ${other[type]?.(name) ?? 'NULL'} WHERE episode = 1`);
      const one = key ? 'alert : no act tells of it' : `alert ${name}: it is not what the act says`;
      if (!told.includes(one)) unfound.push(name);
    }
    expect(unfound.toSorted()).toEqual(['seals', 'standing']);
  });

  it.each([
    [`DELETE FROM alert WHERE episode = 1`, 'alert : the row is gone, and the act that tells of it is there'],
    [`DELETE FROM alert WHERE episode = 1`, 'outbox : no alert tells of it'],
    [`DELETE FROM alert_bookmark`, 'alert : no act tells of it'],
    [`UPDATE alert_bookmark SET position = 0`, 'alert : no act tells of it'],
    [
      `UPDATE outbox SET created_at = created_at - interval '1 hour' WHERE transition = 'fired'`,
      'outbox created_at: it is not what the alert says',
    ],
    [`UPDATE outbox SET receiver = 'other' WHERE episode = 1`, 'delivery receiver: it is not what the outbox says'],
    [
      `UPDATE outbox SET transition = 'resolved' WHERE episode = 2`,
      'outbox transition,created_at: it is not what the alert says',
    ],
    [`DELETE FROM outbox WHERE episode = 1`, 'delivery : no outbox tells of it'],
    [`DELETE FROM delivery`, 'delivery : 0 attempts are there, and the outbox counts 1'],
    [
      `INSERT INTO delivery SELECT (json_populate_record(d, json_build_object('delivery_id', gen_random_uuid()))).* FROM delivery AS d`,
      'delivery : 2 attempts are there, and the outbox counts 1',
    ],
  ])('and what was sent are found: %s', async (change, told) => {
    expect(await after(change)).toContain(told);
  });
});
