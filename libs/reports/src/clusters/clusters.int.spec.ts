import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Shards } from '#libs/event-store';
import { initBacksOff, newPod } from '#testing/projections';
import type { Stuck } from '../stuck/stuck.schema.js';
import { Scene, surroundings } from '../testing/index.js';
import type { Cluster } from './cluster.schema.js';

const closedAt = '2026-11-21T10:50:00.000Z';

/** A cluster that was recorded as a whole, with a pod that is stuck, until it was divided in two. */
let scene: Scene;
beforeAll(async () => {
  scene = await Scene.set([
    ...surroundings(),
    newPod(1, 1),
    ...initBacksOff(1, 60, 'back-off 5m0s restarting failed container=migrate pod=api_shop(1)'),
  ]);
  const { recorderPool: pool, shardId } = scene.ledger;
  const shards = new Shards(pool);
  const whole = (await shards.list()).find((shard) => shard.shardId === shardId);
  if (!whole) throw new Error('the scene has no shard');
  for (const nth of [0, 1]) await shards.register({ ...whole, slice: { nth, of: 2 } });
  await pool.query('UPDATE shard SET closed_at = $2 WHERE shard_id = $1', [shardId, closedAt]);
});
afterAll(() => scene.end());

type Answer<Item> = Readonly<{ items: Item[] }>;

describe('a cluster that is recorded in slices', () => {
  it('is told shard by shard: which part each is, and which was closed for it', async () => {
    const { items } = await scene.body<Answer<Cluster>>('/api/v1/clusters');

    const { shardId } = scene.ledger;
    expect(items.map(({ slice, predecessors, closedAt: closed }) => ({ slice, predecessors, closed }))).toEqual([
      { slice: null, predecessors: [], closed: closedAt },
      { slice: { nth: 0, of: 2 }, predecessors: [shardId], closed: null },
      { slice: { nth: 1, of: 2 }, predecessors: [shardId], closed: null },
    ]);
    expect(items[0]?.health).toBe('closed');
    expect(new Set(items.map(({ cluster, uid }) => `${cluster} ${uid}`)).size).toBe(1);
  });

  it('tells how its slices are divided, and whether the server does it, as far as that is known', async () => {
    const { recorderPool: pool } = scene.ledger;
    const divisions = async () => {
      const { items } = await scene.body<Answer<Cluster>>('/api/v1/clusters');
      return items.map(({ division }) => division);
    };
    const byHash = { by: 'hash', byServer: null };
    expect(await divisions()).toEqual([null, byHash, byHash]);

    await pool.query(`UPDATE shard SET slice_cuts = '{8000000000000000}' WHERE slice IS NOT NULL`);
    const [first] = (await new Shards(pool).list()).filter(({ slice }) => slice);
    await new Shards(pool).update(first?.shardId ?? 0, { dividedByServer: true });
    await new Shards(pool).update(first?.shardId ?? 0);

    expect(await divisions()).toEqual([null, { by: 'range', byServer: true }, { by: 'range', byServer: null }]);
  });

  it('has nothing stuck in a shard that was closed, which its successors tell, and had so before', async () => {
    const stuck = async (query = '') => (await scene.body<Answer<Stuck>>(`/api/v1/stuck${query}`)).items.length;

    expect(await stuck()).toBe(0);
    expect(await stuck('?asOf=2026-11-21T10:40:00Z')).toBe(1);
  });
});
