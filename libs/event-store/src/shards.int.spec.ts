import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { freshDatabase, type FreshDatabase } from '#testing/platform';

import { EventWriter } from './event-writer.js';
import { Shards, type Shard, type ShardSlice } from './shards.js';
import { someEvents, someShard } from './testing/events.js';

describe('the shards of a cluster', () => {
  let database: FreshDatabase;
  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(() => database.close());

  const register = (clusterUid: string, slice?: ShardSlice) => someShard(database.pool, { clusterUid, slice });
  const shard = async (shardId: number): Promise<Shard> => {
    const found = (await new Shards(database.pool).list()).find((each) => each.shardId === shardId);
    if (!found) throw new Error(`no shard ${shardId}`);
    return found;
  };

  it('are one for each slice, whoever registers first, and the same again', async () => {
    const [second, first] = await Promise.all([
      register('even', { nth: 1, of: 2 }),
      register('even', { nth: 0, of: 2 }),
    ]);

    expect(second).not.toBe(first);
    expect(await register('even', { nth: 0, of: 2 })).toBe(first);
    expect(await shard(first)).toMatchObject({
      slice: { nth: 0, of: 2 },
      generation: 0,
      predecessors: [],
      closedAt: null,
    });
    expect(new Set([(await shard(first)).origin, (await shard(second)).origin]).size).toBe(2);
  });

  it('are closed by another number of slices, whose shards name them', async () => {
    const whole = await register('grows');
    const writer = await EventWriter.open(database.pool, whole);
    await writer.append(someEvents(3));

    const [first, second] = [await register('grows', { nth: 0, of: 2 }), await register('grows', { nth: 1, of: 2 })];

    expect((await shard(whole)).closedAt).not.toBeNull();
    for (const shardId of [first, second])
      expect(await shard(shardId)).toMatchObject({ generation: 1, predecessors: [whole], closedAt: null });
    await expect(writer.append(someEvents(1))).rejects.toMatchObject({ code: 'writer-fenced' });
    await expect(EventWriter.open(database.pool, whole)).rejects.toMatchObject({ code: 'shard-closed' });
    await (await EventWriter.open(database.pool, first)).append(someEvents(1));
    // what was done about it goes on being written
    await (await EventWriter.open(database.pool, whole, { log: 'act_event' })).append(someEvents(1));
  });

  it('begin another generation where an old number comes back', async () => {
    const [whole] = [await register('wavers'), await register('wavers', { nth: 0, of: 2 })];
    const [first] = (await new Shards(database.pool).list()).filter(
      ({ clusterUid, slice }) => clusterUid === 'wavers' && slice,
    );

    const again = await register('wavers');

    expect(again).not.toBe(whole);
    expect(await shard(again)).toMatchObject({ generation: 2, predecessors: [first?.shardId], slice: undefined });
    expect(await register('wavers')).toBe(again);
  });

  it('leave those of other clusters alone', async () => {
    const other = await register('other');

    await register('new', { nth: 0, of: 2 });

    expect((await shard(other)).closedAt).toBeNull();
  });
});
