import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PodAccount } from '#libs/init-history';
import { foldPod } from '../answering/fold-pod.js';
import { withoutRunning } from '../answering/carry-forward.js';
import {
  Ledger,
  deploymentSeen,
  eventSeen,
  gapSeen,
  goodStart,
  initEnds,
  initRuns,
  namespaceSeen,
  newPod,
  nodeSeen,
  podGone,
  podSeen,
  replicaSetSeen,
  time,
  uid,
} from '../testing/index.js';

describe('the read models', () => {
  let ledger: Ledger;

  beforeEach(async () => {
    ledger = await Ledger.open();
  });

  afterEach(() => ledger.close());

  const inForce = (columns: string): Promise<object[]> =>
    ledger.rows(`SELECT ${columns} FROM pod_init WHERE valid_to IS NULL ORDER BY pod_uid, cycle`);

  it('tell an initialization from its beginning to its end, a version for each change', async () => {
    await ledger.append([namespaceSeen(0), nodeSeen(0), replicaSetSeen(0), deploymentSeen(0), ...goodStart(1, 10, 7)]);

    await ledger.project();

    expect(
      await ledger.rows(
        'SELECT valid_from, valid_to, state, outcome, container, waiting_reason, duration_seconds FROM pod_init',
      ),
    ).toEqual([
      {
        valid_from: 4,
        valid_to: 5,
        state: 'initializing',
        outcome: 'running',
        container: 'migrate',
        waiting_reason: 'PodInitializing',
        duration_seconds: null,
      },
      {
        valid_from: 5,
        valid_to: 6,
        state: 'initializing',
        outcome: 'running',
        container: 'migrate',
        waiting_reason: null,
        duration_seconds: null,
      },
      {
        valid_from: 6,
        valid_to: null,
        state: 'initialized',
        outcome: 'completed',
        container: null,
        waiting_reason: null,
        duration_seconds: 7,
      },
    ]);
    expect(
      await inForce(
        'name, workload_kind, workload_name, revision, namespace_uid, node, zone, init_containers, containers, images',
      ),
    ).toEqual([
      {
        name: 'api-1',
        workload_kind: 'Deployment',
        workload_name: 'api',
        revision: null,
        namespace_uid: uid(800),
        node: 'node-a',
        zone: 'z1',
        init_containers: 1,
        containers: ['migrate'],
        images: ['migrate:1'],
      },
    ]);
    expect(
      await ledger.rows('SELECT container, number, outcome, duration_seconds FROM init_attempt WHERE valid_to IS NULL'),
    ).toEqual([{ container: 'migrate', number: 1, outcome: 'succeeded', duration_seconds: 7 }]);
  });

  it('correct every living pod when what it names is learnt later, and take back exactly what it counted for', async () => {
    const pods = [...goodStart(1, 10, 7), ...goodStart(2, 20, 9), initEnds(3, 30, 31, 1)];
    const context = [namespaceSeen(40), nodeSeen(41), replicaSetSeen(42), deploymentSeen(43)];
    await ledger.append([...pods.slice(0, 6), newPod(3, 30), ...pods.slice(6)]);
    await ledger.project();
    const before = await ledger.rows('SELECT workload_kind, workload_name, namespace_uid FROM workload_stats');

    await ledger.append(context);
    await ledger.project();

    const known = { workload_kind: 'Deployment', workload_name: 'api', namespace_uid: uid(800) };
    expect(before).toContainEqual({ workload_kind: 'ReplicaSet', workload_name: 'api-1', namespace_uid: '' });
    expect(await inForce('workload_kind, workload_name, namespace_uid')).toEqual([known, known, known]);
    expect(
      await ledger.rows(
        'SELECT workload_kind, workload_name, namespace_uid, container, ended::int, succeeded::int, failed::int, duration_ms::int, duration_count::int, categories FROM workload_stats ORDER BY container',
      ),
    ).toEqual([
      {
        ...known,
        container: '',
        ended: 2,
        succeeded: 2,
        failed: 0,
        duration_ms: 16000,
        duration_count: 2,
        categories: {},
      },
      {
        ...known,
        container: 'migrate',
        ended: 3,
        succeeded: 2,
        failed: 1,
        duration_ms: 16000,
        duration_count: 2,
        categories: { CRASH: 1 },
      },
    ]);
  });

  it('leave a pod that is gone as it was told', async () => {
    await ledger.append([newPod(1, 10), podGone(1, 11), namespaceSeen(12)]);

    await ledger.project();

    expect(await inForce('namespace_uid, state')).toEqual([{ namespace_uid: null, state: 'aborted' }]);
    expect(await ledger.rows('SELECT * FROM pod_context')).toEqual([]);
  });

  it('note a gap in the history of every pod that lived in it', async () => {
    await ledger.append([
      newPod(1, 10),
      newPod(2, 10),
      podGone(2, 11),
      gapSeen(20, 25, 'shop'),
      gapSeen(30, 35, 'elsewhere'),
    ]);

    await ledger.project();

    expect(await ledger.rows("SELECT pod_uid, position FROM happening WHERE type = 'ObservationGap'")).toEqual([
      { pod_uid: uid(1), position: 3 },
    ]);
    expect(await ledger.rows('SELECT position, cause, namespace, pods_alive FROM gap')).toEqual([
      { position: 3, cause: 'expired', namespace: 'shop', pods_alive: 1 },
      { position: 4, cause: 'expired', namespace: 'elsewhere', pods_alive: 0 },
    ]);
  });

  it('give the Events of a static pod to its mirror, those too that came before it', async () => {
    const hash = '0123456789abcdef0123456789abcdef';
    const event = (at: number, reason: string) => eventSeen(hash, at, { reason, message: reason });
    const mirror = newPod(1, 11, { annotations: { 'kubernetes.io/config.mirror': hash }, owner: null });
    await ledger.append([event(10, 'Pulled')]);
    await ledger.project();
    await ledger.append([mirror, event(12, 'Started')]);
    await ledger.project();

    const happened = await ledger.rows<{ position: number }>(
      "SELECT position, doc->>'reason' AS reason FROM happening WHERE type = 'ClusterEventRecorded'",
    );
    const folded = await foldPod(ledger.reader, ledger.pool, { shardId: ledger.shardId, podUid: uid(1), upTo: 2 });

    expect(await ledger.rows('SELECT position, pod_uid FROM kube_event ORDER BY position')).toEqual([
      { position: 0, pod_uid: uid(1) },
      { position: 2, pod_uid: uid(1) },
    ]);
    expect(happened).toEqual([
      { position: 1, reason: 'Pulled' },
      { position: 2, reason: 'Started' },
    ]);
    expect(folded?.happened.map(({ position }) => position)).toEqual([1, 2]);
  });

  it('park the stream of an event that cannot be read, and go on with the others', async () => {
    const broken = podSeen(1, 12, {});
    await ledger.append([
      newPod(1, 10),
      newPod(2, 11),
      { ...broken, observation: { ...broken.observation, parts: 'broken' } as never },
      ...goodStart(3, 13, 2),
    ]);
    await ledger.project();
    await ledger.append([initRuns(1, 20), initRuns(2, 21)]);
    await ledger.project();

    expect(await inForce('name, valid_from, container, waiting_reason')).toEqual([
      { name: 'api-1', valid_from: 0, container: 'migrate', waiting_reason: 'PodInitializing' },
      { name: 'api-2', valid_from: 7, container: 'migrate', waiting_reason: null },
      { name: 'api-3', valid_from: 5, container: null, waiting_reason: null },
    ]);
    expect(ledger.failures.map(({ uid: parked }) => parked)).toEqual([uid(1)]);
    expect(await ledger.rows('SELECT stream_id, position FROM quarantine')).toEqual([
      { stream_id: uid(1), position: 2 },
    ]);
  });

  it('call a pod stuck by what is usual for its workload, once there are enough good starts', async () => {
    await ledger.append([...goodStart(1, 10, 100), ...goodStart(2, 200, 100), newPod(3, 400), initRuns(3, 401)]);
    await ledger.append([...goodStart(4, 500, 100), newPod(5, 700), initRuns(5, 700)]);

    await ledger.project();

    expect(
      await ledger.rows(
        "SELECT name, threshold_basis, abs(extract(epoch FROM deadline_at - stuck_since)::float8 - threshold_seconds) < 0.001 AS at FROM pod_init WHERE valid_to IS NULL AND state = 'initializing' ORDER BY name",
      ),
    ).toEqual([
      { name: 'api-3', threshold_basis: 'default 300 s', at: true },
      {
        name: 'api-5',
        threshold_basis: expect.stringMatching(/^p99 (99|100|101)\.?\d? s x 1\.5 over 3 starts$/) as string,
        at: true,
      },
    ]);
  });

  it('keep the threshold of a pod that stands where it stood', async () => {
    await ledger.append([
      newPod(1, 400),
      initRuns(1, 401),
      ...goodStart(2, 10, 100),
      ...goodStart(3, 200, 100),
      ...goodStart(4, 300, 100),
    ]);
    await ledger.append([
      podSeen(1, 600, { 'condition.Ready': { type: 'Ready', status: 'False', lastTransitionTime: time(600) } }),
    ]);

    await ledger.project();

    expect(
      await ledger.rows(
        `SELECT DISTINCT threshold_basis FROM pod_init WHERE pod_uid = '${uid(1)}' AND waiting_reason IS NULL`,
      ),
    ).toEqual([{ threshold_basis: 'default 300 s' }]);
  });

  it('are what the pod folded up to each position tells', async () => {
    await ledger.append([
      newPod(1, 10),
      namespaceSeen(11),
      initRuns(1, 12),
      replicaSetSeen(13),
      initEnds(1, 12, 14, 2),
      deploymentSeen(15),
      nodeSeen(16),
      gapSeen(17, 18),
      podGone(1, 19),
    ]);
    await ledger.project();

    for (let position = 0; position < 9; position++) {
      const [row] = await ledger.rows<{ doc: PodAccount; told_at: string }>(
        'SELECT doc, told_at FROM pod_init WHERE newest AND valid_from <= $1 AND (valid_to IS NULL OR valid_to > $1)',
        [position],
      );
      const folded = await foldPod(ledger.reader, ledger.pool, {
        shardId: ledger.shardId,
        podUid: uid(1),
        upTo: position,
      });
      expect(withoutRunning(row?.doc ?? {}), `at ${position}`).toEqual(
        withoutRunning(folded?.account(Date.parse(row?.told_at ?? '')) ?? {}),
      );
    }
  });

  it('are built anew when the rules change, to the same rows, and tell side effects where they begin', async () => {
    await ledger.append([newPod(1, 10), namespaceSeen(11), ...goodStart(2, 12, 3), replicaSetSeen(16)]);
    await ledger.project();
    const kept = await ledger.readModels();

    await ledger.takeOver({ rules: '99' });

    expect(await ledger.readModels()).toEqual(kept);
    expect(await ledger.rows('SELECT rules, position, live_from FROM projection_bookmark')).toEqual([
      { rules: '99', position: 5, live_from: 6 },
    ]);
  });
});
