/** Derives pods again from what is left of their streams, and puts that in the place of what was told of them. */
import { EventReader } from '#libs/event-store';
import type { StuckLimits } from '#libs/init-history';
import type { Pool, PoolClient } from '#libs/platform';
import { ContextBook } from '../context/context-book.js';
import { ContextTable } from '../context/context-table.js';
import { inTransaction } from '../following/transaction.js';
import { BatchRows } from '../pod-inits/batch-rows.js';
import { readModelTables, writeBatch } from '../pod-inits/batch-tables.js';
import { readInForce, type PodInForce } from '../pod-inits/in-force.js';
import { unseenPod } from '../pod-inits/pod-fold.js';
import { bookFor, readPodStreams } from '../pod-inits/pod-loader.js';
import { refold, type PodStream, type Refolded } from '../pod-inits/refold.js';
import type { Standing } from '../pod-inits/pod-cache.js';
import { standingOf } from '../pod-inits/standing.js';
import { accountOf, rowsOf } from '../pod-inits/tell.js';
import type { InForce, RowsInForce } from '../pod-inits/version-ledger.js';
import { dropBeside } from '../takeover/builds.js';

/** What is to be derived again. */
export type Rederived = Readonly<{
  shardId: number;
  pods: readonly string[];
  /** Positions whose bodies are gone. */
  positions: readonly number[];
  /** For pods that stand where they did not stand before. */
  limits: StuckLimits;
}>;

/**
 * In one transaction: rows of these pods go, what they counted for is taken back, and what their streams tell now is written, by the rules
 * in force and up to where the read models have come. Whoever follows the shard is made to forget what it remembers. Read models of other
 * rules, being built or put aside, are dropped: they are built again.
 */
export async function rederivePods(pool: Pool, erased: Rederived): Promise<void> {
  await inTransaction(pool, async (db) => {
    await dropBeside(db, readModelTables);
    const upTo = await forget(db, erased.shardId);
    if (upTo === null) return;
    await db.query('DELETE FROM kube_event WHERE shard_id = $1 AND position = ANY ($2)', [
      erased.shardId,
      erased.positions,
    ]);
    for (const uid of erased.pods) await rederivePod(db, erased, { uid, upTo });
  });
}

/** Moves no bookmark, and changes it all the same: a follower that holds another one begins anew. */
async function forget(db: PoolClient, shardId: number): Promise<number | null> {
  const { rows } = await db.query<{ position: number }>(
    `UPDATE projection_bookmark
        SET live_from = CASE WHEN live_from = position + 1 THEN position ELSE position + 1 END
      WHERE shard_id = $1
  RETURNING position`,
    [shardId],
  );
  return rows[0]?.position ?? null;
}

async function rederivePod(
  db: PoolClient,
  { shardId, limits }: Rederived,
  { uid, upTo }: Readonly<{ uid: string; upTo: number }>,
): Promise<void> {
  const before = (await readInForce(db, shardId, [uid])).get(uid);
  const rows = new BatchRows(shardId);
  takeBack(rows, before, upTo);
  const ordinals = await removeRows(db, shardId, uid);
  const contexts = new ContextTable(db, shardId);
  const shardWide = new ContextBook();
  await contexts.loadShardWide(shardWide, upTo);
  const sources = { reader: new EventReader(db), db, contexts, shardId };
  const [stream] = await readPodStreams(sources, [uid], upTo);
  if (stream && stream.own.length > 0) {
    const book = await bookFor(sources, [stream], upTo, shardWide);
    await tell(rows, { stream, book, limits, standing: before?.standing ?? null });
  }
  const numbered = await withOrdinals(db, rows.happenings, ordinals);
  rows.happenings.splice(0, rows.happenings.length, ...numbered);
  await openStats(db, rows);
  await writeBatch(db, shardId, rows);
}

/** Statistics take each position once, and what is taken back and added here is of positions that they had: their rows forget which. */
async function openStats(db: PoolClient, { stats, shardId }: BatchRows): Promise<void> {
  const open = (table: string, time: string, times: readonly string[]): Promise<unknown> =>
    db.query(`UPDATE ${table} SET last_position = -1 WHERE shard_id = $1 AND ${time} = ANY ($2)`, [shardId, times]);
  await open('workload_stats', 'hour', [...new Set(stats.rows.map(({ hour }) => hour))]);
  await open('day_stats', 'day', [...new Set(stats.days.map(({ day }) => day))]);
}

/** What counts today counts no more. */
function takeBack(rows: BatchRows, before: PodInForce | undefined, position: number): void {
  const counted: readonly InForce[] = [...(before?.inits.values() ?? []), ...(before?.attempts.values() ?? [])];
  for (const { contribution } of counted)
    for (const each of contribution ?? []) rows.stats.add({ contribution: each, times: -1, position });
}

type OldHappening = Readonly<{ position: number; ordinal: number; happening_id: string }>;

async function removeRows(db: PoolClient, shardId: number, uid: string): Promise<readonly OldHappening[]> {
  const { rows } = await db.query<OldHappening>(
    'DELETE FROM happening WHERE shard_id = $1 AND pod_uid = $2 RETURNING position, ordinal, happening_id',
    [shardId, uid],
  );
  for (const table of ['pod_init', 'init_attempt', 'finding', 'pod_context'])
    await db.query(`DELETE FROM ${table} WHERE shard_id = $1 AND pod_uid = $2`, [shardId, uid]);
  await db.query('DELETE FROM quarantine WHERE shard_id = $1 AND stream_id = $2', [shardId, uid]);
  return rows;
}

type Telling = Readonly<{ stream: PodStream; book: ContextBook; limits: StuckLimits; standing: Standing | null }>;

async function tell(rows: BatchRows, { stream, book, limits, standing: before }: Telling): Promise<void> {
  const steps: Refolded['steps'] = refold(stream, book).steps;
  let standing = before;
  let inForce: RowsInForce = { inits: new Map(), attempts: new Map(), findings: new Map() };
  let keys: readonly string[] = unseenPod(stream.uid).keys;
  for (const { fold, happenings, position, recordedAt } of steps) {
    const account = accountOf(fold, { position, recordedAt }, book);
    standing = account && (await standingOf(account, standing, limits, () => Promise.resolve(null)));
    const heard = { fold, happenings, claims: null, account };
    const next = rowsOf(heard, standing, { shardId: rows.shardId, position, recordedAt });
    ({ inForce } = rows.move(stream.uid, inForce, next, position));
    rows.addHappenings({ uid: stream.uid, namespace: fold.names.namespace ?? '' }, position, happenings);
    keys = fold.keys;
  }
  for (const key of keys) rows.restOn(stream.uid, key, true);
}

/** A happening that was told before keeps its place among those of its position; others come after all that are there. */
async function withOrdinals(
  db: PoolClient,
  happenings: BatchRows['happenings'],
  old: readonly OldHappening[],
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const known = new Map(old.map(({ position, happening_id, ordinal }) => [`${position} ${happening_id}`, ordinal]));
  const next = new Map<number, number>();
  for (const { position, ordinal } of old) next.set(position, Math.max(next.get(position) ?? 0, ordinal + 1));
  const numbered = [];
  for (const happening of happenings) {
    const position = Number(happening['position']);
    let ordinal = known.get(`${position} ${String(happening['happening_id'])}`);
    if (ordinal === undefined) {
      const { rows } = await db.query<{ next: number }>(
        'SELECT coalesce(max(ordinal) + 1, 0) AS next FROM happening WHERE shard_id = $1 AND position = $2',
        [happening['shard_id'], position],
      );
      ordinal = Math.max(next.get(position) ?? 0, rows[0]?.next ?? 0);
      next.set(position, ordinal + 1);
    }
    numbered.push({ ...happening, ordinal });
  }
  return numbered;
}
