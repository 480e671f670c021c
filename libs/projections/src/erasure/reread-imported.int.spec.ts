import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  ActWriters,
  CheckpointsFile,
  EventWriter,
  importArchive,
  Ledger as Proofs,
  Retention,
  weekSpans,
  writeArchive,
} from '#libs/event-store';
import { silentLogger } from '#libs/platform';
import { Leases } from '../following/leases.js';
import { inTransaction } from '../following/transaction.js';
import { Ledger, deploymentSeen, goodStart, namespaceSeen, nodeSeen, replicaSetSeen } from '../testing/index.js';
import { rereadImported } from './reread-imported.js';

let ledger: Ledger;
let size: number;
beforeEach(async () => {
  ledger = await Ledger.open();
  await ledger.append([namespaceSeen(0), nodeSeen(0), replicaSetSeen(0), deploymentSeen(0), ...goodStart(1, 10, 7)]);
  await ledger.append(goodStart(2, 20, 7));
  await ledger.project();
  const [row] = await ledger.rows<{ size: string }>('SELECT size FROM shard_head');
  size = Number(row?.size);
});
afterEach(() => ledger.close());

const reread = (from: number, to: number) =>
  inTransaction(ledger.pool, (db) => rereadImported(db, { shardId: ledger.shardId, from, to }));
const bookmarks = () => ledger.rows('SELECT position FROM projection_bookmark');

it('leaves what was told of events that come back as it is', async () => {
  const before = await ledger.readModels();

  await reread(0, 5);

  expect(await ledger.readModels()).toEqual(before);
  expect(await bookmarks()).toHaveLength(1);
});

it('has all of a shard read anew of which the events that come were never told', async () => {
  const before = await ledger.readModels();
  const follower = ledger.follower();
  await ledger.project(follower);

  await reread(size, size + 10);
  const after = [await bookmarks(), ...Object.values(await ledger.readModels())];
  await ledger.append(goodStart(3, 30, 7));
  const step = await follower.step();
  await ledger.project(follower);

  expect(after.every((rows) => rows.length === 0)).toBe(true);
  expect(step.outcome).toBe('stoodAside');
  const told = await ledger.readModels();
  expect(Object.keys(told)).toEqual(Object.keys(before));
  expect((told['pod_init'] ?? []).length).toBeGreaterThan((before['pod_init'] ?? []).length);
});

/** Seals and exports the weeks that are over. */
async function exported(folder: string): Promise<readonly string[]> {
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const sealing = { keys: [pem], file: new CheckpointsFile(path.join(folder, 'checkpoints')) };
  const writer = await EventWriter.open(ledger.recorderPool, ledger.shardId, { sealing });
  await writer.close();
  const acts = new ActWriters({ pool: ledger.pool });
  const now = (): number => Date.now() + 30 * 86_400_000;
  await new Retention({ pool: ledger.pool, acts, logger: silentLogger, days: null, now }).look();
  const files: string[] = [];
  for (const span of await weekSpans(ledger.pool, {})) files.push((await writeArchive(ledger.pool, span, folder)).file);
  return files;
}

it('reads imported weeks, the older ones last, as they were read where they were recorded', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'initledger-reread-'));
  const into = await Ledger.open();
  const week = 7 * 86_400;
  await ledger.append([...goodStart(3, week + 30, 7), namespaceSeen(2 * week)]);
  const files = await exported(folder);
  const keys = await new Proofs(ledger.pool).keys(ledger.shardId);
  const acts = new ActWriters({ pool: into.pool });
  const importing = { pool: into.pool, acts, keys, ground: { reason: 'r', author: 'a' }, older: rereadImported };
  const follower = into.follower();
  const leases = new Leases(into.pool, 'pod-inits', { renewMs: 0 });
  const held = [await leases.hold(into.shardId)];
  const told: number[] = [];

  for (const file of files.toReversed()) {
    await importArchive(file, importing);
    // As a projector does that has followed the shard all the time.
    held.push(await leases.hold(into.shardId));
    if (!held.at(-1)) follower.letGo();
    await into.project(follower);
    told.push(((await into.readModels())['pod_init'] ?? []).length);
  }
  await acts.close();

  const upTo = (await into.reader.head(into.shardId))?.size ?? 0;
  const events = await ledger.reader.readAfter(ledger.shardId, -1, upTo);
  expect(await into.reader.readAfter(into.shardId, -1, upTo)).toEqual(events);
  expect(files).toHaveLength(2);
  expect(held).toEqual([true, true, false]);
  expect(told[0]).toBeGreaterThan(0);
  expect(told[1]).toBeGreaterThan(told[0] ?? 0);
  const readModels = await into.readModels();
  for (const table of ['projection_bookmark', 'quarantine', ...Object.keys(readModels)])
    await into.rows(`TRUNCATE ${table}`);
  await into.project();
  expect(readModels).toEqual(await into.readModels());
  await into.close();
  await rm(folder, { recursive: true });
});
