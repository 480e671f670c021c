import { joined, sql, word, type Sql } from '../asking/sql.js';
import type { Place } from '../asking/cursor.js';
import type { Progress } from './place.js';
import type { Reading } from './reading.js';
import type { Snapshot } from './reports-database.js';
import type { Shard } from './shards.js';
import { moment, type Alias } from './versions.js';

/**
 * What time it is in a shard at the reading's place, in epoch milliseconds: of what is live, that of the answer. A recording is of the
 * past: its time is that of the newest of it, and ends with it. In a shard that was closed it is never later than then.
 */
export const nowOf = ({ shards, place }: Reading, shardId: number): number => nowIn(place, shards, shardId);

/** {@link nowOf}, or the reading's `at` where that is asked for and earlier: up to where running durations of the shard are told. */
export const presentOf = (reading: Reading, shardId: number): number =>
  Math.min(reading.at ?? Infinity, nowOf(reading, shardId));

/** {@link presentOf} in SQL, of the shard of each row of `alias`. */
export function presentIn(reading: Reading, alias: Alias | 'w'): Sql {
  const [first, ...others] = Map.groupBy(reading.shards, ({ shardId }) => presentOf(reading, shardId));
  if (!first) return moment(reading.at ?? reading.asOf);
  if (others.length === 0) return moment(first[0]);
  const cases = others.map(
    ([time, shards]) =>
      sql`WHEN ${word(alias)}.shard_id = ANY(${shards.map(({ shardId }) => shardId)}) THEN ${moment(time)}`,
  );
  return sql`CASE ${joined(cases, ' ')} ELSE ${moment(first[0])} END`;
}

/** The latest time that it is in any of the shards: relative times of a question are relative to it. */
export const latestNow = (place: Place, shards: readonly Shard[]): number =>
  shards.length === 0 ? place.asOf : Math.max(...shards.map(({ shardId }) => nowIn(place, shards, shardId)));

function nowIn(place: Place, shards: readonly Shard[], shardId: number): number {
  const shard = shards.find((each) => each.shardId === shardId);
  const now = (shard?.source === 'recording' ? place.recorded?.[String(shardId)] : undefined) ?? place.asOf;
  return Math.min(now, shard?.closedAt ?? Infinity);
}

/** Observations that are looked at for the newest time: those of several watches may be a moment out of order. */
const newest = 64;

/**
 * What time it is in each recording at `place`: when the newest observation was received, or, where nothing of it is stored after that
 * place, its newest line, which may be a bookmark.
 */
export async function recordedTimes(
  snapshot: Snapshot,
  { shards, progress }: Readonly<{ shards: readonly Shard[]; progress: readonly Progress[] }>,
  { positions }: Place,
): Promise<Readonly<Record<string, number>>> {
  const times: Record<string, number> = {};
  for (const { shardId, recordedUntil } of shards.filter(({ source }) => source === 'recording')) {
    const position = positions[String(shardId)] ?? -1;
    const [row] = await snapshot.rows<{ received: number | null }>(sql`
      SELECT (extract(epoch FROM max((body->>'receivedAt')::timestamptz)) * 1000)::float8 AS received
      FROM (
        SELECT body FROM event WHERE shard_id = ${shardId} AND position <= ${position} ORDER BY position DESC LIMIT ${newest}
      ) AS event`);
    const isWhole = position >= (progress.find((each) => each.shardId === shardId)?.recorded ?? -1);
    const time = Math.max(row?.received ?? -Infinity, (isWhole ? recordedUntil : null) ?? -Infinity);
    if (Number.isFinite(time)) times[String(shardId)] = Math.round(time);
  }
  return times;
}
