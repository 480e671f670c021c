import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ActWriters, eraseBodies } from '#libs/event-store';
import { RULES } from '#libs/init-history';
import { createPool, Database, type Pool } from '#libs/platform';
import { withClient } from '#testing/platform';
import { finishErasures } from '../erasure/finish-erasures.js';
import {
  gapSeen,
  goodStart,
  initBacksOff,
  initRuns,
  Ledger,
  namespaceSeen,
  newPod,
  nodeBooted,
  nodeSeen,
  podGone,
  uid,
} from '../testing/index.js';
import { deriveAnew } from './derived-anew.js';

/** Those that the ledger projects with. */
const limits = { defaultSeconds: 300, floorSeconds: 60, factor: 1.5, minSamples: 3 };

let ledger: Ledger;
let owner: Pool;

beforeEach(async () => {
  ledger = await Ledger.open();
  owner = createPool(ledger.adminUrl, { name: 'owner', max: 1, statementTimeoutMs: 60_000 });
  // Three good starts of a minute teach a threshold, and pods 6 and 7 live through a gap and a boot of their node, which all of them tell at one position.
  await ledger.append([
    namespaceSeen(0),
    nodeSeen(0),
    ...[1, 2, 3].flatMap((pod) => [...goodStart(pod, 10 * pod, 60), podGone(pod, 100 + pod)]),
    ...[6, 7].flatMap((pod) => [newPod(pod, 200), initRuns(pod, 201)]),
    gapSeen(210, 211),
    nodeBooted(215, 'boot-2'),
    ...initBacksOff(6, 242, 'back-off'),
  ]);
  await ledger.project();
});

afterEach(async () => {
  await owner.end();
  await ledger.close();
});

const derived = async () =>
  (
    await deriveAnew({
      pool: ledger.pool,
      owner,
      poolIn: (schemas) => new Database(ledger.urls).projectionIn(schemas),
      limits,
    })
  )[0];

/** Erases the first body of a pod: of one that taught a threshold, or of one that lived in a gap and is told with another at a position. */
async function erase(pod: number): Promise<void> {
  const [event] = await ledger.rows<{ position: number }>(
    'SELECT min(position) AS position FROM event WHERE stream_id = $1',
    [uid(pod)],
  );
  const acts = new ActWriters({ pool: ledger.pool });
  await eraseBodies(
    { pool: ledger.pool, acts },
    { shardId: ledger.shardId, log: 'event', positions: [event?.position ?? -1], reason: 'r', author: 'a' },
  );
  await acts.close();
  await finishErasures(ledger.pool, limits);
}

/** Whether all is compared, and agrees. */
async function whole(): Promise<boolean> {
  const told = await derived();
  expect(told?.differing).toEqual([]);
  return told !== undefined && told.erasedAt === undefined;
}

describe('read models after an erasure', { timeout: 120_000 }, () => {
  it('agree, but for what an erasure leaves as it was known, and whole again once they are built anew', async () => {
    expect(await whole()).toBe(true);
    for (const pod of [1, 6]) await erase(pod);
    const [erasure] = await ledger.rows<{ at: string }>('SELECT max(read_models_at) AS at FROM erasure');

    expect(await derived()).toMatchObject({ differing: [], erasedAt: erasure?.at });
    await ledger.rows(`UPDATE projection_bookmark SET rules = '0'`);
    await ledger.takeOver({ rules: RULES }, { takeOver: 'always' });

    expect(await whole()).toBe(true);
  });

  it('show what somebody else changed all the same', async () => {
    await erase(6);
    for (const text of [
      `UPDATE pod_init SET state = 'other' WHERE ctid = (SELECT min(ctid) FROM pod_init)`,
      `UPDATE happening SET doc = '{}' WHERE ctid = (SELECT min(ctid) FROM happening)`,
      `UPDATE workload_stats SET ended = ended + 1 WHERE ctid = (SELECT min(ctid) FROM workload_stats)`,
      `DELETE FROM gap`,
    ])
      await withClient(ledger.adminUrl, (client) => client.query(text));

    const told = await derived();
    expect(told?.differing.map(({ table, what, columns }) => [table, what, columns])).toEqual([
      ['happening', 'other', ['doc']],
      ['pod_init', 'other', ['state']],
      ['gap', 'missing', []],
      ['workload_stats', 'other', ['ended']],
    ]);
  });
});
