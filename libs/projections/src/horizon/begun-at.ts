/** From where the log of a shard is read, upon what is frozen. */
import type { Queryable } from '../queryable.js';

/**
 * SQL: the position up to which what was told of shard `head` (of `shard_head`) is frozen, and from which on it is read; null where the log is
 * whole, or was dropped before anything was frozen. It is the horizon. Where an import brought that back to one that was passed, of which
 * nothing is kept to go on from, it is the next that was not: what came back below that was told already.
 *
 * @param spans the table `frozen_span`, of whichever read models
 */
export const frozenUpTo = (spans = 'frozen_span'): string => `
  (SELECT min(kept.to_position)
     FROM ${spans} AS kept
     JOIN ${spans} AS here ON here.shard_id = kept.shard_id AND here.to_position = head.first_position AND here.frozen_at IS NOT NULL
    WHERE kept.shard_id = head.shard_id AND head.first_position > 0 AND kept.to_position >= head.first_position
      AND kept.frozen_at IS NOT NULL AND NOT kept.is_passed)`;

/** SQL: from which position on the log of shard `head` is read, whether what lies below is frozen or lost. */
export const begunAt = `coalesce(${frozenUpTo()}, head.first_position)`;

/** Where the log of a shard begins, and from where on it is read. */
export type Begun = Readonly<{ first: number; horizon: number }>;

export async function readBegun(db: Queryable, shardId: number): Promise<Begun> {
  const { rows } = await db.query<Begun>(
    `SELECT head.first_position AS first, ${begunAt} AS horizon FROM shard_head AS head WHERE head.shard_id = $1`,
    [shardId],
  );
  return rows[0] ?? { first: 0, horizon: 0 };
}
