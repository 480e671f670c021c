/** Puts what is left of a log in the place of what was told of it, where bodies were erased. */
import type { Erasure } from '#libs/event-store';
import type { StuckLimits } from '#libs/init-history';
import type { PoolClient } from '#libs/platform';
import { thaw } from '../horizon/above.js';
import { readModelTables } from '../pod-inits/batch-tables.js';
import { dropBeside } from '../takeover/builds.js';
import type { UpTo } from './extent.js';
import { rederiveContext } from './rederive-context.js';
import { rederivePods } from './rederive-pods.js';
import { rederiveTwins } from './rederive-twins.js';

/**
 * In the caller's transaction: what was told of these subjects goes, with whatever rests on them, what it counted for is taken back, and
 * what their streams tell now is written, by the rules in force and up to where the read models have come. What is frozen of subjects that
 * only rest on them stays. Whoever follows the shard is made
 * to forget what it remembers. Read models of other rules, being built or put aside, are dropped: they are built again.
 */
export async function deriveAgain(
  db: PoolClient,
  { shardId, bodies }: Pick<Erasure, 'shardId' | 'bodies'>,
  limits: StuckLimits,
): Promise<void> {
  await dropBeside(db, readModelTables);
  const upTo = await forget(db, shardId);
  if (upTo === null) return;
  await db.query('DELETE FROM kube_event WHERE shard_id = $1 AND position = ANY ($2)', [
    shardId,
    bodies.map(({ position }) => position),
  ]);
  const streams = new Set(bodies.map(({ streamId }) => streamId));
  await thaw(db, shardId, [...streams]);
  const extent = { db, shardId, upTo, erased: new Set(streams) };
  for (const uid of await rederiveContext(extent, [...streams])) streams.add(uid);
  for (const uid of await rederiveTwins(extent, [...streams])) streams.add(uid);
  await rederivePods(extent, [...streams].toSorted(), limits);
}

/**
 * Moves no bookmark, and changes it all the same: a follower that holds another one begins anew. Side effects begin where they began, at the
 * first event, and below nought is where no bookmark of a build is.
 */
async function forget(db: PoolClient, shardId: number): Promise<UpTo | null> {
  const { rows } = await db.query<{ position: number; recorded_at: string | null }>(
    `UPDATE projection_bookmark
        SET live_from = least(live_from, 0) - 1
      WHERE shard_id = $1
  RETURNING position, recorded_at`,
    [shardId],
  );
  const [row] = rows;
  return row ? { position: row.position, recordedAt: row.recorded_at } : null;
}
