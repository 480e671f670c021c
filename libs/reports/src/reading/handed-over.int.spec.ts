import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Parts } from '#libs/init-history';
import { goodStart, initRuns, newPod, nodeSeen, time, uid, type Ledger, type Seen } from '#testing/projections';
import type { Cluster } from '../clusters/cluster.schema.js';
import type { Meta } from '../shapes/common.js';
import type { Pod } from '../shapes/pod.js';
import type { Stuck } from '../stuck/stuck.schema.js';
import { Scene, surroundings } from '../testing/index.js';

type Answer<Item> = Readonly<{ items: readonly Item[]; meta: Meta }>;

/** A pod as a first list shows it at the second 601: all that was seen of it, at once. */
function listed(seen: readonly Seen[]): Seen {
  const [first] = seen;
  const parts = Object.assign(
    {},
    ...seen.map(({ observation }) => 'parts' in observation && observation.parts),
  ) as Parts;
  const observation = {
    ...first?.observation,
    parts,
    via: 'initialList',
    receivedAt: time(601),
  } as Seen['observation'];
  return { streamId: first?.streamId ?? '', observation };
}

let scene: Scene;
let slice: Ledger;
let other: Ledger;

/**
 * Pod 1 is initialized and pod 2 runs in its init container when another number of slices begins, ten minutes on; pod 3, which runs as well,
 * is gone before the new shard's first list. Another cluster has a pod of its own, which runs.
 */
beforeAll(async () => {
  scene = await Scene.set([
    ...surroundings(),
    ...goodStart(1, 1, 10),
    newPod(2, 20),
    initRuns(2, 21),
    newPod(3, 30),
    initRuns(3, 31),
    nodeSeen(590),
  ]);
  slice = await scene.ledger.sliced({ nth: 0, of: 2 });
  const { shardId } = scene.ledger;
  await scene.ledger.recorderPool.query(`UPDATE shard SET closed_at = $2 WHERE shard_id = $1`, [shardId, time(600)]);
  await slice.append([...surroundings(), listed(goodStart(1, 1, 10)), listed([newPod(2, 20), initRuns(2, 21)])]);
  await slice.project();
  other = await scene.ledger.beside('other', 'kubernetes');
  await other.append([...surroundings(), newPod(4, 1), initRuns(4, 2)]);
  await other.project();
  await scene.ledger.recorderPool.query('UPDATE shard SET seen_at = to_timestamp($1)', [Date.now() / 1000]);
});
afterAll(() => scene.end());

const pods = async (query = ''): Promise<readonly (readonly [string, string])[]> => {
  const { items } = await scene.body<Answer<Pod>>(`/api/v1/pods?sort=name${query}`);
  return items.map(({ name, cluster }) => [name, cluster]);
};
const stuck = async (query = ''): Promise<string[]> => {
  const { items } = await scene.body<Answer<Stuck>>(`/api/v1/stuck${query}`);
  return items.flatMap(({ pods: some }) => some.map(({ name }) => name)).toSorted();
};

/** Whose observations of a pod are told. */
async function shardOf(pod: number, query = ''): Promise<number> {
  const { items } = await scene.body<Answer<{ position: string }>>(`/api/v1/pods/${uid(pod)}/events?limit=1${query}`);
  return Number(items[0]?.position.split(':')[0]);
}

describe('pods that live while the number of slices changes', () => {
  it('are listed once, by cluster as well', async () => {
    const test = [
      ['api-1', 'test'],
      ['api-2', 'test'],
      ['api-3', 'test'],
    ];
    expect(await pods()).toEqual([...test, ['api-4', 'other']]);
    expect(await pods('&cluster=test')).toEqual(test);
    expect(await pods('&cluster=other')).toEqual([['api-4', 'other']]);
  });

  it('are each told as the shard tells them that records them now', async () => {
    const { data } = await scene.body<{ data: Pod }>(`/api/v1/pods/${uid(2)}`);
    expect(await shardOf(2)).toBe(slice.shardId);
    // Its time goes on.
    expect(data.duration.seconds).toBeGreaterThan(600);
    expect(await shardOf(3)).toBe(scene.ledger.shardId);
  });

  it('are stuck once, and those that are gone are not', async () => {
    expect(await stuck()).toEqual(['api-2', 'api-4']);
    expect(await stuck('?cluster=test')).toEqual(['api-2']);
    expect(await stuck('?cluster=other')).toEqual(['api-4']);
    expect((await scene.get('/metrics').expect(200)).text).toContain(
      'podinit_stuck_pods{namespace="shop",reason="DEPENDENCY_WAIT"} 2',
    );
  });

  it('are counted once where what lives is counted', async () => {
    const { items } = await scene.body<Answer<Cluster>>('/api/v1/clusters');
    expect(items.map(({ cluster, health, pods: count }) => [cluster, health === 'closed', count])).toEqual([
      ['test', true, 0],
      ['test', false, 2],
      ['other', false, 1],
    ]);
    const report = 'groupBy=cluster&from=2026-11-21T00:00:00Z&initContainers=any';
    for (const of of ['initialization', 'attempt']) {
      type Row = Readonly<{ cluster: string; running: number; ended: number; exactCount: number }>;
      const told = await scene.body<Answer<Row>>(`/api/v1/reports/durations?${report}&of=${of}`);
      expect(told.items.map(({ cluster, ...row }) => [cluster, row.running, row.ended, row.exactCount])).toEqual([
        ['test', 1, 1, 1],
        ['other', 1, 0, 0],
      ]);
    }
  });

  it('have their workload told once, with the sum of what both shards counted', async () => {
    type Workload = Readonly<{
      cluster: string;
      workload: { name: string };
      pods: number;
      stuck: number;
      running: number;
    }>;
    const { items } = await scene.body<Answer<Workload>>('/api/v1/workloads');
    expect(items.map((each) => [each.cluster, each.workload.name, each.pods, each.stuck, each.running])).toEqual([
      ['test', 'api', 2, 1, 1],
      ['other', 'api', 1, 1, 1],
    ]);
  });

  it('are told by the closed shard as of a time before', async () => {
    expect((await pods(`&asOf=${time(500)}`)).map(([name]) => name)).toEqual(['api-1', 'api-2', 'api-3', 'api-4']);
    expect(await shardOf(2, `&asOf=${time(500)}`)).toBe(scene.ledger.shardId);
    expect(await stuck(`?asOf=${time(500)}`)).toEqual(['api-2', 'api-3', 'api-4']);
  });
});
