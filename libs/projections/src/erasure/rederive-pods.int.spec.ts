import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ActWriters, eraseBodies, positionsHolding } from '#libs/event-store';
import {
  Ledger,
  deploymentSeen,
  eventSeen,
  gapSeen,
  goodStart,
  initBacksOff,
  initRuns,
  namespaceSeen,
  newPod,
  nodeSeen,
  podGone,
  replicaSetSeen,
  uid,
} from '../testing/index.js';
import { inTransaction } from '../following/transaction.js';
import { deriveAgain } from './derive-again.js';

const limits = { defaultSeconds: 300, floorSeconds: 60, factor: 1.5, minSamples: 20 };
const secret = 'hunter2-of-the-shop';

let ledger: Ledger;
beforeEach(async () => {
  ledger = await Ledger.open();
  await ledger.append([namespaceSeen(0), nodeSeen(0), replicaSetSeen(0), deploymentSeen(0)]);
  await ledger.append(goodStart(1, 10, 7));
  await ledger.append([newPod(2, 20), initRuns(2, 21), ...initBacksOff(2, 42, secret)]);
  await ledger.append([
    eventSeen(uid(2), 43, { message: `failed with ${secret}` }),
    eventSeen(uid(1), 44, { message: 'all is well' }),
    gapSeen(44, 45),
    ...goodStart(3, 46, 2),
    podGone(3, 50),
  ]);
  await ledger.project();
});
afterEach(() => ledger.close());

/** The read models without the position that moved the statistics last: taking back and adding again moves them. */
async function readModels(): Promise<Readonly<Record<string, readonly string[]>>> {
  const tables = Object.entries(await ledger.readModels());
  return Object.fromEntries(
    tables.map(([table, rows]) => [table, rows.map((row) => row.replace(/"last_position": -?\d+/u, '')).toSorted()]),
  );
}
const rederive = (pods: readonly number[], positions: readonly number[] = []) =>
  inTransaction(ledger.pool, (db) => {
    const bodies = pods.flatMap((pod) =>
      [-1, ...positions].map((position) => ({ position, streamId: uid(pod), type: 'PodObserved' })),
    );
    return deriveAgain(db, { shardId: ledger.shardId, bodies }, limits);
  });

/** Every table of the database whose rows hold the text, in whatever column. */
async function tablesHolding(text: string): Promise<readonly string[]> {
  const tables = await ledger.rows<{ name: string }>(
    `SELECT format('%I.%I', nspname, relname) AS name FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
      WHERE relkind IN ('r', 'p') AND nspname !~ '^pg_|^information_schema|^bullmq'
        AND has_table_privilege(pg_class.oid, 'SELECT') AND NOT relispartition`,
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await ledger.rows(`SELECT FROM ${name} AS one WHERE strpos(one::text, $1) > 0 LIMIT 1`, [text]);
    if (rows.length > 0) found.push(name);
  }
  return found;
}

describe('pods that are derived again', () => {
  it('are told as they were, where nothing was erased', async () => {
    const before = await readModels();

    await rederive([1, 2, 3]);

    expect(await readModels()).toEqual(before);
  });

  it('are told without what was erased, which is in no table any more, as if they were built anew', async () => {
    const acts = new ActWriters({ pool: ledger.pool });
    const positions = await positionsHolding(ledger.pool, { shardId: ledger.shardId, log: 'event' }, secret);
    expect(await tablesHolding(secret)).toEqual(expect.arrayContaining(['public.event', 'public.kube_event']));

    const erased = await eraseBodies(
      { pool: ledger.pool, acts },
      { shardId: ledger.shardId, log: 'event', positions, reason: 'a password', author: 'privacy' },
    );
    await rederive([2], positions);
    await acts.close();

    expect(erased.map(({ position }) => position)).toEqual(positions);
    expect(positions.length).toBeGreaterThan(1);
    expect(await tablesHolding(secret)).toEqual([]);
    const told = await readModels();
    for (const table of ['projection_bookmark', 'quarantine', ...Object.keys(await ledger.readModels())])
      await ledger.rows(`TRUNCATE ${table}`);
    await ledger.project();
    expect(told).toEqual(await readModels());
  });

  it('are remembered by no follower as they were', async () => {
    const follower = ledger.follower();
    await ledger.project(follower);
    const acts = new ActWriters({ pool: ledger.pool });
    const positions = await positionsHolding(ledger.pool, { shardId: ledger.shardId, log: 'event' }, secret);
    await eraseBodies(
      { pool: ledger.pool, acts },
      { shardId: ledger.shardId, log: 'event', positions, reason: 'a password', author: 'privacy' },
    );
    await rederive([2], positions);
    await acts.close();

    await ledger.append([initRuns(2, 60)]);
    const first = await follower.step();
    await ledger.project(follower);

    expect(first.outcome).toBe('stoodAside');
    expect(await tablesHolding(secret)).toEqual([]);
  });

  it('are erased by an act alone, and what is held, or is how the log came about, is not', async () => {
    const acts = new ActWriters({ pool: ledger.pool });
    const erase = (positions: readonly number[]) =>
      eraseBodies(
        { pool: ledger.pool, acts },
        { shardId: ledger.shardId, log: 'event', positions, reason: 'r', author: 'a' },
      );
    await expect(erase([99_999])).rejects.toMatchObject({ code: 'request-invalid' });
    const gap = ledger.rows<{ position: number }>(`SELECT position FROM event WHERE type = 'ObservationGap'`);
    await expect(erase((await gap).map(({ position }) => position))).rejects.toThrow(
      /is a ObservationGap, which is not erased/u,
    );
    await expect(ledger.rows('SELECT erase_bodies($1, 0)', [ledger.shardId])).rejects.toMatchObject({ code: 'IL004' });
    await expect(ledger.rows('UPDATE event SET body = NULL')).rejects.toMatchObject({ code: '42501' });
    await ledger.rows(
      `INSERT INTO legal_hold (shard_id, hold_id, from_at, to_at, reason, author)
       VALUES ($1, '00000000-0000-4000-8000-000000000001', 'epoch', 'infinity', 'case 7', 'legal')`,
      [ledger.shardId],
    );
    await expect(erase([5])).rejects.toMatchObject({ code: 'history-kept' });
    expect(await ledger.rows('SELECT FROM act_event')).toEqual([]);
    await acts.close();
  });
});
