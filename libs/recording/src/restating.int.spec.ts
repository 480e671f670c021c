import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Recorders, SmallApi, pod, running, uidOf, watchingWithin } from './testing/index.js';
import type { Told } from './testing/index.js';

let recorders: Recorders;
let api: SmallApi;

beforeEach(async () => {
  recorders = await Recorders.open();
  api = await SmallApi.start();
  api.put('namespaces', { metadata: { name: 'kube-system', uid: uidOf('kube-system') } });
  api.put('nodes', { metadata: { name: 'n1', uid: uidOf('node n1') } });
  for (const name of ['a', 'b', 'c']) {
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `rs-${name}` };
    api.put('replicasets', {
      metadata: { name: owner.name, namespace: 'shop', uid: uidOf(`ReplicaSet ${owner.name}`) },
    });
    api.put('pods', pod({ name, owner }));
  }
});
afterEach(async () => {
  await recorders.close();
  await api.close();
});

const record = () => recorders.start(api.kubeconfig, { restateEveryMs: 50 });
const watching = watchingWithin(20_000);
const told = () => recorders.told();
const until = (count: number) =>
  vi.waitFor(async () => expect((await told()).length).toBeGreaterThanOrEqual(count), 20_000);

/** As retention does with a week that is older than is kept: here it holds all that is recorded. */
async function due(): Promise<number> {
  const { rows } = await recorders.pool.query<{ size: number }>(
    `INSERT INTO segment (shard_id, from_at, to_at, first_position, next_position, leaves_digest, edge_leaves, due_at)
     SELECT shard_id, 'epoch', now(), 0, size, sha256(''), '', now() FROM shard_head RETURNING next_position AS size`,
  );
  return rows[0]?.size ?? 0;
}
const restatedUpTo = async (size: number) =>
  vi.waitFor(async () => {
    const { rows } = await recorders.pool.query('SELECT up_to FROM restated');
    expect(rows).toEqual([{ up_to: size }]);
  }, 30_000);

/** What the parts of each subject come to, by an account that shares no code with the recorder. */
function folded(events: readonly Told[]): Record<string, Record<string, unknown>> {
  const subjects: Record<string, Record<string, unknown>> = {};
  for (const { type, streamId, body } of events) {
    if (type === 'PodGone') delete subjects[streamId];
    if (!/^(Pod|Node|Owner|Namespace)Observed$/u.test(type)) continue;
    const laid: Record<string, unknown> = { ...subjects[streamId], ...(body['parts'] as object) };
    subjects[streamId] = Object.fromEntries(Object.entries(laid).filter(([, part]) => part !== null));
  }
  return subjects;
}

describe('what lives in a week that is to be dropped', () => {
  it(
    'is told in full after it, and no other, so that nothing is missing of what is kept',
    { timeout: 90_000 },
    async () => {
      const first = record();
      await watching(first);
      api.put('pods', pod({ name: 'a', phase: 'Running', containerStatuses: [running(true)] }));
      api.delete('pods', uidOf('pod c'));
      await until(14);
      const all = folded(await told());
      const size = await due();
      await restatedUpTo(size);

      const events = await told();
      const kept = events.slice(size);
      expect(kept.length).toBeGreaterThan(0);
      expect(kept.filter(({ body }) => body['via'] === 'restated').map(({ streamId }) => streamId)).toEqual(
        expect.arrayContaining([uidOf('pod a'), uidOf('pod b'), uidOf('node n1'), uidOf('ReplicaSet rs-a')]),
      );
      expect(kept.map(({ streamId }) => streamId)).not.toContain(uidOf('pod c'));
      const alive = Object.fromEntries(Object.entries(all).filter(([stream]) => stream !== uidOf('ReplicaSet rs-c')));
      expect(folded(kept)).toMatchObject(alive);
    },
  );

  it('is known to a recorder that reads what is kept alone: it tells nothing twice', { timeout: 90_000 }, async () => {
    const first = record();
    await watching(first);
    await until(12);
    const size = await due();
    await restatedUpTo(size);
    await first.recorder.stop();
    await recorders.pool.query('UPDATE shard_head SET first_position = $1', [size]);
    const before = (await told()).length;
    await recorders.pool.query('DELETE FROM recorder_state');

    await watching(record());
    api.put('pods', pod({ name: 'b', phase: 'Running', containerStatuses: [running(true)] }));
    await vi.waitFor(async () => expect((await told()).length).toBeGreaterThan(before), 20_000);

    const later = (await told()).slice(before);
    expect(later.map(({ streamId }) => streamId)).toEqual([uidOf('pod b')]);
    expect(Object.keys(later[0]?.body['parts'] as object)).not.toContain('spec');
  });

  it('is told once', { timeout: 60_000 }, async () => {
    await watching(record());
    await until(12);
    const size = await due();
    await restatedUpTo(size);
    const { length } = await told();
    await recorders.pool.query('UPDATE restated SET up_to = 0');
    await restatedUpTo(size);

    expect((await told()).length).toBe(length);
  });
});
