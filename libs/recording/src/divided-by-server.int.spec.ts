/** Slices of ranges, against a simulated API server that divides lists and watches, that does not, and that changes its mind. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startApi } from '#libs/cluster-simulator';
import type { SimulatedApi } from '#libs/cluster-simulator';
import { Shards } from '#libs/event-store';
import { Slice, connect } from '#libs/kubernetes';
import type { Cluster } from '#libs/kubernetes';
import { Recorders, factsOf, watchingWithin } from './testing/index.js';
import type { StartedRecorder } from './testing/index.js';

const namespaces = Array.from({ length: 8 }, (_, nth) => `team-0${nth}`);
const patience = { timeout: 20_000, interval: 50 };

describe('recorders of two slices of ranges', () => {
  let api: SimulatedApi;
  let admin: Cluster;
  let recorders: Recorders;

  beforeEach(async () => {
    api = await startApi({ bookmarkIntervalMs: 200, serviceAccounts: false });
    admin = connect({ kubeconfig: api.kubeconfigPath });
    recorders = await Recorders.open();
    for (const name of namespaces) await write('POST', '/api/v1/namespaces', { metadata: { name } });
  });

  afterEach(async () => {
    await recorders.close();
    await api.close();
  });

  const write = (method: 'POST' | 'PATCH', path: string, body: object): Promise<unknown> =>
    admin.ask(path, {
      method,
      body: JSON.stringify(body),
      ...(method === 'PATCH' && { contentType: 'application/merge-patch+json' }),
    });

  /** A pod and an Event about it begin in these namespaces, the pod changes, and the one before goes. */
  async function change(round: number, among: readonly string[] = namespaces): Promise<void> {
    for (const namespace of among) {
      const pods = `/api/v1/namespaces/${namespace}/pods`;
      const name = `pod-${round}`;
      const spec = { initContainers: [{ name: 'wait', image: 'i' }], containers: [{ name: 'app', image: 'a' }] };
      const { metadata } = (await write('POST', pods, { metadata: { name }, spec })) as { metadata: { uid: string } };
      await write('POST', `/api/v1/namespaces/${namespace}/events`, {
        metadata: { name: `event-${round}` },
        involvedObject: { kind: 'Pod', namespace, name, uid: metadata.uid },
        reason: 'Seen',
        message: 'seen',
        type: 'Normal',
      });
      await write('PATCH', `${pods}/${name}`, { metadata: { labels: { round: String(round) } } });
      if (round > 0 && among === namespaces)
        await admin.ask(`${pods}/pod-${round - 1}?gracePeriodSeconds=0`, { method: 'DELETE' });
    }
  }

  const record = (choice?: Parameters<Recorders['start']>[1]) => recorders.start(api.kubeconfigPath, choice);
  const watching = watchingWithin(20_000);
  const slice = async (nth: number, sliceBy?: 'hash' | 'range'): Promise<StartedRecorder> => {
    const one = record({ slice: { nth, of: 2 }, sliceBy });
    await watching(one);
    return one;
  };
  const slices = (sliceBy?: 'hash' | 'range') => Promise.all([0, 1].map((nth) => slice(nth, sliceBy)));
  const whole = async () => watching(record({ source: 'demo' }));

  const together = () =>
    vi.waitFor(
      async () => expect(await factsOf(recorders.pool, 'kubernetes')).toEqual(await factsOf(recorders.pool, 'demo')),
      patience,
    );
  const gaps = async () => (await recorders.told()).filter(({ type }) => type === 'ObservationGap');
  const divided = async () => {
    const { rows } = await recorders.pool.query<{ told: string }>(
      `SELECT concat(CASE WHEN slice_cuts IS NULL THEN 'hash' ELSE 'range' END, ' ', divided_by_server::text) AS told
         FROM shard WHERE source = 'kubernetes' AND closed_at IS NULL ORDER BY slice`,
    );
    return rows.map(({ told }) => told);
  };
  const metric = async ({ metrics }: StartedRecorder, name: string): Promise<number> => {
    const { body } = await metrics.expose(undefined);
    return Number(new RegExp(`^initledger_recorder_${name} (\\d+)$`, 'm').exec(body)?.[1]);
  };
  /** Those of these namespaces that a recorder has to leave out. */
  async function others({ recorder }: StartedRecorder, nth: number, among: readonly string[]): Promise<string[]> {
    const cuts = await new Shards(recorders.pool).cutsOf(recorder.status.shardId ?? 0);
    const own = new Slice(nth, 2, cuts);
    return among.filter((name) => !own.has(name));
  }

  it('together tell exactly what one tells, of a server that divides', async () => {
    api.gates.shardedListAndWatch = true;
    await change(0);
    await whole();
    const both = await slices();
    for (const round of [1, 2]) await change(round);
    await both[0]?.recorder.stop();
    await change(3);
    await slice(0);
    await change(4);

    await together();
    expect(await gaps()).toEqual([]);
    await vi.waitFor(async () => expect(await divided()).toEqual(['range true', 'range true']), patience);
    expect(await metric(both[1] as StartedRecorder, 'divided_by_server')).toBe(1);
    const each = await Promise.all((await new Shards(recorders.pool).list()).map((one) => recorders.told(one.shardId)));
    const seen = each.map((told) => told.filter(({ type }) => type === 'PodObserved').length);
    expect(Math.min(...seen)).toBeGreaterThan(0);
  });

  it.each([
    [true, 'no pod'],
    [false, 'every pod'],
  ])('are sent by a server whose gate is %s %s of the other', async (gate) => {
    api.gates.shardedListAndWatch = gate;
    await change(0);
    await whole();
    const both = await slices('range');
    await change(1);
    await together();

    const system = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];
    for (const [nth, one] of both.entries()) {
      const sent = (await others(one, nth, [...namespaces, ...system])).length;
      const foreign = (await others(one, nth, namespaces)).length;
      // Two Events each; of pods the one that was listed, its two last frames, and the two first of the next.
      const expected = sent + 2 * foreign + (gate ? 0 : 5 * foreign);
      await vi.waitFor(async () => expect(await metric(one, 'passed_objects')).toBe(expected), patience);
    }
  });

  it('together tell it of a server that ignores what it is asked', async () => {
    await change(0);
    await whole();
    const both = await slices('range');
    await change(1);

    await together();
    expect(await gaps()).toEqual([]);
    await vi.waitFor(async () => expect(await divided()).toEqual(['range false', 'range false']), patience);
    expect(await metric(both[0] as StartedRecorder, 'divided_by_server')).toBe(0);
  });

  it('together tell it of a server that begins to divide, and stops', async () => {
    await change(0);
    await whole();
    const both = await slices('range');
    let round = 1;
    for (const gate of [true, false, true, false]) {
      api.gates.shardedListAndWatch = gate;
      await change(round, namespaces.slice(0, 4));
      api.faults.cutWatches();
      await change(round + 1, namespaces.slice(2));
      round += 2;
      const told = async () => Promise.all(both.map((one) => metric(one, 'divided_by_server')));
      await vi.waitFor(async () => expect(await told()).toEqual(gate ? [1, 1] : [0, 0]), patience);
      await together();
    }
    expect(await gaps()).toEqual([]);
  }, 90_000);

  it('keep their place by bookmarks where nothing happens in them, while history is forgotten', async () => {
    api.gates.shardedListAndWatch = true;
    await whole();
    const [first] = await slices();
    const own = async ({ recorder }: StartedRecorder) => {
      const told = await recorders.told(recorder.status.shardId ?? 0);
      return told.filter(({ type }) => type === 'PodObserved');
    };
    const position = (one: StartedRecorder | undefined) =>
      Number(one?.recorder.status.watches.find(({ resource }) => resource === 'pods')?.resourceVersion);
    const caughtUp = (now = Number(api.store.resourceVersion)) =>
      vi.waitFor(() => expect(position(first)).toBeGreaterThanOrEqual(now), patience);
    await change(0);
    // Facts that are the same may be so because neither has the newest yet.
    await caughtUp();
    await together();
    const elsewhere = await others(first as StartedRecorder, 0, namespaces);
    const before = (await own(first as StartedRecorder)).length;
    await change(1, elsewhere);
    await caughtUp();
    api.faults.compact();
    api.faults.cutWatches({ resource: 'pods' });
    await change(2, elsewhere);

    await together();
    expect((await own(first as StartedRecorder)).length).toBe(before);
    expect((await gaps()).filter(({ body }) => body['resource'] === 'pods')).toEqual([]);
  });

  it('are divided as the server can when nobody says how, and later ones as those that were first', async () => {
    await slice(0);
    api.gates.shardedListAndWatch = true;
    await slice(1);

    expect(await divided()).toEqual(['hash ', 'hash ']);
  });

  it('refuse to run where another division is demanded, with the remedy', async () => {
    api.gates.shardedListAndWatch = true;
    await slice(0);
    const refused = record({ slice: { nth: 1, of: 2 }, sliceBy: 'hash' });

    await vi.waitFor(() => expect(refused.recorder.status).toMatchObject({ state: 'stopped' }), patience);
    expect(refused.recorder.status.error).toMatch(/divided by range, and --slice-by hash was given/);
    expect(refused.recorder.status.remedy).toMatch(/--slice-by range/);
    expect(await divided()).toEqual(['range true']);
  });
});
