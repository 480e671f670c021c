/** Shards of one cluster: its slices, and those of the numbers of slices before. In answers by cluster one of them stands for all. */
import { joined, sql, type Sql } from '../asking/sql.js';
import type { Reading } from './reading.js';
import type { Shard } from './shards.js';

type Shards = Pick<Reading, 'shards'>;

/** The shard that stands for the cluster of this one: the newest. */
export const clusterShardOf = ({ shards }: Shards, shardId: number): number =>
  standingFor(shards).get(shardId) ?? shardId;

/** {@link clusterShardOf} in SQL, of a column with a shard's number. */
export function clusterShard({ shards }: Shards, column: Sql): Sql {
  const others = [...standingFor(shards)].filter(([shardId, stands]) => shardId !== stands);
  if (others.length === 0) return column;
  const cases = [...Map.groupBy(others, ([, stands]) => stands)].map(
    ([stands, some]) => sql`WHEN ${column} = ANY(${some.map(([shardId]) => shardId)}::int[]) THEN ${stands}::int`,
  );
  return sql`CASE ${joined(cases, ' ')} ELSE ${column} END`;
}

function standingFor(shards: readonly Shard[]): ReadonlyMap<number, number> {
  const newest = new Map<string, number>();
  const nameOf = ({ source, clusterUid, cluster }: Shard): string => JSON.stringify([source, clusterUid, cluster]);
  for (const shard of shards) newest.set(nameOf(shard), Math.max(newest.get(nameOf(shard)) ?? 0, shard.shardId));
  return new Map(shards.map((shard) => [shard.shardId, newest.get(nameOf(shard)) ?? shard.shardId]));
}
