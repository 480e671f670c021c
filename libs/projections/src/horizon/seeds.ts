/** What is kept of pods whose first observations were dropped: the table `pod_seed`. A fold of the rest begins with it. */
import { AuditError } from '#libs/platform';
import type { EventReader } from '#libs/event-store';
import { ours } from '../pod-inits/pod-fold.js';
import type { Derivation, Input, Moving, PodFold } from '../pod-inits/pod-fold.js';
import type { Queryable } from '../queryable.js';
import { readBegun } from './begun-at.js';

/** A pod as it was stored, with its history in the shape of the rules that read it. */
export type StoredFold = Omit<PodFold, 'history' | 'uid'> & Readonly<{ history: unknown }>;

/** A pod as of the last position below a horizon. */
export type Seed = Readonly<{ horizon: number; rules: string; historyVersion: number; fold: StoredFold }>;

/** What lies below a horizon, as far as it is kept. */
export type Below = Readonly<{
  /** Events below it are gone. */
  first: number;
  /** Events below it are not read: they are gone, or came back when all that they tell was frozen. */
  horizon: number;
  /** From where on what was told is frozen up to the horizon; null where nothing is. What was dropped before anything was frozen lies before. */
  frozenFrom: number | null;
  seeds: ReadonlyMap<string, Seed>;
  /** Of static pods of which no mirror was seen below the horizon: their Events, in the order of positions. */
  early: ReadonlyMap<string, readonly Input<Moving>[]>;
}>;

const nothingBelow: Below = { first: 0, horizon: 0, frozenFrom: null, seeds: new Map(), early: new Map() };

type SeedRow = Readonly<{
  stream_id: string;
  rules: string;
  history_version: number;
  fold: StoredFold | null;
  early: readonly Input<Moving>[] | null;
}>;

/** What is kept of these streams, pods and static pods, below the horizon of the shard, or below another at which its read models are frozen. */
export async function readBelow(
  { db, shardId, horizon: asked }: Readonly<{ db: Queryable; shardId: number; horizon?: number | undefined }>,
  streamIds: readonly string[],
): Promise<Below> {
  const { first, horizon } = asked === undefined ? await readBegun(db, shardId) : { first: asked, horizon: asked };
  if (horizon === 0) return nothingBelow;
  const { rows } = await db.query<SeedRow>(
    `SELECT stream_id, rules, history_version, fold, early
     FROM pod_seed
     WHERE shard_id = $1 AND horizon = $2 AND stream_id = ANY($3::uuid[])`,
    [shardId, horizon, streamIds],
  );
  const { rows: spans } = await db.query<{ frozen_from: number | null }>(
    `SELECT CASE WHEN bool_or(to_position = $2 AND NOT is_passed) THEN min(from_position) END AS frozen_from
     FROM frozen_span
     WHERE shard_id = $1 AND to_position <= $2 AND frozen_at IS NOT NULL`,
    [shardId, horizon],
  );
  return {
    first,
    horizon,
    frozenFrom: spans[0]?.frozen_from ?? null,
    seeds: new Map(rows.flatMap((row) => (row.fold ? [[row.stream_id, toSeed(row, row.fold, horizon)]] : []))),
    early: new Map(rows.flatMap(({ stream_id, early }) => (early ? [[stream_id, early]] : []))),
  };
}

const toSeed = ({ rules, history_version }: SeedRow, fold: StoredFold, horizon: number): Seed => ({
  horizon,
  rules,
  historyVersion: history_version,
  fold,
});

/** The pod that a seed holds, as these rules know pods; null where they cannot read it. */
export function podOf(uid: string, seed: Seed, rules: Derivation = ours): PodFold | null {
  const history = rules.storedHistory?.(seed.fold.history, seed.historyVersion) ?? null;
  return history && { ...seed.fold, uid, history };
}

/** Whether what was told from position `toldFrom` on rests on what lies below the horizon, and is frozen. */
export const isFrozen = ({ horizon, frozenFrom }: Below, toldFrom: number): boolean =>
  frozenFrom !== null && toldFrom >= frozenFrom && toldFrom < horizon;

/** What a pod's fold would have to begin with is not there, or not for these rules: what was told of it stays as it is. */
export class BegunBelow extends Error {}

/**
 * Makes sure that what was read of streams since `below` was is all that is kept.
 *
 * @throws AuditError `history-expired` where another part of it was dropped meanwhile
 */
export async function assertStillKept(
  { reader, shardId }: Readonly<{ reader: EventReader; shardId: number }>,
  { horizon }: Below,
): Promise<void> {
  if (horizon === 0 || (await reader.isKept(shardId, horizon))) return;
  throw new AuditError('history-expired', `Events of shard ${shardId} were dropped while they were read.`, {
    remedy: 'Ask again: what is kept of them is there.',
  });
}
