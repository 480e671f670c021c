import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { podInitsName } from '../pod-inits/pod-inits.projection.js';
import { goodStart, initRuns, Ledger, namespaceSeen, newPod } from '../testing/index.js';
import type { BaselineKey } from './baselines.js';
import { hoursReader } from './read-hours.js';

describe('hours of starts', () => {
  let ledger: Ledger;

  beforeEach(async () => {
    ledger = await Ledger.open();
  });

  afterEach(() => ledger.close());

  it('are read in one statement for all that is asked in one turn, each with its own answer', async () => {
    await ledger.append([namespaceSeen(0), ...goodStart(1, 10, 5), ...goodStart(2, 30, 7)]);
    await ledger.project();
    const read = hoursReader(ledger.pool, { shardId: ledger.shardId, name: podInitsName });
    const [row] = await ledger.rows<Omit<BaselineKey, 'container'>>(
      `SELECT namespace, namespace_uid AS "namespaceUid", workload_kind AS "workloadKind", workload_name AS "workloadName"
       FROM workload_stats LIMIT 1`,
    );
    if (!row) throw new Error('nothing was counted');
    const keys = ['', 'migrate', 'nobody'].map((container) => ({ ...row, container }));

    const query = vi.spyOn(ledger.pool, 'query');
    const together = await Promise.all(keys.map((key) => read(key, 0)));
    const statements = query.mock.calls.length;
    const apart = [];
    for (const key of keys) apart.push(await read(key, 0));

    expect([statements, query.mock.calls.length]).toEqual([1, 4]);
    expect(together).toEqual(apart);
    expect(together.map(({ upTo, hours }) => [upTo, hours.length])).toEqual([
      [6, 1],
      [6, 1],
      [6, 0],
    ]);
    expect(await read(keys[0] ?? { ...row, container: '' }, Date.now())).toEqual({ upTo: 6, hours: [] });
  });

  it('are asked for once for all pods that a page shows', async () => {
    const pods = Array.from({ length: 20 }, (_, nth) => nth + 1);
    await ledger.append([namespaceSeen(0)]);
    await ledger.project();
    await ledger.append([
      ...pods.map((pod) => newPod(pod, 10, { owner: null })),
      ...pods.map((pod) => initRuns(pod, 11)),
    ]);
    const query = vi.spyOn(ledger.pool, 'query');
    await ledger.project();

    expect(query.mock.calls.filter((call) => JSON.stringify(call).includes('FROM workload_stats'))).toHaveLength(1);
    expect(
      await ledger.rows(
        `SELECT count(*)::int AS pods FROM pod_init
         WHERE valid_to IS NULL AND workload_kind = 'Pod' AND deadline_at IS NOT NULL`,
      ),
    ).toEqual([{ pods: 20 }]);
  });

  it('that cannot be read fail everybody who asked', async () => {
    const read = hoursReader(
      { query: () => Promise.reject(new Error('away')) },
      { shardId: ledger.shardId, name: podInitsName },
    );
    const key = { namespace: 'shop', namespaceUid: '', workloadKind: 'Pod', workloadName: 'api', container: '' };

    const asked = await Promise.allSettled([read(key, 0), read({ ...key, container: 'migrate' }, 0)]);

    expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});
