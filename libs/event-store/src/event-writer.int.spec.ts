import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createPool } from '#libs/platform';
import { freshDatabase, type FreshDatabase } from '#testing/platform';

import { EventReader } from './event-reader.js';
import { EventWriter } from './event-writer.js';
import { bodyDigest, eventLeaf } from './leaf.js';
import { MerkleTree } from './merkle/merkle-tree.js';
import { someEvent, someEvents, someShard } from './testing/events.js';

describe('EventWriter', () => {
  let database: FreshDatabase;
  let shardId: number;
  let reader: EventReader;

  beforeAll(async () => {
    database = await freshDatabase();
    reader = new EventReader(database.pool);
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    shardId = await someShard(database.pool);
  });

  const rowCount = async (): Promise<number> => {
    const { rows } = await database.pool.query('SELECT count(*)::int AS n FROM event WHERE shard_id = $1', [shardId]);
    return rows[0].n;
  };

  it('gives positions without holes, from 0 on', async () => {
    const writer = await EventWriter.open(database.pool, shardId);

    const appended = [
      await writer.append(someEvents(3)),
      await writer.append(someEvents(1)),
      await writer.append(someEvents(2)),
    ];

    expect(appended.map(({ first, next }) => [first, next])).toEqual([
      [0, 3],
      [3, 4],
      [4, 6],
    ]);
    expect((await reader.readAfter(shardId, -1, 100)).map(({ position }) => position)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('keeps the order of appends that were asked for at once', async () => {
    const writer = await EventWriter.open(database.pool, shardId);

    await Promise.all(['a', 'b', 'c', 'd'].map((type) => writer.append([someEvent({ type })])));

    expect((await reader.readAfter(shardId, -1, 100)).map(({ type }) => type)).toEqual(['a', 'b', 'c', 'd']);
  });

  it.each([
    ['escapes and controls', '{"m":"tab\\t back\\\\slash \\"quoted\\" \\u0007 \\b\\f\\n\\r"}'],
    ['what COPY gives meaning to', String.raw`{"m":"\\N \\. \\x41"}`],
    ['other scripts and astral characters', '{"m":"žluťoučký 🚀 \u2028"}'],
    ['spaces and the order of keys', '{ "b" : 1,  "a": [ 1 , 2 ] }'],
  ])('stores %s verbatim', async (_name, body) => {
    const writer = await EventWriter.open(database.pool, shardId);

    await writer.append([someEvent({ body })]);

    expect((await reader.readAfter(shardId, -1, 1))[0]?.body).toBe(body);
  });

  it('replaces an escaped NUL, and nothing that only looks like one', async () => {
    const writer = await EventWriter.open(database.pool, shardId);

    await writer.append([someEvent({ body: String.raw`{"m":"a\u0000\u0000b \\u0000 \\\u0000"}` })]);

    const stored = (await reader.readAfter(shardId, -1, 1))[0]?.body;
    expect(stored).toBe(String.raw`{"m":"a\ufffd\ufffdb \\u0000 \\\ufffd"}`);
    await database.pool.query(`SELECT body->>'m' FROM event WHERE shard_id = $1`, [shardId]);
  });

  it.each([
    ['a stream that is no uuid', { streamId: 'pod-1' }],
    ['an id that is no uuid', { eventId: randomUUID().toUpperCase() }],
    ['no type', { type: '' }],
  ])('refuses an event with %s, and all of its batch', async (_name, wrong) => {
    const writer = await EventWriter.open(database.pool, shardId);

    const refused = writer.append([someEvent(), someEvent(wrong)]);

    await expect(refused).rejects.toMatchObject({ code: 'event-invalid' });
    expect(await rowCount()).toBe(0);
    expect(await writer.append([someEvent()])).toMatchObject({ first: 0, next: 1 });
  });

  it('refuses a body that is no JSON, and goes on', async () => {
    const writer = await EventWriter.open(database.pool, shardId);

    const refused = writer.append([someEvent({ body: '{"open":' })]);

    await expect(refused).rejects.toMatchObject({ code: 'event-invalid' });
    expect(await writer.append([someEvent()])).toMatchObject({ first: 0, next: 1 });
  });

  it('keeps the microseconds of recorded_at', async () => {
    const writer = await EventWriter.open(database.pool, shardId, { now: () => 1_795_000_000_123_456 });

    const { recordedAt } = await writer.append([someEvent()]);

    expect(recordedAt).toBe('2026-11-18T11:06:40.123456Z');
    expect((await reader.readAfter(shardId, -1, 1))[0]?.recordedAt).toBe(recordedAt);
  });

  it('never lets recorded_at decrease, not even for a writer after a clock that ran ahead', async () => {
    const ahead = await EventWriter.open(database.pool, shardId, { now: () => 1_795_000_000_000_000 });
    const first = await ahead.append([someEvent()]);
    const behind = await EventWriter.open(database.pool, shardId, { now: () => 1_794_000_000_000_000 });

    const second = await behind.append([someEvent()]);

    expect(second.recordedAt).toBe(first.recordedAt);
  });

  it('moves watch positions together with the events', async () => {
    const writer = await EventWriter.open(database.pool, shardId);

    await writer.append([someEvent()], [{ watch: 'pods', resourceVersion: '7' }]);
    await writer.append([], [{ watch: 'pods', resourceVersion: '9' }]);
    await writer.append([someEvent()], [{ watch: "events/o'brien", resourceVersion: '3' }]);

    expect(await writer.watchPositions()).toMatchObject([
      { watch: "events/o'brien", resourceVersion: '3' },
      { watch: 'pods', resourceVersion: '9' },
    ]);
    expect(writer.size).toBe(2);
  });

  it('makes the partition of a week that nobody foresaw', async () => {
    let now = 1_795_000_000_000_000;
    const writer = await EventWriter.open(database.pool, shardId, { now: () => now });
    await writer.append([someEvent()]);

    now += 120 * 86_400_000_000;
    await writer.append([someEvent()]);

    expect((await reader.readAfter(shardId, -1, 10)).map(({ recordedAt }) => recordedAt.slice(0, 10))).toEqual([
      '2026-11-18',
      '2027-03-18',
    ]);
  });

  it('lets only the newest of two writers append', async () => {
    const old = await EventWriter.open(database.pool, shardId);
    await old.append(someEvents(2));
    const next = await EventWriter.open(database.pool, shardId);

    const race = await Promise.allSettled([old.append(someEvents(5)), next.append(someEvents(3))]);

    expect(race).toMatchObject([
      { status: 'rejected', reason: { code: 'writer-fenced' } },
      { value: { first: 2, next: 5 } },
    ]);
    expect(await rowCount()).toBe(5);
  });

  it('stores nothing of an append that was fenced while it was under way', async () => {
    const old = await EventWriter.open(database.pool, shardId);
    await old.append(someEvents(2));
    const blocker = await database.pool.connect();
    await blocker.query('BEGIN; SELECT 1 FROM shard_head WHERE shard_id = ' + shardId + ' FOR UPDATE');

    const late = old.append(someEvents(300), [{ watch: 'pods', resourceVersion: '99' }]);
    await blocker.query(`UPDATE shard_head SET epoch = epoch + 1 WHERE shard_id = ${shardId}; COMMIT`);
    blocker.release();

    await expect(late).rejects.toMatchObject({ code: 'writer-fenced' });
    expect(await rowCount()).toBe(2);
    expect(await old.watchPositions()).toEqual([]);
  });

  it('writes acts to a log of their own, with a head of its own', async () => {
    const observations = await EventWriter.open(database.pool, shardId);
    const acts = await EventWriter.open(database.pool, shardId, { log: 'act_event' });
    await observations.append(someEvents(4));

    await acts.append([someEvent({ type: 'AlertRaised' })]);

    expect(await new EventReader(database.pool, 'act_event').readAfter(shardId, -1, 10)).toMatchObject([
      { position: 0, type: 'AlertRaised' },
    ]);
    expect((await reader.head(shardId))?.size).toBe(4);
  });

  it('stores completed tiles only, and a new writer finds the same tree again', async () => {
    const writer = await EventWriter.open(database.pool, shardId);
    for (const count of [200, 100, 1, 511, 40]) await writer.append(someEvents(count));

    const again = await EventWriter.open(database.pool, shardId);

    const tiles = await database.pool.query(
      'SELECT level, index, length(hashes) AS bytes FROM merkle_tile WHERE shard_id = $1 ORDER BY level, index',
      [shardId],
    );
    expect(tiles.rows).toEqual([0, 1, 2].map((index) => ({ level: 0, index, bytes: 8_192 })));
    expect(again.sealed().root.toString('hex')).toBe(writer.sealed().root.toString('hex'));
    expect(again.sealed().root.toString('hex')).toBe((await rootOfRows()).toString('hex'));
  });

  it('refuses to open a log from which rows were removed', async () => {
    const writer = await EventWriter.open(database.pool, shardId);
    await writer.append(someEvents(10));
    const owner = createPool(database.adminUrl, { name: 'owner', max: 1, statementTimeoutMs: 10_000 });
    await owner.query('SET session_replication_role = replica');
    await owner.query('DELETE FROM event WHERE shard_id = $1 AND position = 4', [shardId]);
    await owner.end();

    await expect(EventWriter.open(database.pool, shardId)).rejects.toMatchObject({ code: 'log-has-hole' });
    await expect(reader.readAfter(shardId, -1, 100)).rejects.toMatchObject({ code: 'log-has-hole' });
    await expect(reader.readAfter(shardId, 4, 100)).resolves.toHaveLength(5);
  });

  it('refuses to open a shard that nobody registered', async () => {
    await expect(EventWriter.open(database.pool, 4_711)).rejects.toMatchObject({ code: 'shard-unknown' });
    await expect(EventWriter.open(database.pool, 4_711, { log: 'act_event' })).rejects.toMatchObject({
      code: 'shard-unknown',
    });
  });

  it('raises the watch epoch for as long as it holds the shard', async () => {
    const writer = await EventWriter.open(database.pool, shardId);

    expect(await writer.raiseWatchEpoch()).toBe(1);

    const next = await EventWriter.open(database.pool, shardId);
    expect(next.watchEpoch).toBe(1);
    await expect(writer.raiseWatchEpoch()).rejects.toMatchObject({ code: 'writer-fenced' });
  });

  /** The root as somebody computes it who has the rows alone. */
  async function rootOfRows(): Promise<Buffer> {
    const salts = await database.pool.query('SELECT position, salt FROM event WHERE shard_id = $1', [shardId]);
    const saltOf = new Map(salts.rows.map((row) => [row.position, row.salt]));
    const events = await reader.readAfter(shardId, -1, 10_000);
    const leaves = events.map((event) =>
      eventLeaf({ ...event, digest: bodyDigest(saltOf.get(event.position), event.body ?? '') }),
    );
    return MerkleTree.empty.append(leaves).tree.root();
  }
});
