import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { freshDatabase, withClient, type FreshDatabase } from '#testing/platform';

import { EventReader } from './event-reader.js';
import { EventWriter } from './event-writer.js';
import { Feed, type Growth } from './feed.js';
import { someEvents, someShard } from './testing/events.js';

describe('Feed', () => {
  let database: FreshDatabase;

  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(() => database.close());

  it('wakes a reader of this process as soon as an append is durable', async () => {
    const feed = new Feed();
    const shardId = await someShard(database.pool);
    const writer = await EventWriter.open(database.pool, shardId, { feed });
    const woken = feed.next('event', undefined, 60_000);

    await writer.append(someEvents(2));

    await woken;
    expect((await new EventReader(database.pool).head(shardId))?.size).toBe(2);
  });

  it('reaches another process, and comes back after its connection was ended', async () => {
    const here = new Feed(database.database.ingest);
    const there = new Feed(database.database.api);
    const heard: Growth[] = [];
    there.subscribe((growth) => heard.push(growth));
    there.listen();

    await expect
      .poll(() => (here.publish({ log: 'event', shardId: 1, size: 5 }), heard.length), { timeout: 10_000 })
      .toBeGreaterThan(0);
    await withClient(database.adminUrl, (client) =>
      client.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
      ),
    );
    heard.length = 0;
    await expect
      .poll(() => (here.publish({ log: 'event', shardId: 1, size: 6 }), heard.at(-1)?.size), { timeout: 10_000 })
      .toBe(6);

    await Promise.all([here.close(), there.close()]);
  });

  it('says many growths at once as one', async () => {
    const here = new Feed(database.database.ingest);
    const there = new Feed(database.database.api);
    const sizes: number[] = [];
    there.subscribe(({ size }) => sizes.push(size));
    there.listen();
    await expect
      .poll(() => (here.publish({ log: 'event', shardId: 1, size: 0 }), sizes.length), { timeout: 10_000 })
      .toBeGreaterThan(0);
    sizes.length = 0;

    for (let size = 1; size <= 500; size += 1) here.publish({ log: 'event', shardId: 1, size });

    await expect.poll(() => sizes.at(-1), { timeout: 10_000 }).toBe(500);
    expect(sizes.length).toBeLessThan(5);
    await Promise.all([here.close(), there.close()]);
  });

  it('tells other processes of the first growth after a pause at once, and of those after it together', async () => {
    const feed = new Feed(database.database.ingest);
    const query = vi.spyOn(database.database.ingest, 'query');
    const publish = (size: number) => feed.publish({ log: 'event', shardId: 1, size });
    const sent = () =>
      query.mock.calls.map(([, growths]) => /"size":(\d+)/.exec(JSON.stringify(growths).replaceAll('\\', ''))?.[1]);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      publish(1);
      expect(sent()).toEqual(['1']);
      publish(2);
      publish(3);
      expect(sent()).toEqual(['1']);
      vi.advanceTimersByTime(50);
      expect(sent()).toEqual(['1', '3']);
      vi.advanceTimersByTime(200);
      expect(sent()).toEqual(['1', '3']);
      publish(4);
      expect(sent()).toEqual(['1', '3', '4']);
    } finally {
      vi.useRealTimers();
      query.mockRestore();
    }
    await feed.close();
  });

  it('lets a reader look for itself when nobody wakes it, and go when it is told to', async () => {
    const feed = new Feed();
    const stop = AbortSignal.timeout(20);

    await feed.next('event', undefined, 20);
    await feed.next('event', stop, 60_000);

    expect(stop.aborted).toBe(true);
  });
});
