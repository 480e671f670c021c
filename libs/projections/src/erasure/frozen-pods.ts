import { begunAt } from '../horizon/begun-at.js';
import type { Queryable } from '../queryable.js';

/** Of how many of these pods something is told of events that are not read any more. */
export async function countFrozen(db: Queryable, shardId: number, podUids: readonly string[]): Promise<number> {
  const { rows } = await db.query<{ pods: number }>(
    `SELECT count(DISTINCT pod_uid) AS pods
     FROM pod_init
     JOIN shard_head AS head USING (shard_id)
     WHERE shard_id = $1 AND pod_uid = ANY ($2::uuid[]) AND valid_from < ${begunAt}`,
    [shardId, podUids],
  );
  return rows[0]?.pods ?? 0;
}
