import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { freshDatabase, type FreshDatabase } from '#testing/platform';

import { Shards } from './shards.js';
import type { ProposedDivision } from './slice-division.js';
import { someShard } from './testing/events.js';

const cuts = [0n, 5n, 0x8000_0000_0000_0001n, 0xffff_ffff_ffff_ffffn];
const others = [7n];

describe('the division of a cluster into slices', () => {
  let database: FreshDatabase;
  let shards: Shards;
  beforeAll(async () => {
    database = await freshDatabase();
    shards = new Shards(database.pool);
  });
  afterAll(() => database.close());

  const slice = (clusterUid: string, nth: number, of: number, division?: ProposedDivision) =>
    someShard(database.pool, { clusterUid, slice: { nth, of } }, division);

  it('is that of the shard that came first, whatever later ones propose', async () => {
    const ids = await Promise.all([
      slice('raced', 0, 3, { cuts }),
      slice('raced', 1, 3, { cuts: others }),
      slice('raced', 2, 3),
    ]);

    const first = await shards.cutsOf(Math.min(...ids));
    expect([cuts, others, undefined]).toContainEqual(first);
    for (const id of ids) expect(await shards.cutsOf(id)).toEqual(first);
  });

  it('is stored to the last bit, and read again by a recorder that proposes another', async () => {
    const shardId = await slice('kept', 0, 2, { cuts });

    expect(await slice('kept', 0, 2, { cuts: others })).toBe(shardId);
    expect(await shards.cutsOf(shardId)).toEqual(cuts);
    expect(await shards.cutsOf(await slice('kept', 1, 2))).toEqual(cuts);
  });

  it('is anew with another number of slices, of which closed shards decide nothing', async () => {
    await slice('recut', 0, 2, { cuts });
    const hashed = await slice('recut', 0, 3);
    const again = await slice('recut', 1, 2, { cuts: others });

    expect(await shards.cutsOf(hashed)).toBeUndefined();
    expect(await shards.cutsOf(again)).toEqual(others);
  });

  it('is refused where another is demanded, with the remedy, and nothing is made or closed', async () => {
    await slice('hashed', 0, 2);
    await slice('cut', 0, 2, { cuts });
    const before = await shards.list();

    await expect(slice('hashed', 1, 2, { cuts, demanded: 'range' })).rejects.toMatchObject({
      code: 'slices-divided-otherwise',
      message: expect.stringContaining('divided by hash'),
      remedy: expect.stringContaining('--slice-by hash'),
    });
    await expect(slice('cut', 0, 2, { demanded: 'hash' })).rejects.toMatchObject({
      code: 'slices-divided-otherwise',
    });
    expect(await shards.list()).toEqual(before);
    expect(await shards.cutsOf(await slice('cut', 1, 2, { demanded: 'range' }))).toEqual(cuts);
  });
});
