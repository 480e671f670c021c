/** Weeks that went and come back from their archives, below a horizon up to which all is frozen. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  ActWriters,
  CheckpointsFile,
  Holds,
  importArchive,
  Retention,
  weekSpans,
  writeArchive,
} from '#libs/event-store';
import { RULES } from '#libs/init-history';
import { createPool, Database, silentLogger, type Pool } from '#libs/platform';
import { foldPod } from '../answering/fold-pod.js';
import { deriveAgain } from '../erasure/derive-again.js';
import { rereadImported } from '../erasure/reread-imported.js';
import { inTransaction } from '../following/transaction.js';
import { podInitsName } from '../pod-inits/pod-inits.projection.js';
import { goodStart, initEnds, initRuns, Ledger, newPod, podGone, uid } from '../testing/index.js';
import { deriveAnew } from '../verify/derived-anew.js';
import { Freezer } from './freezer.js';

const WEEK = 7 * 86_400;
/** A busy machine is no failure. */
const patience = { timeout: 60_000, interval: 20 };
/** Those that the ledger projects with. */
const limits = { defaultSeconds: 300, floorSeconds: 60, factor: 1.5, minSamples: 3 };

let ledger: Ledger;
let owner: Pool;
let folder: string;
let acts: ActWriters;
/** Archives of the two weeks that went. */
let older: string;
let younger: string;
/** What was told before they went. */
let before: Awaited<ReturnType<typeof told>>;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'initledger-again-'));
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const sealing = { keys: [pem], file: new CheckpointsFile(path.join(folder, 'checkpoints')), everyMs: 20 };
  ledger = await Ledger.open('kubernetes', sealing);
  owner = createPool(ledger.adminUrl, { name: 'owner', max: 1, statementTimeoutMs: 60_000 });
  acts = new ActWriters({ pool: ledger.pool, sealing });
  // Pod 3 begins in the first week and runs until long after the second; pod 1 is gone in the second.
  await ledger.append([
    ...goodStart(1, 10, 5),
    newPod(3, 20),
    initRuns(3, 21),
    podGone(1, WEEK + 10),
    ...goodStart(2, WEEK + 20, 7),
    newPod(4, 2 * WEEK),
    initRuns(4, 3 * WEEK),
  ]);
  await ledger.project();
  before = await told();
  await retention(null).look();
  [older = '', younger = ''] = await archives();
  await drop();
});

afterEach(async () => {
  await acts.close();
  await owner.end();
  await ledger.close();
  await rm(folder, { recursive: true });
});

const retention = (days: number | null): Retention =>
  new Retention({ pool: ledger.pool, acts, logger: silentLogger, days, now: () => Date.parse('2026-12-20T00:00:00Z') });
const freezer = (): Freezer =>
  new Freezer({ pool: ledger.pool, by: { name: podInitsName, rules: RULES }, acts, logger: silentLogger });
const told = async () => {
  const { frozen_span: _spans, pod_seed: _seeds, frozen_digest: _digests, ...rows } = await ledger.readModels();
  return rows;
};
const horizon = async () =>
  (await ledger.rows<{ first: number }>('SELECT first_position AS first FROM shard_head'))[0]?.first;

async function archives(): Promise<readonly string[]> {
  const spans = (await weekSpans(ledger.pool, {})).filter(({ from, to }) => to > from);
  return Promise.all(spans.map(async (span) => (await writeArchive(ledger.pool, span, folder)).file));
}

/** Lets the two weeks go, as far as they are not held. */
async function drop(): Promise<void> {
  await ledger.recorderPool.query(
    `INSERT INTO restated (shard_id, up_to) SELECT shard_id, size FROM shard_head
     ON CONFLICT (shard_id) DO UPDATE SET up_to = excluded.up_to`,
  );
  await vi.waitFor(async () => {
    const looked = await retention(15).look();
    await freezer().look();
    const due = looked.find(({ state }) => state === 'due');
    if (due && !due.keptBecause?.startsWith('it is held')) throw new Error(due.keptBecause ?? '');
  }, patience);
  await freezer().look();
}

const imported = (file: string) =>
  importArchive(file, {
    pool: ledger.pool,
    acts,
    keys: [],
    ground: { reason: 'case 7', author: 'audit' },
    older: rereadImported,
  });

const verified = async () => {
  const poolIn = (schemas: readonly string[]) => new Database(ledger.urls).projectionIn(schemas);
  return deriveAnew({ pool: ledger.pool, owner, poolIn, limits });
};

/** Each shard's differences, or why it could not be derived anew. */
const differing = async () => (await verified()).map(({ differing: found, passedOver }) => passedOver ?? found);
const agrees = [[]];
const ofPod = (rows: Awaited<ReturnType<typeof told>>, pod: number) =>
  Object.values(rows).flatMap((texts) => texts.filter((row) => row.includes(uid(pod))));

/** Lets the holds go that the imports placed. */
async function release(fromAt = '-infinity', toAt = 'infinity'): Promise<void> {
  const holds = new Holds(ledger.pool, acts);
  const held = await ledger.rows<{ hold_id: string }>(
    'SELECT hold_id FROM legal_hold WHERE released_at IS NULL AND from_at >= $1 AND to_at <= $2',
    [fromAt, toAt],
  );
  for (const { hold_id: holdId } of held) await holds.release(holdId, { reason: 'closed', author: 'audit' });
}

/** The pod that began before all that is kept now ends, as a follower tells it that remembers nothing. */
async function endOfThird(): Promise<void> {
  await ledger.append([initEnds(3, 21, 3 * WEEK + 100)]);
  await ledger.project();
}
const thirdEnds = async () =>
  ledger.rows(
    `SELECT outcome, started_at = '2026-11-21T10:00:20Z' AS "fromTheFirst" FROM pod_init
     WHERE pod_uid = $1 AND valid_to IS NULL`,
    [uid(3)],
  );
const endedOnce = [{ outcome: 'completed', fromTheFirst: true }];

describe('a week that was frozen and went, and is imported again', { timeout: 240_000 }, () => {
  it('comes only where it touches what is here', async () => {
    await expect(imported(older)).rejects.toMatchObject({ code: 'archive-refused' });

    expect(await horizon()).toBe(9);
    expect(await told()).toEqual(before);
    expect(await differing()).toEqual(agrees);
  });

  it('leaves all that was told as it was, and nothing differs from the log, down to its beginning', async () => {
    for (const [file, first] of [
      [younger, 5],
      [older, 0],
    ] as const) {
      expect(await imported(file)).toMatchObject({ outcome: 'imported' });
      await freezer().look();
      await ledger.project();

      expect(await horizon()).toBe(first);
      expect(await told()).toEqual(before);
      expect(await differing()).toEqual(agrees);
    }
  });

  it('is not read where what lies before it is gone: pods go on from what is kept at its end', async () => {
    await imported(younger);
    await endOfThird();
    const [partly, ends] = [await differing(), await thirdEnds()];
    await imported(older);

    expect(ledger.failures).toEqual([]);
    expect([partly, ends]).toEqual([agrees, endedOnce]);
    // Held against the whole log.
    expect(await differing()).toEqual(agrees);
  });

  it('is answered for from the rows, as of a position in it', async () => {
    await imported(younger);
    const at = (pod: number, upTo: number) =>
      foldPod(ledger.reader, ledger.pool, { shardId: 1, podUid: uid(pod), upTo });

    expect(await at(2, 7)).toBeUndefined();
    expect((await at(3, 10))?.frozen).toMatchObject({ before: 9 });
    await expect(at(3, 3)).rejects.toMatchObject({ code: 'history-expired' });
  });

  it('goes once more, the older alone, and pods go on from what is kept at the end of the younger', async () => {
    await imported(younger);
    await imported(older);
    await release('2026-11-01Z', '2026-11-23Z');
    await drop();
    expect(await horizon()).toBe(5);
    await endOfThird();

    expect([await differing(), await thirdEnds()]).toEqual([agrees, endedOnce]);
    await release();
    await drop();
    expect([await horizon(), await differing()]).toEqual([9, agrees]);
  });

  it('is taken over by other rules, and stays where pods are derived again', async () => {
    await imported(younger);
    await inTransaction(ledger.pool, (db) =>
      deriveAgain(db, { shardId: 1, bodies: [{ position: -1, streamId: uid(4), type: 'PodObserved' }] }, limits),
    );
    expect(ofPod(await told(), 3)).toEqual(ofPod(before, 3));
    const known = await told();
    await ledger.takeOver({ rules: '99' });

    expect(await told()).toEqual(known);
    await ledger.append([initEnds(3, 21, 3 * WEEK + 100)]);
    await ledger.project(ledger.follower(ledger.projection({ rules: '99' })));
    expect([await thirdEnds(), ledger.failures]).toEqual([endedOnce, []]);
  });
});
