/** A rolling change of the number of slices: recorders of both numbers are alive, each with a standby. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startApi, type SimulatedApi } from '#libs/cluster-simulator';
import { Shards } from '#libs/event-store';
import { Slice, connect, type Cluster } from '#libs/kubernetes';
import { Recorders, watchingWithin, type StartedRecorder } from './testing/index.js';

const namespaces = Array.from({ length: 8 }, (_, nth) => `team-${nth}`);
const watching = watchingWithin(20_000);
const patience = { timeout: 30_000, interval: 50 };

let recorders: Recorders;
let api: SimulatedApi;
let admin: Cluster;

beforeEach(async () => {
  recorders = await Recorders.open();
  api = await startApi();
  admin = connect({ kubeconfig: api.kubeconfigPath });
  for (const name of namespaces) await create('/api/v1/namespaces', { metadata: { name } });
});

afterEach(async () => {
  await recorders.close();
  await api.close();
});

/** One that leads and one that waits for its Lease, of one slice or of the whole. */
async function pair(slice?: Slice): Promise<readonly [StartedRecorder, StartedRecorder]> {
  const lease = { namespace: 'default', name: slice ? `recorder-${slice.nth}-of-${slice.of}` : 'recorder' };
  const leader = recorders.start(api.kubeconfigPath, { lease, slice });
  await watching(leader);
  const standby = recorders.start(api.kubeconfigPath, { lease, slice });
  await vi.waitFor(() => expect(stateOf(standby)).toBe('standby'), patience);
  return [leader, standby];
}

const stateOf = ({ recorder }: StartedRecorder): string => recorder.status.state;

const create = (path: string, object: unknown): Promise<unknown> =>
  admin.ask(path, { method: 'POST', body: JSON.stringify(object) });

/** A pod in each namespace. */
async function change(round: number): Promise<void> {
  for (const namespace of namespaces)
    await create(`/api/v1/namespaces/${namespace}/pods`, {
      metadata: { name: `${namespace}-${round}` },
      spec: { containers: [{ name: 'app', image: 'app:1' }] },
    });
}

/** What the shards hold of the pods of a round: how each was seen. */
async function seenOf(round: number, shardIds: readonly number[]): Promise<readonly (readonly unknown[])[]> {
  const told = (await Promise.all(shardIds.map((shardId) => recorders.told(shardId)))).flat();
  return namespaces.map((namespace) =>
    told
      .filter(({ type, body }) => type === 'PodObserved' && nameOf(body) === `${namespace}-${round}`)
      .map(({ body }) => body['via']),
  );
}

const nameOf = ({ parts }: Record<string, unknown>): string | undefined =>
  (parts as { metadata?: { name?: string } }).metadata?.name;

describe('recorders of two numbers of slices that run together', () => {
  it('do not take the cluster from each other for ever, and each change is told once through every fail-over', async () => {
    const old = await pair();
    await change(0);
    const [whole] = await new Shards(recorders.pool).list();
    const each = async (via: readonly string[], round: number, shardIds: readonly number[]) =>
      vi.waitFor(
        async () => expect(await seenOf(round, shardIds)).toEqual(Array.from(namespaces, () => via)),
        patience,
      );
    await each(['watch'], 0, [whole?.shardId ?? 0]);

    const halves = [await pair(new Slice(0, 2)), await pair(new Slice(1, 2))];
    await change(1);
    // The one that led finds out with its next append, and its standby when it has the Lease.
    await vi.waitFor(() => expect(old.map(stateOf)).toEqual(['fenced', 'fenced']), patience);
    const open = (await new Shards(recorders.pool).list()).slice(1).map(({ shardId }) => shardId);
    await each(['initialList'], 0, open);
    await each(['watch'], 1, open);

    for (const [nth, [leader, standby]] of halves.entries()) {
      await leader.recorder.stop();
      await change(2 + nth);
      await watching(standby);
      await each(['watch'], 2 + nth, open);
    }
    await change(4);
    await each(['watch'], 4, open);
    expect(halves.map(([, standby]) => stateOf(standby))).toEqual(['recording', 'recording']);
    expect(old.map(stateOf)).toEqual(['fenced', 'fenced']);
    const shards = await new Shards(recorders.pool).list();
    expect(shards.map(({ slice, closedAt }) => [slice?.of, closedAt !== null])).toEqual([
      [undefined, true],
      [2, false],
      [2, false],
    ]);
    // What each said once, when it began, and nothing of the fail-overs.
    for (const shardId of open) {
      const gaps = (await recorders.told(shardId)).filter(({ type }) => type === 'ObservationGap');
      expect(gaps).toHaveLength(4);
      expect(new Set(gaps.map(({ body }) => body['resource']))).toEqual(
        new Set(['events', 'namespaces', 'nodes', 'pods']),
      );
    }
    expect(await recorders.told(whole?.shardId)).not.toContainEqual(
      expect.objectContaining({ type: 'ObservationGap' }),
    );
  }, 120_000);
});
