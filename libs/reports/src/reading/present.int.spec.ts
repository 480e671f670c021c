import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Shards } from '#libs/event-store';
import { initRuns, newPod, nodeSeen, time, uid, type Ledger } from '#testing/projections';
import type { Cluster } from '../clusters/cluster.schema.js';
import type { Meta } from '../shapes/common.js';
import type { Pod } from '../shapes/pod.js';
import type { Stuck } from '../stuck/stuck.schema.js';
import { Scene, surroundings } from '../testing/index.js';

type Answer<Item> = Readonly<{ items: readonly Item[]; meta: Meta }>;

/** An hour before the scene's now: pod 1 ran for ten minutes and pod 2 for five seconds when it ended. */
const long = [...surroundings(), newPod(1, 1), initRuns(1, 2), newPod(2, 590), initRuns(2, 595), nodeSeen(600)];
/** Pod 3 was 99 s old, and had run for 98 seconds when it ended. */
const short = [...surroundings(), newPod(3, 1), initRuns(3, 2), nodeSeen(100)];

const ended = [{ right: 'recording', unknown: `everything after ${time(600)}` }];

let scene: Scene;
let other: Ledger;
let shards: Shards;
beforeAll(async () => {
  scene = await Scene.set(long, {}, 'recording');
  other = await scene.ledger.beside('other', 'recording');
  await other.append(short);
  await other.project();
  shards = new Shards(scene.ledger.recorderPool);
});
afterAll(() => scene.end());

const running = async (query = ''): Promise<Record<string, number | null>> => {
  const { items } = await scene.body<Answer<Pod>>(`/api/v1/pods?sort=name${query}`);
  return Object.fromEntries(items.map(({ name, duration }) => [name, duration.seconds]));
};
const stuck = async (query = ''): Promise<string[]> => {
  const { items } = await scene.body<Answer<Stuck>>(`/api/v1/stuck${query}`);
  return items.flatMap(({ pods }) => pods.map(({ name }) => name));
};

describe('recordings of the past', () => {
  it('go on to their last observation, each to its own', async () => {
    expect(await running()).toEqual({ 'api-1': 599, 'api-2': 10, 'api-3': 99 });
    expect((await scene.body<{ data: Pod }>(`/api/v1/pods/${uid(3)}`)).data.duration.seconds).toBe(99);
    expect(await running('&minDuration=90s')).toEqual({ 'api-1': 599, 'api-3': 99 });
    expect(Object.keys(await running('&minDuration=100s'))).toEqual(['api-1']);
    const { items } = await scene.body<Answer<Pod>>('/api/v1/pods?sort=-duration');
    expect(items.map(({ name }) => name)).toEqual(['api-1', 'api-3', 'api-2']);
  });

  it('tell what was stuck at their end, everywhere', async () => {
    expect(await stuck()).toEqual(['api-1']);
    expect(Object.keys(await running('&stuck=true'))).toEqual(['api-1']);
    const { items } = await scene.body<Answer<{ cluster: string; stuck: number }>>('/api/v1/workloads');
    expect(items.map((each) => [each.cluster, each.stuck])).toEqual([
      ['test', 1],
      ['other', 0],
    ]);
    expect((await scene.get('/metrics').expect(200)).text).toContain(
      'podinit_stuck_pods{namespace="shop",reason="DEPENDENCY_WAIT"} 1',
    );
  });

  it('ended, where all of one was read, at its last line, also where that says nothing of a pod', async () => {
    const clusters = async (): Promise<unknown[]> =>
      (await scene.body<Answer<Cluster>>('/api/v1/clusters')).items.map(({ cluster, endedAt, health }) => [
        cluster,
        endedAt,
        health,
      ]);
    const { position } = (await scene.body<Answer<Pod>>('/api/v1/pods?limit=1')).meta;
    expect(await clusters()).toEqual([
      ['test', null, expect.stringMatching(/watching|notSeen/)],
      ['other', null, expect.stringMatching(/watching|notSeen/)],
    ]);

    await shards.update(other.shardId, { unknowns: ended, recordedUntil: time(500) });
    expect((await clusters())[1]).toEqual(['other', new Date(time(500)).toISOString(), 'ended']);
    expect(await stuck()).toEqual(['api-1', 'api-3']);
    // what was told at a place is told there again
    expect(await stuck(`?asOf=${position}`)).toEqual(['api-1']);
    expect((await running(`&asOf=${position}`))['api-3']).toBe(99);

    // a recording that is played again does not go back
    await shards.update(other.shardId, { recordedUntil: time(50) });
    expect((await running())['api-3']).toBe(499);
  });

  it('count what is asked from their end on, and tell what was so at a moment before it', async () => {
    expect(Object.keys(await running('&from=now-10m'))).toEqual(['api-1', 'api-2', 'api-3']);
    expect(await running(`&at=${time(52)}`)).toEqual({ 'api-1': 51, 'api-3': 51 });
    expect((await running(`&at=${time(3000)}`))['api-1']).toBe(599);
  });

  it('go on while more of them comes', async () => {
    await scene.see([nodeSeen(700)]);

    expect((await running())['api-1']).toBe(699);
  });
});

describe('a cluster that is live', () => {
  it('goes on to now', async () => {
    const live = await Scene.set(long);
    const { items } = await live.body<Answer<Pod>>('/api/v1/pods?sort=name');
    await live.end();

    expect(items.map(({ duration }) => duration.seconds)).toEqual([3599, 3010]);
  });
});
