/** Weeks that go, by the service's own retention, from a log that is sealed. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ActWriters, CheckpointsFile, Holds, Retention } from '#libs/event-store';
import { RULES } from '#libs/init-history';
import { silentLogger } from '#libs/platform';
import { foldPod } from '../answering/fold-pod.js';
import { deriveAgain } from '../erasure/derive-again.js';
import { rederivePods } from '../erasure/rederive-pods.js';
import { inTransaction } from '../following/transaction.js';
import { ours } from '../pod-inits/pod-fold.js';
import { podInitsName } from '../pod-inits/pod-inits.projection.js';
import { rederive } from '../rederive/rederive.js';
import { Ledger, goodStart, initRuns, listSeen, newPod, podGone, podSeen, uid } from '../testing/index.js';
import { freeze } from './freeze.js';
import { Freezer } from './freezer.js';

const WEEK = 7 * 86_400;
/** A busy machine is no failure. */
const patience = { timeout: 60_000, interval: 20 };

let ledger: Ledger;
let folder: string;
let acts: ActWriters;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'initledger-horizon-'));
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const sealing = { keys: [pem], file: new CheckpointsFile(path.join(folder, 'checkpoints')), everyMs: 20 };
  ledger = await Ledger.open('kubernetes', sealing);
  acts = new ActWriters({ pool: ledger.pool, sealing });
  // A pod that lives through all of it, and runs again in the second week; others come and go.
  await ledger.append([
    ...goodStart(1, 10, 5),
    ...goodStart(2, 30, 7),
    podGone(2, 90),
    listSeen(100, '5'),
    ...again(1, WEEK + 10, 1),
    ...goodStart(3, WEEK + 50, 4),
    ...again(1, 2 * WEEK + 10, 2),
    podGone(3, 2 * WEEK + 60),
    newPod(4, 2 * WEEK + 70),
    initRuns(4, 3 * WEEK),
  ]);
  await ledger.project();
});

afterEach(async () => {
  await acts.close();
  await ledger.close();
  await rm(folder, { recursive: true });
});

/** The init container of a pod runs and ends once more. */
const again = (pod: number, at: number, restartCount: number) => {
  const id = `containerd://${pod}-${restartCount}`;
  const time = (seconds: number): string => new Date(Date.parse('2026-11-21T10:00:00Z') + seconds * 1000).toISOString();
  const status = (state: object): object => ({
    name: 'migrate',
    restartCount,
    containerID: id,
    state,
    lastState: {},
    image: 'migrate:1',
  });
  return [
    podSeen(pod, at, { 'status.initContainer.migrate': status({ running: { startedAt: time(at) } }) }),
    podSeen(pod, at + 5, {
      'status.initContainer.migrate': status({
        terminated: {
          exitCode: 0,
          reason: 'Completed',
          startedAt: time(at),
          finishedAt: time(at + 5),
          containerID: id,
        },
      }),
    }),
  ];
};

const freezer = (rules = RULES): Freezer =>
  new Freezer({ pool: ledger.pool, by: { name: podInitsName, rules }, logger: silentLogger });
const retention = (days: number): Retention =>
  new Retention({ pool: ledger.pool, acts, logger: silentLogger, days, now: () => Date.parse('2026-12-20T00:00:00Z') });
const restate = (): Promise<unknown> =>
  ledger.recorderPool.query(
    `INSERT INTO restated (shard_id, up_to) SELECT shard_id, size FROM shard_head
     ON CONFLICT (shard_id) DO UPDATE SET up_to = excluded.up_to`,
  );
const kept = async (days: number) => (await retention(days).look(true)).map(({ keptBecause }) => keptBecause)[0];
/** Looks until nothing more goes. @returns the weeks that went */
async function drop(days: number, rules?: string): Promise<readonly string[]> {
  await restate();
  const weeks: string[] = [];
  await vi.waitFor(async () => {
    const looked = await retention(days).look();
    weeks.push(...looked.filter(({ state }) => state === 'dropped').map(({ partition: { name } }) => name));
    await freezer(rules).look();
    const due = looked.find(({ state }) => state === 'due');
    if (due && !due.keptBecause?.startsWith('it is held')) throw new Error(due.keptBecause ?? '');
  }, patience);
  // The log was opened before anything was recorded.
  return weeks.filter((name) => !name.startsWith('event_1970'));
}
const horizon = async () =>
  (await ledger.rows<{ first: number }>('SELECT first_position AS first FROM shard_head'))[0]?.first;
const told = async () => {
  const { frozen_span: _spans, pod_seed: _seeds, ...rows } = await ledger.readModels();
  return rows;
};

async function all<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe('a week that is to go', { timeout: 240_000 }, () => {
  it('waits until what was told of it is frozen, and says so', async () => {
    await restate();
    await retention(15).look();
    await vi.waitFor(async () => expect(await kept(15)).toMatch(/^what was told of shard 1 is not frozen/u), patience);
    expect(await freezer('98').look()).toEqual([]);
    expect(await kept(15)).toMatch(/is not frozen/u);

    const spans = await freezer().look();

    expect(spans).toEqual([
      { shardId: 1, from: 0, to: 8 },
      { shardId: 1, from: 8, to: 13 },
    ]);
    expect(await kept(15)).not.toMatch(/is not frozen/u);
    expect(await freezer().look()).toEqual([]);
    expect(await ledger.rows('SELECT from_position, to_position, rules, name FROM frozen_span ORDER BY 1')).toEqual([
      { from_position: 0, to_position: 8, rules: RULES, name: podInitsName },
      { from_position: 8, to_position: 13, rules: RULES, name: podInitsName },
    ]);
  });

  it('goes, is taken over by other rules and built anew by the same, and so are those after it', async () => {
    const before = await told();
    expect(await drop(15)).toEqual(['event_2026w47', 'event_2026w48']);
    expect(await horizon()).toBeGreaterThan(5);
    await ledger.takeOver({ rules: '99' });
    expect(await told()).toEqual(before);
    expect(await drop(8, '99')).toEqual(['event_2026w49']);

    await ledger.takeOver({ rules: '99', limits: {} }, { takeOver: 'again' });
    await ledger.takeOver({ rules: '100' });
    expect(await told()).toEqual(before);
    expect(await ledger.rows('SELECT DISTINCT rules FROM frozen_span ORDER BY 1')).toEqual([
      { rules: RULES },
      { rules: '99' },
    ]);

    await ledger.append([...again(1, 3 * WEEK + 10, 3), podGone(4, 3 * WEEK + 30)]);
    await ledger.project(ledger.follower(ledger.projection({ rules: '100' })));
    const [attempts] = await ledger.rows(
      'SELECT count(*)::int AS told FROM init_attempt WHERE pod_uid = $1 AND valid_to IS NULL',
      [uid(1)],
    );
    expect(attempts).toEqual({ told: 4 });
    const firsts = await ledger.rows(`SELECT FROM happening WHERE type = 'PodFirstObserved' AND pod_uid = $1`, [
      uid(1),
    ]);
    expect(firsts).toHaveLength(1);
    expect(ledger.failures).toEqual([]);
  });

  it('is answered for: a pod that lives, one that is gone, and a position below it', async () => {
    await drop(15);
    const first = (await horizon()) ?? 0;
    const at = (pod: number, upTo: number) =>
      foldPod(ledger.reader, ledger.pool, { shardId: 1, podUid: uid(pod), upTo });

    const living = await at(1, 17);
    expect(living?.account(0).cycles.flatMap((cycle) => cycle.initContainers[0]?.attempts ?? [])).toHaveLength(3);
    expect(await at(2, 17)).toBeUndefined();
    await expect(at(1, first - 2)).rejects.toMatchObject({ code: 'history-expired' });

    const read = await all(rederive(ledger.pool));
    expect(
      read.map(({ uid: pod, differences, error, frozen = false }) => ({ pod, differences, error, frozen })),
    ).toEqual([1, 2, 3, 4].map((pod) => ({ pod: uid(pod), differences: [], error: null, frozen: pod === 2 })));
    const older = { ...ours, RULES: '1', storedHistory: undefined };
    const [reread] = await all(rederive(ledger.pool, { pods: [uid(1)] }, older));
    expect(reread?.error).toMatch(/before position \d+ was dropped, and rules 1 cannot read what rules \d+ kept/u);
  });

  it('stays while it is held, however it is frozen', async () => {
    const holds = new Holds(ledger.pool, acts);
    const span = { fromAt: '2026-11-21T00:00:00Z', toAt: '2026-11-22T00:00:00Z' };
    await holds.place(1, {
      holdId: '00000000-0000-4000-8000-000000000001',
      ...span,
      reason: 'case 7',
      author: 'legal',
    });

    expect(await drop(15)).toEqual([]);
    expect(await kept(15)).toBe('it is held: case 7');
  });

  it('is frozen anew where pods were derived again meanwhile, and what is frozen already stays', async () => {
    await drop(15);
    const before = await told();
    await restate();
    await retention(8).look();
    const [span] = await freezer().look();
    expect(span).toBeDefined();
    const anew = (pods: readonly number[]) =>
      inTransaction(ledger.pool, async (db) => {
        const upTo = { position: 17, recordedAt: '2026-12-12T10:00:00.000Z' };
        await rederivePods({ db, shardId: 1, upTo, erased: new Set() }, pods.map(uid), limits);
      });

    await anew([1, 2, 3, 4]);
    expect(withoutDates(await told())).toEqual(withoutDates(before));
    await inTransaction(ledger.pool, (db) =>
      deriveAgain(db, { shardId: 1, bodies: [{ position: -1, streamId: uid(3), type: 'PodObserved' }] }, limits),
    );

    expect(await kept(8)).toMatch(/is not frozen/u);
    const ofPod = (rows: Awaited<ReturnType<typeof told>>, pod: number) =>
      withoutDates(
        Object.fromEntries(
          Object.entries(rows).map(([table, texts]) => [table, texts.filter((row) => row.includes(uid(pod)))]),
        ),
      );
    const after = await told();
    for (const pod of [1, 2, 4]) expect(ofPod(after, pod)).toEqual(ofPod(before, pod));
    // What was told of the pod whose body is gone may say the same as that did.
    expect(await ledger.rows('SELECT FROM pod_init WHERE pod_uid = $1 AND valid_from < 13', [uid(3)])).toEqual([]);
    expect(await drop(8)).toEqual(['event_2026w49']);
  });
});

const limits = { defaultSeconds: 300, floorSeconds: 60, factor: 1.5, minSamples: 3 };
/** Statistics that were taken back and counted again are of another position. */
const withoutDates = (rows: Readonly<Record<string, readonly string[]>>) =>
  JSON.parse(JSON.stringify(rows).replaceAll(/\\"last_position\\": -?\d+/gu, '')) as unknown;

describe('whoever freezes', { timeout: 240_000 }, () => {
  it('may end at any moment: the next one goes on where that stopped', async () => {
    const to = 12;
    const ending = new AbortController();
    const by = { name: podInitsName, rules: RULES };
    ending.abort();
    await expect(freeze({ pool: ledger.pool, by, signal: ending.signal }, { shardId: 1, from: 0, to })).rejects.toThrow(
      'aborted',
    );
    expect(await ledger.rows('SELECT done_to, frozen_at FROM frozen_span')).toEqual([
      { done_to: null, frozen_at: null },
    ]);
    expect(await freeze({ pool: ledger.pool, by }, { shardId: 1, from: 0, to })).toBe(true);
    const seeds = await ledger.rows('SELECT stream_id, fold::text FROM pod_seed ORDER BY 1');

    // As if it had been killed after the first pod.
    await ledger.rows('UPDATE frozen_span SET done_to = $1, frozen_at = NULL', [uid(1)]);
    await ledger.rows('DELETE FROM pod_seed WHERE stream_id > $1', [uid(1)]);
    expect(await freeze({ pool: ledger.pool, by }, { shardId: 1, from: 0, to })).toBe(true);

    expect(await ledger.rows('SELECT stream_id, fold::text FROM pod_seed ORDER BY 1')).toEqual(seeds);
    expect(seeds.length).toBeGreaterThan(1);
  });

  it('begins anew where others began, and leaves read models alone that others keep', async () => {
    const by = { name: podInitsName, rules: RULES };
    const span = { shardId: 1, from: 0, to: 12 };
    await freeze({ pool: ledger.pool, by }, span);
    const seeds = await ledger.rows('SELECT stream_id, rules FROM pod_seed ORDER BY 1');
    await ledger.rows(`UPDATE frozen_span SET rules = '7', done_to = $1, frozen_at = NULL`, [uid(9)]);
    await ledger.rows(`UPDATE pod_seed SET rules = '7'`);

    expect(await freeze({ pool: ledger.pool, by: { ...by, rules: '7' } }, span)).toBe(false);
    expect(await freeze({ pool: ledger.pool, by }, span)).toBe(true);

    expect(await ledger.rows('SELECT stream_id, rules FROM pod_seed ORDER BY 1')).toEqual(seeds);
  });
});
