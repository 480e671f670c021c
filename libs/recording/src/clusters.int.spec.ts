import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Shards } from '#libs/event-store';
import type { Shard } from '#libs/event-store';
import { Recorders, SmallApi, pod, uidOf, watchingWithin } from './testing/index.js';
import type { StartedRecorder } from './testing/index.js';

const patience = { timeout: 20_000, interval: 50 };
const watching = watchingWithin(20_000);

describe('recorders of several clusters, one database', () => {
  let recorders: Recorders;
  let apis: Record<'east' | 'west', SmallApi>;

  beforeEach(async () => {
    recorders = await Recorders.open();
    apis = { east: await SmallApi.start(), west: await SmallApi.start() };
    for (const [name, api] of Object.entries(apis))
      api.put('namespaces', { metadata: { name: 'kube-system', uid: uidOf(`kube-system of ${name}`) } });
  });
  afterEach(async () => {
    await recorders.close();
    await Promise.all(Object.values(apis).map((api) => api.close()));
  });

  async function record(cluster: 'east' | 'west'): Promise<StartedRecorder> {
    const one = recorders.start(apis[cluster].kubeconfig, { keepEveryMs: 20 });
    await watching(one);
    return one;
  }

  const shardOf = async (cluster: string): Promise<Shard> => {
    const found = (await new Shards(recorders.pool).list()).filter(
      ({ clusterUid }) => clusterUid === uidOf(`kube-system of ${cluster}`),
    );
    expect(found).toHaveLength(1);
    return found[0] as Shard;
  };

  /** What the shard of a cluster tells of pods: how often each was observed, and how it went. */
  async function podsOf(cluster: string): Promise<Record<string, string[]>> {
    const byPod: Record<string, string[]> = {};
    for (const { type, streamId } of await recorders.told((await shardOf(cluster)).shardId))
      if (type.startsWith('Pod')) (byPod[streamId] ??= []).push(type);
    return byPod;
  }

  it('keep each cluster in a shard of its own, through restarts and kills of one beside the other', async () => {
    const [east] = [await record('east'), await record('west')];
    const expected: Record<'east' | 'west', Record<string, string[]>> = { east: {}, west: {} };
    const live = async (round: number) => {
      for (const cluster of ['east', 'west'] as const) {
        // Names are the same in both; uids are never.
        const uid = uidOf(`pod ${round} of ${cluster}`);
        for (const phase of ['Pending', 'Running']) apis[cluster].put('pods', pod({ name: `p${round}`, uid, phase }));
        if (round % 2 === 0) apis[cluster].delete('pods', uid);
        expected[cluster][uid] = ['PodObserved', 'PodObserved', ...(round % 2 === 0 ? ['PodGone'] : [])];
        await sleep(5);
      }
    };

    await live(0);
    await east.recorder.stop();
    await live(1);
    await record('east');
    await live(2);
    // To the log, the fence of the next one is what kill -9 is.
    await record('west');
    await live(3);
    await record('west');
    await live(4);

    for (const cluster of ['east', 'west'] as const)
      await vi.waitFor(async () => expect(await podsOf(cluster)).toEqual(expected[cluster]), patience);
    const shards = [await shardOf('east'), await shardOf('west')];
    expect(shards[0]?.shardId).not.toBe(shards[1]?.shardId);
    for (const { shardId } of shards)
      expect((await recorders.told(shardId)).filter(({ type }) => type === 'ObservationGap')).toEqual([]);
    expect(recorders.started.map(({ recorder }) => recorder.status.state)).toEqual([
      'stopped',
      'fenced',
      'recording',
      'fenced',
      'recording',
    ]);
  }, 60_000);
});
