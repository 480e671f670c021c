import type { Pool, PoolClient } from '#libs/platform';

import type { LogName } from '../event.js';

/**
 * What a log is called in its checkpoints: the ledger of a cluster, the shard, and whether it is that of the acts. It is also the name
 * of the key that signs them.
 */
export async function originOf(connection: Pool | PoolClient, shardId: number, log: LogName): Promise<string> {
  const { rows } = await connection.query<{ cluster_uid: string }>(
    'SELECT cluster_uid FROM shard WHERE shard_id = $1',
    [shardId],
  );
  const cluster = encodeURIComponent(rows[0]?.cluster_uid ?? 'unknown');
  return `initledger/${cluster}/${shardId}${log === 'act_event' ? '/acts' : ''}`;
}
