import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Shards, readWatchPositions } from '#libs/event-store';
import { Slice } from '#libs/kubernetes';
import { Recorders, SmallApi, factsOf as factsIn, kubeEvent, pod, uidOf, watchingWithin } from './testing/index.js';

let recorders: Recorders;
let api: SmallApi;

beforeEach(async () => {
  recorders = await Recorders.open();
  api = await SmallApi.start();
  for (const name of ['kube-system', ...namespaces])
    api.put('namespaces', { metadata: { name, uid: uidOf(`namespace ${name}`) } });
  api.put('nodes', { metadata: { name: 'node', uid: uidOf('node') } });
});

afterEach(async () => {
  await recorders.close();
  await api.close();
});

const namespaces = Array.from({ length: 8 }, (_, nth) => `team-${nth}`);

const record = (choice?: Parameters<Recorders['start']>[1]) => recorders.start(api.kubeconfig, choice);
const watching = watchingWithin(10_000);

const factsOf = (source: string) => factsIn(recorders.pool, source);

function change(round: number): void {
  for (const namespace of namespaces) {
    const name = `${namespace}-${round}`;
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `rs-${namespace}` };
    api.put('replicasets', { metadata: { name: owner.name, namespace, uid: uidOf(`ReplicaSet ${owner.name}`) } });
    api.put('pods', pod({ name, namespace, owner }));
    const about = kubeEvent({ about: name, name: `e-${name}` });
    api.put('events', { ...about, metadata: { ...about.metadata, namespace } });
    api.put('pods', pod({ name, namespace, owner, phase: 'Running' }));
    if (round > 1) api.delete('pods', uidOf(`pod ${namespace}-${round - 1}`));
  }
}

describe('recorders of two slices of a cluster', () => {
  it('together tell exactly what one tells', async () => {
    change(0);
    await watching(record({ source: 'demo' }));
    const slices = [record({ slice: new Slice(0, 2) }), record({ slice: new Slice(1, 2) })];
    await Promise.all(slices.map(watching));
    for (const round of [1, 2]) change(round);
    // One of them breaks off, and goes on from its position, which frames of the other slice have moved as well.
    await slices[0]?.recorder.stop();
    change(3);
    await watching(record({ slice: new Slice(0, 2) }));
    change(4);

    await vi.waitFor(async () => expect(await factsOf('kubernetes')).toEqual(await factsOf('demo')), 10_000);
    const shards = (await new Shards(recorders.pool).list()).filter(({ source }) => source === 'kubernetes');
    const each = await Promise.all(shards.map(({ shardId }) => recorders.told(shardId)));
    expect(
      each.map((told) => told.filter(({ type }) => type === 'PodObserved').length).every((count) => count > 0),
    ).toBe(true);
    // What explains pods of both is in both.
    expect(each.map((told) => told.filter(({ type }) => type === 'NodeObserved').length)).toEqual([1, 1]);
    expect(each.flat().filter(({ type }) => type === 'ObservationGap')).toEqual([]);
  });

  it('give way to another number of slices, whose shards begin anew and name those that were closed', async () => {
    const before = record({ lease: { namespace: 'default', name: 'recorder' } });
    await watching(before);
    change(0);
    const [whole] = await new Shards(recorders.pool).list();
    await vi.waitFor(
      async () => expect((await factsOf('kubernetes'))[`${uidOf('pod team-7-0')} `]).toHaveLength(2),
      10_000,
    );

    const slices = [record({ slice: new Slice(0, 2) }), record({ slice: new Slice(1, 2) })];
    await Promise.all(slices.map(watching));
    change(1);

    await vi.waitFor(() => expect(before.recorder.status).toMatchObject({ state: 'fenced' }), 30_000);
    await vi.waitFor(() => expect(before.recorder.status.remedy).toMatch(/--slice/), 30_000);
    const shards = await new Shards(recorders.pool).list();
    expect(shards.map(({ slice, predecessors, closedAt }) => [slice, predecessors, closedAt !== null])).toEqual([
      [undefined, [], true],
      [expect.anything(), [whole?.shardId], false],
      [expect.anything(), [whole?.shardId], false],
    ]);
    await vi.waitFor(async () => {
      const fresh = await Promise.all(shards.slice(1).map(({ shardId }) => recorders.told(shardId)));
      const [first] = fresh.flat().filter(({ streamId }) => streamId === uidOf('pod team-7-0'));
      expect(first?.body).toMatchObject({ via: 'initialList' });
    }, 10_000);
  }, 90_000);

  it('tell, each, what may have gone unseen since those before them, also where one of those was never recorded', async () => {
    const whole = record();
    await watching(whole);
    await whole.recorder.stop();
    const seenUntil = await movedAt();
    change(0);

    const half = record({ slice: new Slice(0, 2) });
    await watching(half);
    await half.recorder.stop();
    const thirds = [0, 1, 2].map((nth) => record({ slice: new Slice(nth, 3) }));
    await Promise.all(thirds.map(watching));

    const [first, ...later] = await new Shards(recorders.pool).list();
    expect(later.map(({ slice }) => slice?.of)).toEqual([2, 3, 3, 3]);
    expect(await gapsIn(first?.shardId)).toEqual([]);
    // Slice 1 of 2 was never recorded: what is in it was seen by the whole alone.
    for (const { shardId } of later) {
      const gaps = await gapsIn(shardId);
      expect(Object.fromEntries(gaps.map(({ resource, from }) => [resource, from]))).toEqual(seenUntil);
      expect(new Set(gaps.map(({ cause, namespace }) => `${cause} ${namespace}`))).toEqual(new Set(['stopped null']));
      expect(gaps).toHaveLength(4);
      const told = await recorders.told(shardId);
      const gap = told.findIndex(({ type, body }) => type === 'ObservationGap' && body['resource'] === 'pods');
      const pods = told.filter(({ type }) => type === 'PodObserved');
      expect(new Set(pods.map(({ body }) => body['via']))).toEqual(new Set(['initialList']));
      expect(told.findIndex(({ type }) => type === 'PodObserved')).toBeGreaterThan(gap);
    }
    // Told once: whoever goes on from its position has missed nothing.
    await thirds[1]?.recorder.stop();
    await watching(record({ slice: new Slice(1, 3) }));
    for (const { shardId } of later) expect(await gapsIn(shardId)).toHaveLength(4);
  }, 60_000);
});

type Gap = Readonly<{ resource: string; namespace: string | null; from: string; cause: string }>;

const gapsIn = async (shardId?: number): Promise<readonly Gap[]> =>
  (await recorders.told(shardId))
    .filter(({ type }) => type === 'ObservationGap')
    .map(({ body }) => body as unknown as Gap);

/** When the watches of the only shard were moved last. */
async function movedAt(): Promise<Record<string, string>> {
  const [only] = await new Shards(recorders.pool).list();
  const positions = await readWatchPositions(recorders.pool, only?.shardId ?? 0);
  return Object.fromEntries(positions.map((position) => [position.watch, position.movedAt]));
}
