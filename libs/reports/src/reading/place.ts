import type { Place } from '../asking/cursor.js';

/** How far a shard has been projected, and how far it has been recorded. Times in epoch milliseconds. */
export type Progress = Readonly<{
  shardId: number;
  /** Of the last event that the read models tell; -1 before the first. */
  projected: number;
  /** Of the last event stored; -1 before the first. */
  recorded: number;
  /** When the oldest event was stored that the read models do not tell yet; null where they tell all. */
  waitingSince: number | null;
  rules: string | null;
}>;

/** Positions `[from, to)` of which the observations were dropped: what was told of them stays as `rules` read it. */
export type FrozenSpan = Readonly<{ rules: string; from: number; to: number }>;

/** Where a shard's history begins: retention may have dropped what was before. */
export type Horizon = Readonly<{
  shardId: number;
  position: number;
  recordedAt: number;
  /** What was told before, from the oldest on. */
  frozen: readonly FrozenSpan[];
}>;

const at = (place: Place, shardId: number): number => place.positions[String(shardId)] ?? -1;

/** The newest place of all shards: what an answer tells that is not asked for an earlier one. */
export const newestPlace = (progress: readonly Progress[], now: number): Place => ({
  positions: Object.fromEntries(progress.map(({ shardId, projected }) => [String(shardId), projected])),
  asOf: now,
});

/** Whether the read models tell everything up to `place`. */
export const isTold = (progress: readonly Progress[], place: Place): boolean =>
  progress.every(({ shardId, projected }) => projected >= at(place, shardId));

/** Whether `place` names a position that was never given: no such answer can come. */
export const isBeyond = (progress: readonly Progress[], place: Place): boolean =>
  progress.some(({ shardId, recorded }) => at(place, shardId) > recorded);

/**
 * Whether `place` lies before what is still kept: before a shard's horizon where something was dropped, or before the first
 * observation of all shards. The last position that was dropped is told as a whole; it is where a shard stands of which nothing is left.
 */
export function isExpired(horizons: readonly Horizon[], place: Place): boolean {
  if (horizons.length === 0) return false;
  const dropped = horizons.some(({ shardId, position, recordedAt }) => {
    const told = at(place, shardId);
    return position > 0 && (told < position - 1 || (told === position - 1 && place.asOf < recordedAt));
  });
  return dropped || horizons.every(({ recordedAt }) => place.asOf < recordedAt);
}

/** For how long the oldest untold event has been waiting, in seconds; 0 where all is told. */
export function lagSeconds(progress: readonly Progress[], now: number): number {
  const lags = progress.map(({ waitingSince }) => (waitingSince === null ? 0 : (now - waitingSince) / 1000));
  return Math.max(0, ...lags);
}
