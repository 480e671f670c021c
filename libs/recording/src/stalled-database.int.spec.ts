/** PostgreSQL stands still, as behind a disk that hangs: nothing fails at once, nothing answers. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DataFolder, createPool, silentLogger, startEmbeddedDatabase } from '#libs/platform';
import type { Pool } from '#libs/platform';
import { SmallApi, pod, startedRecorder, toldBy, uidOf } from './testing/index.js';
import type { StartedRecorder } from './testing/index.js';

const patience = { timeout: 60_000, interval: 100 };
const pods = 800;
/** So large that a few hundred of them fill the queue. */
const containers = Array.from({ length: 20 }, (_, n) => ({
  name: `c${n}`,
  image: 'app:1',
  command: ['x'.repeat(3_000)],
}));

describe('a database that stands still', () => {
  let server: Awaited<ReturnType<typeof startEmbeddedDatabase>>;
  let folder: DataFolder;
  let owner: Pool;
  let api: SmallApi;
  let pool: Pool;
  let recorder: StartedRecorder['recorder'];

  beforeAll(async () => {
    folder = await DataFolder.open(await mkdtemp(join(tmpdir(), 'initledger-stalled-')));
    server = await startEmbeddedDatabase(folder, { logger: silentLogger });
    owner = createPool(server.adminUrl, { name: 'owner', max: 1, statementTimeoutMs: 10_000 });
    api = await SmallApi.start();
    api.put('namespaces', { metadata: { name: 'kube-system', uid: uidOf('kube-system') } });
  });
  afterAll(async () => {
    await recorder.stop();
    await pool.end();
    await api.close();
    await owner.end();
    await server.stop();
    await folder.remove();
  });

  /** The server's first process, which answers whoever connects, and its sessions of this moment. */
  async function processes(): Promise<number[]> {
    const { rows } = await owner.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
       UNION ALL SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int`,
    );
    return rows.map(({ pid }) => pid);
  }

  it('fills the queue and no more; the socket waits; all of it is recorded once when it goes on', async () => {
    // A session that does not answer is given up after three seconds: the stall outlasts that.
    pool = createPool(server.urls.recorder, { name: 'ingest', max: 4, statementTimeoutMs: 1_000 });
    ({ recorder } = startedRecorder(api.kubeconfig, pool));
    const watches = () => recorder.status.watches.map(({ state }) => state);
    await vi.waitFor(() => expect(watches()).toEqual(Array(4).fill('watching')), patience);

    const stopped = await processes();
    for (const pid of stopped) process.kill(pid, 'SIGSTOP');
    let most = 0;
    try {
      for (let nth = 0; nth < pods; nth += 1) {
        const large = { ...pod({ name: `p${nth}` }), spec: { containers } };
        api.put('pods', large);
        if (nth % 20 === 0) await sleep(10);
        most = Math.max(most, recorder.status.queued);
      }
      for (let seconds = 0; seconds < 8; seconds += 1) {
        await sleep(1_000);
        most = Math.max(most, recorder.status.queued);
      }
    } finally {
      for (const pid of stopped) process.kill(pid, 'SIGCONT');
    }

    expect(most).toBeGreaterThan(100);
    expect(most).toBeLessThan(pods * 0.75);
    await vi.waitFor(() => expect(recorder.status).toMatchObject({ state: 'recording', queued: 0 }), patience);
    const ofPods = async () => (await toldBy(owner)).filter(({ type }) => type === 'PodObserved');
    await vi.waitFor(async () => expect(await ofPods()).toHaveLength(pods), patience);
    expect(new Set((await ofPods()).map(({ streamId }) => streamId)).size).toBe(pods);
    expect((await toldBy(owner)).filter(({ type }) => type === 'ObservationGap')).toEqual([]);
  }, 180_000);
});
