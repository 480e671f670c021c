import { joined, sql, word, type Sql } from '../asking/sql.js';
import type { Reading } from './reading.js';

/** Aliases under which versioned tables are read. */
export type Alias = 'p' | 'c' | 'o' | 'v' | 'a' | 'f';

/** The versions in force at the reading's place, of the shards it may ask (or those of `clusters`). */
export function inForce(reading: Reading, alias: Alias, clusters?: readonly string[]): Sql {
  const shards = reading.shards.filter(({ cluster }) => !clusters || clusters.includes(cluster));
  if (shards.length === 0) return sql`false`;
  const table = word(alias);
  if (reading.live)
    return sql`${table}.shard_id = ANY(${shards.map(({ shardId }) => shardId)}) AND ${table}.valid_to IS NULL`;

  const each = shards.map(({ shardId }) => inForceAt(table, shardId, reading.place.positions[String(shardId)] ?? -1));
  return sql`(${joined(each, ' OR ')})`;
}

/** The versions in force at one position of one shard. */
export const inForceAt = (table: Sql, shardId: number, position: number): Sql =>
  sql`(${table}.shard_id = ${shardId} AND ${table}.valid_from <= ${position}
       AND (${table}.valid_to IS NULL OR ${table}.valid_to > ${position}))`;

/** Rows of namespaces that the viewer may see. `uid` is the column with the namespace's UID, which is null until known. */
export function ofNamespacesSeen(reading: Reading, uid: Sql): Sql {
  const { pods } = reading.viewer;
  return pods === 'all' ? sql`true` : sql`${uid}::text = ANY(${[...pods.values()]})`;
}

/** Of a row of `pod_init AS p`: a frame showed the pod. One of which only Events tell has no time of creation. */
export const wasShown = sql`p.created_at IS NOT NULL`;

/** Milliseconds of a timestamp column, whatever the driver makes of timestamps. */
export const millis = (column: string): Sql => word(`(extract(epoch FROM ${column}) * 1000)::float8`);

/** A moment of ours as a timestamp. */
export const moment = (epochMs: number): Sql => sql`to_timestamp(${epochMs / 1000}::float8)`;
