/** Each way to miss something, against the simulated API server: declared, with its cause and its span; and nothing else is. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startApi } from '#libs/cluster-simulator';
import type { SimulatedApi } from '#libs/cluster-simulator';
import { connect } from '#libs/kubernetes';
import type { Cluster } from '#libs/kubernetes';
import { Recorders } from './testing/index.js';
import type { StartedRecorder } from './testing/index.js';

const patience = { timeout: 20_000, interval: 50 };

describe('what may have gone unseen', () => {
  let api: SimulatedApi;
  let admin: Cluster;
  let recorders: Recorders;

  beforeEach(async () => {
    api = await startApi();
    admin = connect({ kubeconfig: api.kubeconfigPath });
    recorders = await Recorders.open();
    await create('namespaces', 'shop');
  });

  afterEach(async () => {
    await recorders.close();
    await api.close();
  });

  const pods = '/api/v1/namespaces/shop/pods';

  async function create(kind: 'namespaces' | 'pods', name: string): Promise<void> {
    const spec = kind === 'pods' ? { containers: [{ name: 'app', image: 'app:1' }] } : {};
    await admin.ask(kind === 'pods' ? pods : '/api/v1/namespaces', {
      method: 'POST',
      body: JSON.stringify({ metadata: { name }, spec }),
    });
  }

  const remove = (name: string): Promise<unknown> =>
    admin.ask(`${pods}/${name}?gracePeriodSeconds=0`, { method: 'DELETE' });

  async function record(choice?: Parameters<Recorders['start']>[1]): Promise<StartedRecorder> {
    const one = recorders.start(api.kubeconfigPath, choice);
    await vi.waitFor(
      () =>
        expect(
          one.recorder.status.watches.filter(({ resource, state }) => resource === 'pods' && state === 'watching'),
        ).toHaveLength(1),
      patience,
    );
    return one;
  }

  type Gap = Readonly<{ cause: string; from: string; to: string; namespace: string | null; via: string }>;

  const gapsOfPods = async (): Promise<readonly Gap[]> =>
    (await recorders.told())
      .filter(({ type, body }) => type === 'ObservationGap' && body['resource'] === 'pods')
      .map(({ body }) => body as unknown as Gap);

  /** How the pods of these names were seen, and how they went. */
  async function seen(name: string): Promise<readonly string[]> {
    const told = await recorders.told();
    const found = told.find(
      ({ type, body }) =>
        type === 'PodObserved' && (body['parts'] as { metadata?: { name?: string } }).metadata?.name === name,
    );
    return told
      .filter(({ streamId }) => streamId === found?.streamId)
      .map(({ type, body }) => [type, body['via'], body['how']].filter(Boolean).join(' '));
  }

  const untilSeen = (name: string, how: string) =>
    vi.waitFor(async () => expect(await seen(name)).toContain(how), patience);
  const since = (gap: Gap | undefined, time: number): number => Date.parse(gap?.from ?? '') - time;

  it('is nothing, when a watch breaks and its position can be resumed', async () => {
    await record();
    await create('pods', 'before');
    await untilSeen('before', 'PodObserved watch');
    api.faults.cutWatches({ resource: 'pods' });
    await create('pods', 'meanwhile');
    await remove('before');

    await untilSeen('meanwhile', 'PodObserved watch');
    await untilSeen('before', 'PodGone watch deleted');
    expect(await gapsOfPods()).toEqual([]);
  });

  it('is nothing, when the recorder was stopped and its position can be resumed', async () => {
    const first = await record();
    await create('pods', 'before');
    await untilSeen('before', 'PodObserved watch');
    await first.recorder.stop();
    await create('pods', 'meanwhile');
    await remove('before');

    await record();

    await untilSeen('meanwhile', 'PodObserved watch');
    await untilSeen('before', 'PodGone watch deleted');
    expect(await gapsOfPods()).toEqual([]);
  });

  it('is what a watch that ended in good order missed, when its position has expired', async () => {
    await record();
    await create('pods', 'before');
    await untilSeen('before', 'PodObserved watch');
    api.faults.expire();
    await create('namespaces', 'other');
    api.faults.expire();
    const at = Date.now();
    api.faults.dropWatches({ resource: 'pods' });

    await vi.waitFor(async () => expect(await gapsOfPods()).toHaveLength(1), patience);
    const [gap] = await gapsOfPods();
    expect(gap?.cause).toBe('expired');
    expect(since(gap, at)).toBeGreaterThan(-500);
  });

  it('is what a watch that broke missed, when its position has expired meanwhile', async () => {
    await record();
    await create('pods', 'before');
    await untilSeen('before', 'PodObserved watch');
    await create('namespaces', 'other');
    const at = Date.now();
    api.faults.refuseConnections(600);
    api.faults.expire();

    await vi.waitFor(async () => expect(await gapsOfPods()).toHaveLength(1), patience);
    const [gap] = await gapsOfPods();
    expect(gap).toMatchObject({ cause: 'dropped', namespace: null, via: 'relist' });
    expect(since(gap, at)).toBeLessThanOrEqual(0);
  });

  it('is what happened while the recorder was stopped, when its position has expired', async () => {
    const first = await record();
    await create('pods', 'before');
    await untilSeen('before', 'PodObserved watch');
    await first.recorder.stop();
    const at = Date.now();
    await create('pods', 'meanwhile');
    await remove('before');
    api.faults.expire();

    await record();

    await untilSeen('before', 'PodGone relist missing');
    await untilSeen('meanwhile', 'PodObserved relist');
    expect(await gapsOfPods()).toMatchObject([{ cause: 'stopped', namespace: null }]);
    expect(since((await gapsOfPods())[0], at)).toBeLessThanOrEqual(0);
  });

  it('is what happened while the recorder was stopped, when it comes back with another scope', async () => {
    const first = await record();
    await create('pods', 'before');
    await untilSeen('before', 'PodObserved watch');
    await first.recorder.stop();
    await remove('before');
    await create('pods', 'meanwhile');

    await record({ namespaces: ['shop'] });

    await untilSeen('before', 'PodGone relist missing');
    await untilSeen('meanwhile', 'PodObserved relist');
    expect(await gapsOfPods()).toMatchObject([{ cause: 'stopped', namespace: 'shop', via: 'relist' }]);
  });

  it('is what the server threw away while the log took nothing, when it cut off the slow watch', async () => {
    await record();
    await create('pods', 'before');
    await untilSeen('before', 'PodObserved watch');
    const lock = await recorders.pool.connect();
    await lock.query('BEGIN');
    // It is held for as long as the writing takes, however slow the machine is.
    await lock.query('SET LOCAL idle_in_transaction_session_timeout = 0');
    await lock.query('LOCK TABLE shard_head IN ACCESS EXCLUSIVE MODE');
    const at = Date.now();
    try {
      // More than the queue takes: then the socket is read no more.
      const containers = Array.from({ length: 20 }, (_, n) => ({
        name: `c${n}`,
        image: 'app:1',
        command: ['x'.repeat(3_000)],
      }));
      for (let i = 0; i < 400; i += 1) {
        const body = JSON.stringify({ metadata: { name: `many-${i}` }, spec: { containers } });
        await admin.ask(pods, { method: 'POST', body });
      }
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      api.faults.dropWatches({ resource: 'pods' });
      await create('pods', 'lost');
      await remove('lost');
      await remove('before');
      api.faults.expire();
    } finally {
      await lock.query('ROLLBACK');
      lock.release();
    }

    await untilSeen('before', 'PodGone relist missing');
    const [gap] = await gapsOfPods();
    expect(gap?.cause).toBe('overloaded');
    expect(since(gap, at)).toBeLessThan(20_000);
    expect(Date.parse(gap?.to ?? '') - Date.parse(gap?.from ?? '')).toBeGreaterThan(1_000);
    expect(await seen('lost')).toEqual([]);
  }, 60_000);
});
