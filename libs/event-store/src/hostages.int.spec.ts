import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { JobQueues } from '#libs/platform';
import { freshDatabase, withClient, type FreshDatabase } from '#testing/platform';

import { EventReader } from './event-reader.js';
import { EventWriter } from './event-writer.js';
import { someEvents, someShard } from './testing/events.js';

describe('a log beside programs that hold transactions open and jobs that notify', () => {
  let database: FreshDatabase;
  let other: FreshDatabase;

  beforeAll(async () => {
    database = await freshDatabase();
    other = await freshDatabase();
  });
  afterAll(() => Promise.all([database.close(), other.close()]));

  it('is told at once to its end, whatever transactions are open here or in another database', async () => {
    const shardId = await someShard(database.pool);
    const writer = await EventWriter.open(database.pool, shardId);
    const reader = new EventReader(database.pool);

    await withClient(other.adminUrl, async (foreign) => {
      await foreign.query('BEGIN; CREATE TABLE held (n int)');
      await withClient(database.adminUrl, async (ours) => {
        await ours.query('BEGIN; CREATE TABLE held (n int)');
        for (let round = 1; round <= 20; round += 1) {
          await writer.append(someEvents(10));

          const seen = await reader.readAfter(shardId, 10 * (round - 1) - 1, 100);

          expect(seen.map(({ position }) => position)).toEqual(
            Array.from({ length: 10 }, (_, nth) => 10 * (round - 1) + nth),
          );
        }
        const { rows } = await ours.query(
          `SELECT FROM pg_stat_activity WHERE state = 'idle in transaction' AND backend_xid IS NOT NULL`,
        );
        const { rows: foreigners } = await foreign.query('SELECT pg_current_xact_id_if_assigned() AS xid');
        // both hostages hold a transaction id to the end
        expect(rows.length).toBeGreaterThanOrEqual(1);
        expect(foreigners).not.toEqual([{ xid: null }]);
      });
    });
    await writer.close();
  });

  it('grows and is read while jobs come and go, each of which notifies', async () => {
    const shardId = await someShard(database.pool);
    const writer = await EventWriter.open(database.pool, shardId);
    const reader = new EventReader(database.pool);
    const queues = new JobQueues({ databaseUrl: database.urls.projector });
    let done = 0;
    queues.work('load', { process: () => Promise.resolve(void (done += 1)), onError: () => undefined, concurrency: 8 });
    const queue = queues.queue('load');
    const jobs = Promise.all(Array.from({ length: 200 }, (_, nth) => queue.add('load', { nth })));

    for (let round = 0; round < 50; round += 1) await writer.append(someEvents(20));
    await jobs;
    await vi.waitFor(() => expect(done).toBe(200), { timeout: 50_000 });

    const all = await reader.readAfter(shardId, -1, 2_000);
    expect(all.length).toBe(1_000);
    await queues.close();
    await writer.close();
  });
});
