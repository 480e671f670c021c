import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Shards } from '#libs/event-store';
import { silentLogger } from '#libs/platform';
import type { Logger } from '#libs/platform';
import { Recorders, SmallApi, kubeEvent, pod, running, uidOf, watchingWithin } from './testing/index.js';
import type { Told } from './testing/index.js';

let recorders: Recorders;
let api: SmallApi;
/** What the log lines say of how each began. */
let regained: { events: number; kept: number }[] = [];
const listening = {
  ...silentLogger,
  child: () => listening,
  info: (said: object, words: string) => {
    if (words.startsWith('regained')) regained.push(said as { events: number; kept: number });
  },
} as unknown as Logger;

beforeEach(async () => {
  recorders = await Recorders.open();
  api = await SmallApi.start();
  api.put('namespaces', { metadata: { name: 'kube-system', uid: uidOf('kube-system') } });
});

afterEach(async () => {
  await recorders.close();
  regained = [];
  await api.close();
});

const record = (choice?: Parameters<Recorders['start']>[1]) =>
  recorders.start(api.kubeconfig, { logger: listening, ...choice });
const watching = watchingWithin(10_000);

const gaps = (told: readonly Told[]) => told.filter(({ type }) => type === 'ObservationGap');
const ofPod = (told: readonly Told[], name: string) => told.filter(({ streamId }) => streamId === uidOf(`pod ${name}`));
const untilPod = (name: string, count = 1) =>
  vi.waitFor(async () => expect(ofPod(await recorders.told(), name)).toHaveLength(count), 10_000);

/** What was recorded of pods and Events, subject by subject, without what differs between two recorders of the same. */
function facts(told: readonly Told[]): Record<string, unknown[]> {
  const byStream: Record<string, unknown[]> = {};
  for (const { type, streamId, body } of told) {
    if (!/^(Pod|KubeEvent|Owner)/.test(type)) continue;
    const { resourceVersion, parts, event, how, writes } = body;
    // Between the watch of pods and that of Events there is no order.
    const subject = `${streamId} ${type === 'KubeEventObserved' ? 'events' : 'pod'}`;
    (byStream[subject] ??= []).push({ type, resourceVersion, parts, event, how, writes });
  }
  return byStream;
}

async function factsOf(source: string): Promise<Record<string, unknown[]>> {
  const shard = (await new Shards(recorders.pool).list()).find((each) => each.source === source);
  return facts(await recorders.told(shard?.shardId));
}

/** Pods that come, change and go, with Events about them. */
async function churn(pods: number): Promise<void> {
  for (let at = 0; at < pods; at += 1) {
    const name = `p${at}`;
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `rs${at}` };
    api.put('replicasets', { metadata: { name: owner.name, namespace: 'shop', uid: uidOf(`ReplicaSet rs${at}`) } });
    api.put('pods', pod({ name, owner }));
    api.put('events', kubeEvent({ about: name, name: `e${at}` }));
    await sleep(4);
    api.put('pods', pod({ name, conditions: { PodScheduled: 'True' } }));
    api.put('events', kubeEvent({ about: name, name: `e${at}`, count: 2 }));
    if (at >= 5) api.put('pods', pod({ name: `p${at - 5}`, phase: 'Running' }));
    if (at >= 9) api.delete('pods', uidOf(`pod p${at - 9}`));
    if (at % 40 === 0) api.cut('pods', at % 80 === 0 ? 'well' : 'mid-line');
    await sleep(4);
  }
}

describe('a recorder that is killed at any moment', () => {
  it('loses nothing and records nothing twice', async () => {
    // The reference is never disturbed. Of the others, each is cut off in the middle of whatever it does by the next one's fence,
    // which for the log is what kill -9 is: what was not committed never will be.
    const reference = record({ source: 'demo' });
    // They keep what they know all the time, and each begins with what the last one kept.
    const victims = [record({ keepEveryMs: 20 })];
    await Promise.all([reference, ...victims].map(watching));
    const churning = churn(400);
    for (let kill = 0; kill < 10; kill += 1) {
      await sleep(50 + Math.random() * 250);
      victims.push(record({ keepEveryMs: 20 }));
      await vi.waitFor(() => expect(victims.at(-1)?.recorder.status.state).toBe('recording'), 10_000);
    }
    await churning;
    api.put('pods', pod({ name: 'last' }));

    await untilPod('last', 2);
    await vi.waitFor(async () => expect(await factsOf('kubernetes')).toEqual(await factsOf('demo')), 5_000);
    expect(gaps(await recorders.told())).toEqual([]);
    expect(regained.filter(({ kept }) => kept > 0).length).toBeGreaterThan(5);
    expect(victims.slice(0, -1).map(({ recorder }) => recorder.status.state)).toEqual(Array(10).fill('fenced'));
  }, 60_000);

  it('still records the last state of probes that were held back, and nothing again of what came after them', async () => {
    const probed = (is: boolean) =>
      pod({ conditions: { Initialized: 'True', Ready: is ? 'True' : 'False' }, containerStatuses: [running(is)] });
    await watching(record());
    for (const is of [false, true, false]) api.put('pods', probed(is));
    for (const phase of ['Pending', 'Running']) api.put('pods', pod({ name: 'changed', phase }));
    api.put('pods', pod({ name: 'short-lived' }));
    api.delete('pods', uidOf('pod short-lived'));
    await untilPod('short-lived', 2);
    await untilPod('web', 2);

    await watching(record());
    api.put('pods', pod({ name: 'last' }));

    await untilPod('last');
    await untilPod('web', 3);
    const told = await recorders.told();
    expect(ofPod(told, 'web').at(-1)?.body['parts']).toMatchObject({ 'condition.Ready': { status: 'False' } });
    expect(ofPod(told, 'changed')).toHaveLength(2);
    expect(ofPod(told, 'short-lived').map(({ type }) => type)).toEqual(['PodObserved', 'PodGone']);
  });
});

describe('a recorder that was stopped', () => {
  it('goes on from where it was, without a gap', async () => {
    const first = record();
    await watching(first);
    api.put('pods', pod({ name: 'before' }));
    await untilPod('before');
    await first.recorder.stop();
    api.put('pods', pod({ name: 'meanwhile' }));
    api.delete('pods', uidOf('pod before'));

    await watching(record());

    await untilPod('meanwhile');
    await untilPod('before', 2);
    const told = await recorders.told();
    expect(gaps(told)).toEqual([]);
    expect(ofPod(told, 'before')[1]).toMatchObject({ type: 'PodGone', body: { how: 'deleted' } });
  });

  it('reads no more of the log than what came after it stopped', async () => {
    const first = record();
    await watching(first);
    for (let at = 0; at < 30; at += 1) api.put('pods', pod({ name: `p${at}` }));
    await untilPod('p29');
    await first.recorder.stop();
    const size = (await recorders.told()).length;

    const second = record();
    await watching(second);
    api.put('pods', pod({ name: 'p3', phase: 'Running' }));
    await untilPod('p3', 2);

    expect(regained).toEqual([
      { events: 0, kept: 0, seconds: expect.any(Number) as number },
      { events: 0, kept: size, seconds: expect.any(Number) as number },
    ]);
    expect(ofPod(await recorders.told(), 'p4')).toHaveLength(1);
  });

  it('says since when it cannot know, where its position is gone', async () => {
    const first = record();
    await watching(first);
    api.put('pods', pod({ name: 'before' }));
    await untilPod('before');
    await first.recorder.stop();
    const stoppedAt = Date.now();
    api.delete('pods', uidOf('pod before'));
    api.put('pods', pod({ name: 'meanwhile' }));
    api.compact();

    await watching(record());

    await untilPod('before', 2);
    const told = await recorders.told();
    const gap = gaps(told).find(({ body }) => body['resource'] === 'pods')?.body;
    expect(gap).toMatchObject({ cause: 'stopped' });
    expect(Date.parse(String(gap?.['from']))).toBeLessThanOrEqual(stoppedAt);
    expect(ofPod(told, 'before')[1]).toMatchObject({ type: 'PodGone', body: { how: 'missing' } });
    expect(ofPod(told, 'meanwhile')).toMatchObject([{ body: { via: 'relist' } }]);
  });

  it('keeps one shard for one cluster, and another for the demo', async () => {
    await watching(record());
    await watching(record());
    await watching(record({ source: 'demo' }));

    const shards = await new Shards(recorders.pool).list();
    expect(shards.map(({ source, identity, clusterUid }) => [source, identity, clusterUid])).toEqual([
      ['kubernetes', 'namespaceUid', uidOf('kube-system')],
      ['demo', 'namespaceUid', uidOf('kube-system')],
    ]);
  });
});
