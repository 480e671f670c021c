/** Freezes what was told of a span of a shard, before its observations go: keeps of each pod what a fold of the rest begins with. */
import { setImmediate } from 'node:timers/promises';
import { EventReader } from '#libs/event-store';
import { historyVersion } from '#libs/init-history';
import { copyRows, type Pool, type PoolClient } from '#libs/platform';
import { ContextBook } from '../context/context-book.js';
import { ContextTable } from '../context/context-table.js';
import { inTransaction } from '../following/transaction.js';
import { isOfStaticPod as isAboutStatic } from '../pod-inits/page.js';
import type { Input, Moving, PodFold } from '../pod-inits/pod-fold.js';
import { bookFor, isEmpty, readPodStreams, type Sources } from '../pod-inits/pod-loader.js';
import { refold, type PodStream } from '../pod-inits/refold.js';
import type { Queryable } from '../queryable.js';
import { readBelow } from './seeds.js';
import { mayBeMoved, streamsAfter, type Span } from './streams.js';

/** By whom the read models are kept that are frozen. */
export type KeptBy = Readonly<{ name: string; rules: string }>;

/** What freezing needs. */
export type Freezing = Readonly<{ pool: Pool; by: KeptBy; signal?: AbortSignal | undefined }>;

/** Streams that are looked at in one look at the database, with all that was observed of those that are kept. */
const AT_ONCE = 200;

/** The read models are no longer those that were being frozen, or not in the state that was read: the next look begins with what is there. */
class Moved extends Error {}

/**
 * Keeps what is known of pods as of the last position of `span`, some at a time, each time in one short transaction: whoever is killed goes on
 * where that stopped. What holds up nobody: it reads, and adds rows that nobody reads yet.
 *
 * @returns false where the read models are not kept by `by`, or not up to there: nothing was done
 */
export async function freeze({ pool, by, signal }: Freezing, span: Span): Promise<boolean> {
  const { shardId } = span;
  const begun = await begin(pool, by, span);
  if (begun === null || begun.isDone) return begun !== null;
  const contexts = new ContextTable(pool, shardId);
  const shardWide = new ContextBook();
  await contexts.loadShardWide(shardWide, span.to - 1);
  const sources: Sources = { reader: new EventReader(pool), db: pool, contexts, shardId, horizon: span.from };
  let after = begun.doneTo;
  for (;;) {
    signal?.throwIfAborted();
    const mark = await markOf(pool, by, span);
    if (mark === null) return false;
    const streamIds = await streamsAfter(pool, span, after, AT_ONCE);
    const last = streamIds.at(-1);
    const seeds = last === undefined ? [] : await seedsOf(sources, span, shardWide, streamIds);
    try {
      await inTransaction(pool, async (db) => {
        if ((await markOf(db, by, span, 'FOR SHARE')) !== mark) throw new Moved();
        await copyRows(
          db,
          'pod_seed',
          seeds.map((seed) => toRow(seed, by, span)),
          json,
        );
        await moveOn(db, span, after, last ?? null);
      });
    } catch (error) {
      if (error instanceof Moved) return false;
      throw error;
    }
    if (last === undefined) return true;
    after = last;
  }
}

const json: ReadonlySet<string> = new Set(['fold', 'early']);

type Begun = Readonly<{ doneTo: string | null; isDone: boolean }>;

/** Notes that the span is being frozen; what others began of it, or what was begun from elsewhere, goes. */
async function begin(pool: Pool, by: KeptBy, { shardId, from, to }: Span): Promise<Begun | null> {
  return inTransaction(pool, async (db) => {
    if ((await markOf(db, by, { shardId, to }, 'FOR SHARE')) === null) return null;
    const begun = await db.query(
      `DELETE FROM frozen_span
       WHERE shard_id = $1 AND to_position = $2 AND frozen_at IS NULL AND (name, rules, from_position) <> ($3, $4, $5::bigint)`,
      [shardId, to, by.name, by.rules, from],
    );
    if (begun.rowCount) await db.query('DELETE FROM pod_seed WHERE shard_id = $1 AND horizon = $2', [shardId, to]);
    await db.query(
      `INSERT INTO frozen_span (shard_id, from_position, to_position, name, rules)
       VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT DO NOTHING`,
      [shardId, from, to, by.name, by.rules],
    );
    const { rows } = await db.query<{ done_to: string | null; is_done: boolean }>(
      'SELECT done_to, frozen_at IS NOT NULL AS is_done FROM frozen_span WHERE shard_id = $1 AND to_position = $2',
      [shardId, to],
    );
    return { doneTo: rows[0]?.done_to ?? null, isDone: rows[0]?.is_done ?? false };
  });
}

/** What changes when somebody derives pods of the shard again; null where the read models are kept by others, or not up to the span's end. */
async function markOf(
  db: Queryable,
  { name, rules }: KeptBy,
  { shardId, to }: Pick<Span, 'shardId' | 'to'>,
  lock: '' | 'FOR SHARE' = '',
): Promise<number | null> {
  const { rows } = await db.query<{ live_from: number }>(
    `SELECT live_from
     FROM projection_bookmark
     WHERE shard_id = $1 AND name = $2 AND rules = $3 AND position >= $4
     ${lock}`,
    [shardId, name, rules, to - 1],
  );
  return rows[0]?.live_from ?? null;
}

/** By compare-and-set: of two that freeze the same span one finds it moved. */
async function moveOn(
  db: PoolClient,
  { shardId, to }: Span,
  from: string | null,
  doneTo: string | null,
): Promise<void> {
  const { rowCount } = await db.query(
    `UPDATE frozen_span
     SET done_to = coalesce($3, done_to), frozen_at = CASE WHEN $3::uuid IS NULL THEN clock_timestamp() END
     WHERE shard_id = $1 AND to_position = $2 AND done_to IS NOT DISTINCT FROM $4::uuid AND frozen_at IS NULL`,
    [shardId, to, doneTo, from],
  );
  if (rowCount !== 1) throw new Moved();
}

/** What is kept of one stream. */
type Kept = Readonly<{ uid: string; fold: PodFold | null; early: readonly Input<Moving>[] | null }>;

async function seedsOf(
  sources: Sources,
  span: Span,
  shardWide: ContextBook,
  streamIds: readonly string[],
): Promise<readonly Kept[]> {
  const upTo = span.to - 1;
  const streams = await readPodStreams(sources, await mayBeMoved(sources.db, span, streamIds), upTo);
  const book = await bookFor(sources, streams, upTo, shardWide);
  const early = await earlyEvents(sources, streams, upTo);
  const kept: Kept[] = [];
  for (const stream of streams) {
    await setImmediate();
    const { uid } = stream;
    const fold = early.has(uid) ? null : foldOf(stream, book);
    if (fold || early.has(uid)) kept.push({ uid, fold, early: early.get(uid) ?? null });
  }
  return kept;
}

/** Null where there is nothing to keep, and of a stream that cannot be folded: it is parked. */
function foldOf(stream: PodStream, book: ContextBook): PodFold | null {
  if (isEmpty(stream) || isOfStaticPod(stream)) return null;
  try {
    return refold(stream, book).fold;
  } catch {
    return null;
  }
}

/** Events alone that are of a static pod: its mirror has the fold. */
const isOfStaticPod = ({ seed, own }: PodStream): boolean =>
  seed === null && own.length > 0 && own.every(({ observation }) => isAboutStatic(observation));

/** The Events of static pods of which no mirror was seen yet. */
async function earlyEvents(
  sources: Sources,
  streams: readonly PodStream[],
  upTo: number,
): Promise<ReadonlyMap<string, readonly Input<Moving>[]>> {
  const before = (
    await readBelow(
      sources,
      streams.map(({ uid }) => uid),
    )
  ).early;
  const ofStaticPods = streams.filter((stream) => before.has(stream.uid) || isOfStaticPod(stream));
  const twins = await sources.contexts.twins(
    ofStaticPods.map(({ uid }) => uid),
    upTo,
  );
  const claimed = new Set(twins.map(({ uid }) => uid));
  const alone = ofStaticPods.filter(({ uid }) => !claimed.has(uid));
  return new Map(alone.map(({ uid, own }) => [uid, [...(before.get(uid) ?? []), ...own]]));
}

const toRow = ({ uid, fold, early }: Kept, { rules }: KeptBy, { shardId, to }: Span) => ({
  shard_id: shardId,
  horizon: to,
  stream_id: uid,
  rules,
  history_version: historyVersion,
  fold,
  early,
});
