import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { connect } from '#libs/kubernetes';
import type { Cluster } from '#libs/kubernetes';
import { freshDatabase } from '#testing/platform';
import type { FreshDatabase } from '#testing/platform';
import { startedRecorder } from '#testing/recording';
import type { StartedRecorder, Told } from '#testing/recording';
import { realCluster, startRealCluster } from '../support/real-cluster.js';
import type { RealCluster } from '../support/real-cluster.js';

const pods = '/api/v1/namespaces/default/pods';

describe.skipIf(!realCluster)('a recorder of a real API server', () => {
  let real: RealCluster;
  let admin: Cluster;
  let database: FreshDatabase;
  let one: StartedRecorder;

  beforeAll(async () => {
    real = await startRealCluster();
    admin = connect({ kubeconfig: real.kubeconfig });
  });
  afterAll(() => real?.stop());
  beforeEach(async () => {
    database = await freshDatabase();
    one = startedRecorder(real.kubeconfig, database.pool);
    await vi.waitUntil(
      () => one.recorder.status.watches.filter(({ state }) => state === 'watching').length === 4,
      20_000,
    );
  });
  afterEach(async () => {
    await one.recorder.stop();
    await database.close();
  });

  async function create(name: string): Promise<string> {
    const body = JSON.stringify({ metadata: { name }, spec: { containers: [{ name: 'app', image: 'nginx' }] } });
    const { metadata } = (await admin.ask(pods, { method: 'POST', body })) as { metadata: { uid: string } };
    return metadata.uid;
  }

  const remove = (name: string) => admin.ask(`${pods}/${name}`, { method: 'DELETE' });

  /** What is told of a pod, once an observation of this type is among it. */
  const untilTold = (uid: string, type: string) =>
    vi.waitFor(async () => {
      const told = (await one.told()).filter(({ streamId }) => streamId === uid);
      expect(told.map((each) => each.type)).toContain(type);
      return told;
    }, 40_000);

  const gapsOfPods = (told: readonly Told[]) =>
    told.filter(({ type, body }) => type === 'ObservationGap' && body['resource'] === 'pods');

  it('misses nothing, or says when, while the API server is killed and comes back', async () => {
    const goes = await create('goes-in-the-kill');
    await untilTold(goes, 'PodObserved');

    await real.command('kill');
    const comes = await create('comes-after-the-kill');
    await remove('goes-in-the-kill');

    await untilTold(comes, 'PodObserved');
    const gone = (await untilTold(goes, 'PodGone')).at(-1);
    // A new API server may know the position or not; an end that was only inferred has a gap to show for it.
    const isInferred = gone?.body['how'] === 'missing';
    expect(gapsOfPods(await one.told())).toHaveLength(isInferred ? 1 : 0);
  });

  it('says when it could not see, once history was compacted away while it was stopped', async () => {
    const goes = await create('goes-unseen');
    await untilTold(goes, 'PodObserved');
    await one.recorder.stop();
    await remove('goes-unseen');
    const comes = await create('comes-unseen');
    await real.command('compact');
    await real.command('restart');

    one = startedRecorder(real.kubeconfig, database.pool);

    const [listed] = await untilTold(comes, 'PodObserved');
    const gone = (await untilTold(goes, 'PodGone')).at(-1);
    expect(listed?.body).toMatchObject({ via: 'relist' });
    expect(gone?.body).toMatchObject({ how: 'missing' });
    expect(gapsOfPods(await one.told())).toMatchObject([{ body: { cause: 'stopped' } }]);
  });
});
