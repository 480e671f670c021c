/** One pod, read from the log whenever it is asked for. */
import { isTold, podAccount } from '#libs/init-history';
import type { Context, PodAccount, PodHistory } from '#libs/init-history';
import type { EventReader } from '#libs/event-store';
import { ContextBook } from '../context/context-book.js';
import { ContextTable } from '../context/context-table.js';
import { bookFor, readPodStreams } from '../pod-inits/pod-loader.js';
import { refold } from '../pod-inits/refold.js';
import type { HappenedAt } from '../pod-inits/refold.js';
import type { Queryable } from '../queryable.js';

/** Which pod, and up to which position it is folded: one that is projected, for context is read from the read models. */
export type PodAt = Readonly<{ shardId: number; podUid: string; upTo: number }>;

/** A pod as of a position. */
export type FoldedPod = Readonly<{
  history: PodHistory;
  /** What was known of node, owners and namespace as of the position. */
  context: Context;
  /** What happened, in order, at the positions at which it became known. */
  happened: readonly HappenedAt[];
  /** What is told of it; durations that run end at `at` (epoch milliseconds). */
  account: (at: number) => PodAccount;
}>;

/** The pod with all that was recorded of it up to a position; undefined when nothing was told of it by then. */
export async function foldPod(
  reader: EventReader,
  db: Queryable,
  { shardId, podUid, upTo }: PodAt,
): Promise<FoldedPod | undefined> {
  const contexts = new ContextTable(db, shardId);
  const sources = { reader, db, contexts, shardId };
  const streams = await readPodStreams(sources, [podUid], upTo);
  const shardWide = new ContextBook();
  await contexts.loadShardWide(shardWide, upTo);
  const book = await bookFor(sources, streams, upTo, shardWide);
  const [stream] = streams;
  if (!stream) return undefined;

  const { fold, happened } = refold(stream, book);
  if (!isTold(fold.history)) return undefined;
  // What it named before it went may be another by now: a namespace or node of the same name.
  const asOf = fold.living ? upTo : (fold.history.position ?? upTo);
  const context = book.contextOf(fold.names, asOf);
  return { history: fold.history, context, happened, account: (at) => podAccount(fold.history, at, context) };
}
