/** One pod, read from the log whenever it is asked for. */
import { isTold, podAccount } from '#libs/init-history';
import type { Context, PodAccount, PodHistory } from '#libs/init-history';
import type { EventReader } from '#libs/event-store';
import { AuditError } from '#libs/platform';
import { ContextBook } from '../context/context-book.js';
import { ContextTable } from '../context/context-table.js';
import { BegunBelow, isFrozen } from '../horizon/seeds.js';
import type { Below } from '../horizon/seeds.js';
import { bookFor, isEmpty, readStreams } from '../pod-inits/pod-loader.js';
import { refold } from '../pod-inits/refold.js';
import type { HappenedAt, PodStream, Refolded } from '../pod-inits/refold.js';
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
  /** From which position on its observations are kept, and by which rules those before were read; null where all are. */
  frozen: Readonly<{ before: number; rules: string }> | null;
  /** What is told of it; durations that run end at `at` (epoch milliseconds). */
  account: (at: number) => PodAccount;
}>;

/**
 * The pod with all that was recorded of it up to a position; undefined when nothing was told of it by then, or only by observations that were
 * dropped, of which nothing is kept that these rules could go on from: then what the rows tell of it is all there is.
 *
 * @throws AuditError `history-expired` for a position below the horizon
 */
export async function foldPod(
  reader: EventReader,
  db: Queryable,
  { shardId, podUid, upTo }: PodAt,
): Promise<FoldedPod | undefined> {
  const contexts = new ContextTable(db, shardId);
  const sources = { reader, db, contexts, shardId };
  const { streams, below } = await readStreams(sources, [podUid], upTo);
  if (upTo < below.first - 1) throw expired(shardId, upTo, below);
  if (upTo < below.horizon - 1) return undefined;
  const shardWide = new ContextBook();
  await contexts.loadShardWide(shardWide, upTo);
  const book = await bookFor(sources, streams, upTo, shardWide);
  const [stream] = streams;
  if (!stream || isEmpty(stream) || (await isBegunBelow(db, shardId, stream, below))) return undefined;
  const folded = foldKept(stream, book);
  if (!folded || !isTold(folded.fold.history)) return undefined;
  const { fold, happened } = folded;
  // What it named before it went may be another by now: a namespace or node of the same name.
  const asOf = fold.living ? upTo : (fold.history.position ?? upTo);
  const context = book.contextOf(fold.names, asOf);
  const frozen = stream.seed && { before: stream.seed.horizon, rules: stream.seed.rules };
  return { history: fold.history, context, happened, frozen, account: (at) => podAccount(fold.history, at, context) };
}

function foldKept(stream: PodStream, book: ContextBook): Refolded | undefined {
  try {
    return refold(stream, book);
  } catch (error) {
    if (error instanceof BegunBelow) return undefined;
    throw error;
  }
}

/** Whether more was told of the pod, from what was dropped, than the rest of its stream could tell. */
async function isBegunBelow(db: Queryable, shardId: number, { uid, seed }: PodStream, below: Below): Promise<boolean> {
  if (seed !== null || below.frozenFrom === null) return false;
  const { rows } = await db.query<{ told_from: number | null }>(
    'SELECT min(valid_from) AS told_from FROM pod_init WHERE shard_id = $1 AND pod_uid = $2',
    [shardId, uid],
  );
  return isFrozen(below, rows[0]?.told_from ?? below.horizon);
}

const expired = (shardId: number, upTo: number, { first }: Below): AuditError =>
  new AuditError(
    'history-expired',
    `Position ${upTo} of shard ${shardId} lies before what is kept of its observations, which begins at ${first}.`,
    { remedy: 'Ask for a later position.' },
  );
