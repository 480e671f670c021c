import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { databaseRoles, type DatabaseRole } from '#libs/platform';
import { freshDatabase, withClient, type FreshDatabase } from '#testing/platform';

import { EventWriter } from './event-writer.js';
import { someEvents, someShard } from './testing/events.js';

const CHANGES = [
  `UPDATE event SET body = '{}'`,
  'DELETE FROM event',
  'TRUNCATE event',
  `UPDATE act_event SET body = '{}'`,
  'DELETE FROM act_event',
  'TRUNCATE act_event',
  `UPDATE merkle_tile SET hashes = hashes`,
  'DELETE FROM merkle_tile',
  'TRUNCATE merkle_tile',
];
const INSUFFICIENT_PRIVILEGE = '42501';
const REFUSED_BY_TRIGGER = 'IL002';

describe('the logs', () => {
  let database: FreshDatabase;
  let shardId: number;
  let partition: string;

  beforeAll(async () => {
    database = await freshDatabase();
    shardId = await someShard(database.database.ingest);
    const observations = await EventWriter.open(database.database.ingest, shardId);
    await observations.append(someEvents(300));
    const acts = await EventWriter.open(database.database.projection, shardId, { log: 'act_event' });
    await acts.append(someEvents(1));
    const { rows } = await database.pool.query('SELECT tableoid::regclass::text AS name FROM event LIMIT 1');
    partition = rows[0].name;
  });
  afterAll(() => database.close());

  const refusal = (url: string, sql: string): Promise<unknown> =>
    withClient(url, (client) =>
      client.query(sql).then(
        () => 'done',
        (error: { code: string }) => error.code,
      ),
    );

  describe.each(databaseRoles)('%s', (role) => {
    it.each(CHANGES)('may not %s', async (sql) => {
      expect(await refusal(database.urls[role], sql)).toBe(INSUFFICIENT_PRIVILEGE);
    });

    it('may not go round the log by its partitions', async () => {
      const statements = [
        `INSERT INTO ${partition} SELECT * FROM event LIMIT 0`,
        `UPDATE ${partition} SET body = '{}'`,
        `DELETE FROM ${partition}`,
        `TRUNCATE ${partition}`,
      ];

      const refusals = await Promise.all(statements.map((sql) => refusal(database.urls[role], sql)));

      expect(refusals).toEqual(statements.map(() => INSUFFICIENT_PRIVILEGE));
    });

    it('may not make tables', async () => {
      expect(await refusal(database.urls[role], 'CREATE TABLE mine (n int)')).toBe(INSUFFICIENT_PRIVILEGE);
    });
  });

  it.each([
    ['observations', 'event', 'recorder'],
    ['observations’ tiles', 'merkle_tile', 'recorder'],
    ['acts', 'act_event', 'projector'],
  ] as const)('take %s from one role alone', async (_name, table, author) => {
    const takes = await Promise.all(
      databaseRoles.map((role) => refusal(database.urls[role], `INSERT INTO ${table} SELECT * FROM ${table} LIMIT 0`)),
    );

    expect(takes).toEqual(databaseRoles.map((role) => (role === author ? 'done' : INSUFFICIENT_PRIVILEGE)));
  });

  it.each([
    ['observations', 'event', 'recorder'],
    ['acts', 'act_event', 'projector'],
  ] as const)('let one role alone hold the head of %s', async (_name, log, author) => {
    const holders: DatabaseRole[] = [];
    for (const role of databaseRoles) {
      const moved = await refusal(database.urls[role], `SELECT move_head('${log}', ${shardId}, 1, -1, -1, now())`);
      if (moved === 'IL001') holders.push(role);
    }

    expect(holders).toEqual([author]);
  });

  it.each([...CHANGES, 'partition'])('refuse even their owner to %s', async (sql) => {
    const statement = sql === 'partition' ? `TRUNCATE ${partition}` : sql;

    expect(await refusal(database.adminUrl, statement)).toBe(REFUSED_BY_TRIGGER);
  });

  it('can be read by every role that has to', async () => {
    const readable = await Promise.all(
      databaseRoles.map((role) => refusal(database.urls[role], 'SELECT count(*) FROM event')),
    );

    expect(readable).toEqual(['done', 'done', 'done']);
  });

  it('get their partitions at the wish of a role that may not make tables', async () => {
    expect(await refusal(database.urls.recorder, `SELECT make_partition('event', '2031-01-01Z')`)).toBe('done');
    expect(await refusal(database.urls.projector, `SELECT make_partition('act_event', '2031-01-01Z')`)).toBe('done');
    expect(await refusal(database.urls.api, `SELECT make_partition('event', '2031-01-01Z')`)).toBe(
      INSUFFICIENT_PRIVILEGE,
    );
    expect(await refusal(database.adminUrl, 'TRUNCATE event_2031w01')).toBe(REFUSED_BY_TRIGGER);
  });
});
