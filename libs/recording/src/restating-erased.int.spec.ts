import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ActWriters, Shards, eraseBodies } from '#libs/event-store';
import { Recorders, SmallApi, pod, running, uidOf, watchingWithin } from './testing/index.js';
import type { StartedRecorder, Told } from './testing/index.js';

let recorders: Recorders;
let api: SmallApi;

beforeEach(async () => {
  recorders = await Recorders.open();
  api = await SmallApi.start();
  api.put('namespaces', { metadata: { name: 'kube-system', uid: uidOf('kube-system') } });
  api.put('nodes', { metadata: { name: 'n1', uid: uidOf('node n1') } });
  for (const name of ['a', 'b']) api.put('pods', pod({ name }));
});
afterEach(async () => {
  await recorders.close();
  await api.close();
});

const watching = watchingWithin(20_000);
const patience = 20_000;
async function record(): Promise<StartedRecorder> {
  const started = recorders.start(api.kubeconfig, { restateEveryMs: 50 });
  await watching(started);
  return started;
}
const toldOf = async (subject: string): Promise<readonly Told[]> =>
  (await recorders.told()).filter(({ streamId }) => streamId === uidOf(subject));
const until = (subject: string, count: number) =>
  vi.waitFor(async () => expect(await toldOf(subject)).toHaveLength(count), patience);

/** Erases all that was recorded of the subjects. */
async function erase(subjects: readonly string[], stayAway = false): Promise<void> {
  const [shard] = await new Shards(recorders.pool).list();
  const { rows } = await recorders.pool.query<{ position: number }>(
    'SELECT position FROM event WHERE stream_id = ANY ($1::uuid[])',
    [subjects.map(uidOf)],
  );
  const acts = new ActWriters({ pool: recorders.pool });
  const positions = rows.map(({ position }) => position);
  const ground = { reason: 'r', author: 'a' };
  await eraseBodies(
    { pool: recorders.pool, acts },
    { shardId: shard?.shardId ?? 0, log: 'event', positions, stayAway, ...ground },
  );
  await acts.close();
}
const restated = async (): Promise<readonly boolean[]> =>
  (await recorders.pool.query<{ done: boolean }>('SELECT restated_at IS NOT NULL AS done FROM erasure')).rows.map(
    ({ done }) => done,
  );
const untilRestated = () => vi.waitFor(async () => expect(await restated()).toEqual([true]), patience);
const partsOf = ({ body }: Told): readonly string[] => Object.keys(body['parts'] ?? {});

describe('what lives and was erased', { timeout: 90_000 }, () => {
  it('is told in full by a recorder that runs, once, and goes on from there', async () => {
    await record();
    await until('pod a', 1);
    const [before] = await toldOf('pod a');

    await erase(['pod a', 'node n1', 'kube-system']);
    await untilRestated();

    const [erased, again, ...more] = await toldOf('pod a');
    expect(erased?.body).toBeNull();
    expect(again?.body).toMatchObject({ via: 'restated', parts: before?.body['parts'] });
    expect(more).toEqual([]);
    for (const subject of ['node n1', 'kube-system'])
      expect((await toldOf(subject)).map(({ body }) => body && body['via'])).toEqual([null, 'restated']);
    expect(await toldOf('pod b')).toHaveLength(1);
    api.put('pods', pod({ name: 'a', phase: 'Running', containerStatuses: [running(true)] }));
    await until('pod a', 3);
    expect(partsOf((await toldOf('pod a'))[2]!)).not.toContain('metadata');
  });

  it('is told in full by the next recorder, where none ran, whatever was kept of what was known', async () => {
    const first = await record();
    await until('pod a', 1);
    await first.recorder.stop();
    await erase(['pod a']);

    await record();
    await untilRestated();

    expect((await toldOf('pod a')).map(({ body }) => body && body['via'])).toEqual([null, 'restated']);
  });

  it('is told by the frame that comes first, and not once more', async () => {
    await record();
    await until('pod a', 1);
    await erase(['pod a']);
    for (let round = 0; round < 20; round += 1) {
      const changed = { ...pod({ name: 'a' }), status: { phase: 'Pending', message: `round ${round}` } };
      api.put('pods', changed);
    }
    await untilRestated();
    await vi.waitFor(
      async () => expect(JSON.stringify((await toldOf('pod a')).at(-1)?.body)).toContain('round 19'),
      patience,
    );

    const told = (await toldOf('pod a')).map(({ body }) => body);
    expect(told.filter((body) => body && 'metadata' in (body['parts'] as object))).toHaveLength(1);
    const rounds = told.flatMap((body) => /round (\d+)/u.exec(JSON.stringify(body ?? {}))?.[1] ?? []).map(Number);
    expect(rounds).toEqual(rounds.toSorted((one, other) => one - other));
  });

  it('is not told where it is to stay away, until it changes', async () => {
    await record();
    await until('pod a', 1);

    await erase(['pod a'], true);
    expect(await restated()).toEqual([true]);
    api.put('pods', pod({ name: 'b', phase: 'Running' }));
    await until('pod b', 2);
    expect(await toldOf('pod a')).toHaveLength(1);
    api.put('pods', pod({ name: 'a', phase: 'Running' }));
    await until('pod a', 2);

    expect(partsOf((await toldOf('pod a'))[1]!)).toEqual(['status']);
  });
});
