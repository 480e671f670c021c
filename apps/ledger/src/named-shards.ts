import { Shards, type Shard } from '#libs/event-store';
import { AuditError, type Pool } from '#libs/platform';

/** The shard that is named, or, where none is, all. @throws AuditError `shard-unknown` */
export async function namedShards(pool: Pool, shard: number | undefined): Promise<readonly Shard[]> {
  const shards = (await new Shards(pool).list()).filter(({ shardId }) => shard === undefined || shardId === shard);
  if (shards.length > 0) return shards;
  throw new AuditError(
    'shard-unknown',
    shard === undefined ? 'Nothing is recorded here.' : `There is no shard ${shard}.`,
  );
}
