/** What an erasure leaves alone, for its evidence is gone already: what was told of a pod below the horizon. */
import type { Queryable } from '../queryable.js';
import { begunAt } from './begun-at.js';
import type { Below } from './seeds.js';

/** From which position on a pod is told from what is left of its stream, and what was told is not frozen. */
export const toldFrom = ({ horizon, frozenFrom }: Below): number => (frozenFrom === null ? 0 : horizon);

/** Takes away what was told of a pod from position `from` on: the versions that were in force there are in force again. */
export async function takeAwayFrom(db: Queryable, shardId: number, uid: string, from: number): Promise<void> {
  for (const table of ['pod_init', 'init_attempt', 'finding']) {
    await db.query(`DELETE FROM ${table} WHERE shard_id = $1 AND pod_uid = $2 AND valid_from >= $3`, [
      shardId,
      uid,
      from,
    ]);
    await db.query(`UPDATE ${table} SET valid_to = NULL WHERE shard_id = $1 AND pod_uid = $2 AND valid_to >= $3`, [
      shardId,
      uid,
      from,
    ]);
  }
  await db.query('DELETE FROM pod_context WHERE shard_id = $1 AND pod_uid = $2', [shardId, uid]);
  await db.query('DELETE FROM quarantine WHERE shard_id = $1 AND stream_id = $2', [shardId, uid]);
}

/**
 * Forgets what was frozen of weeks that are still there: it may have been read from a body that is erased, and is frozen anew. Of `streams`,
 * of which bodies are erased, nothing is kept.
 */
export async function thaw(db: Queryable, shardId: number, streams: readonly string[]): Promise<void> {
  for (const [table, column] of [
    ['frozen_span', 'to_position'],
    ['frozen_digest', 'to_position'],
    ['pod_seed', 'horizon'],
  ] as const)
    await db.query(
      `DELETE FROM ${table}
       USING shard_head AS head
       WHERE head.shard_id = $1 AND ${table}.shard_id = $1 AND ${table}.${column} > ${begunAt}`,
      [shardId],
    );
  await db.query('DELETE FROM pod_seed WHERE shard_id = $1 AND stream_id = ANY ($2::uuid[])', [shardId, streams]);
}
