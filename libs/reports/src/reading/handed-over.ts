/** Pods that lived while the number of slices changed: both shards tell of them, and the one that records them now is asked. */
import { joined, sql, word, type Sql } from '../asking/sql.js';
import type { Reading } from './reading.js';
import type { Shard } from './shards.js';
import { inForce, inForceAt, type Alias } from './versions.js';

/** The shards that were closed by the reading's time: what lived there is told by their successors, or is gone. */
export function closedBy({ shards, asOf, at }: Reading): number[] {
  return shards.filter(({ closedAt }) => closedAt !== null && closedAt <= (at ?? asOf)).map(({ shardId }) => shardId);
}

/** {@link inForce}, of each pod as the shard tells it that recorded it last. */
export function inForceOnce(reading: Reading, alias: Alias, clusters?: readonly string[]): Sql {
  const table = word(alias);
  return closedBy(reading).reduce(
    (chosen, shardId) => {
      const successors = successorsOf(shardId, reading.shards);
      if (successors.length === 0) return chosen;
      return sql`${chosen} AND NOT (${table}.shard_id = ${shardId} AND EXISTS (
      SELECT FROM pod_init AS told WHERE told.pod_uid = ${table}.pod_uid AND told.newest AND ${toldBy(reading, successors)}))`;
    },
    inForce(reading, alias, clusters),
  );
}

/** {@link inForce}, of what lives: nothing does in a shard that was closed. */
export function inForceOpen(reading: Reading, alias: Alias, clusters?: readonly string[]): Sql {
  const closed = closedBy(reading);
  const chosen = inForce(reading, alias, clusters);
  return closed.length === 0 ? chosen : sql`${chosen} AND ${word(alias)}.shard_id <> ALL(${closed}::int[])`;
}

/** Rows that count what a shard before theirs has counted, of `pod_init AS p` and `init_attempt AS a`, which ended before `until`. */
export type CountedTwice = Readonly<{ cycles: Sql; attempts: Sql; until: number }>;

/** What both shards counted of pods that lived while the number of slices changed: a first list shows again what ended before it. */
export function countedTwice(reading: Reading): readonly CountedTwice[] {
  return reading.shards.flatMap(({ shardId }) => {
    const before = reading.shards.filter((shard) => successorsOf(shard.shardId, reading.shards).includes(shardId));
    const closings = before.flatMap(({ closedAt }) => closedAt ?? []);
    if (closings.length === 0) return [];
    const told = sql`told.contribution IS NOT NULL AND ${toldBy(
      reading,
      before.map((shard) => shard.shardId),
    )}`;
    return [
      {
        until: Math.max(...closings),
        cycles: sql`p.shard_id = ${shardId} AND EXISTS (SELECT FROM pod_init AS told WHERE told.pod_uid = p.pod_uid AND ${told})`,
        attempts: sql`a.shard_id = ${shardId} AND EXISTS (SELECT FROM init_attempt AS told
          WHERE told.pod_uid = a.pod_uid AND told.container = a.container AND told.container_id = a.container_id AND ${told})`,
      },
    ];
  });
}

/** The shards that came after this one, at once or later. */
function successorsOf(shardId: number, shards: readonly Shard[]): readonly number[] {
  const next = shards.filter(({ predecessors }) => predecessors.includes(shardId)).map((shard) => shard.shardId);
  return [...new Set([...next, ...next.flatMap((each) => successorsOf(each, shards))])];
}

function toldBy(reading: Reading, shards: readonly number[]): Sql {
  const told = word('told');
  if (reading.live) return sql`told.shard_id = ANY(${shards}) AND told.valid_to IS NULL`;
  const each = shards.map((shardId) => inForceAt(told, shardId, reading.place.positions[String(shardId)] ?? -1));
  return sql`(${joined(each, ' OR ')})`;
}
