/** Puts what is left of a log in the place of what was told of it, where bodies were erased. */
import type { Erasure } from '#libs/event-store';
import type { StuckLimits } from '#libs/init-history';
import type { PoolClient } from '#libs/platform';
import { thaw } from '../horizon/above.js';
import { readBelow } from '../horizon/seeds.js';
import { readModelTables } from '../pod-inits/batch-tables.js';
import { dropBeside } from '../takeover/builds.js';
import type { UnsaidKind, UpTo } from './extent.js';
import { eraseText, nothingErased } from './erase-text.js';
import { rederiveContext, restingOn } from './rederive-context.js';
import { rederivePods } from './rederive-pods.js';
import { rederiveTwins } from './rederive-twins.js';

/**
 * In the caller's transaction: what was told of these subjects goes, with whatever rests on them, what it counted for is taken back, and
 * what their streams tell now is written, by the rules in force and up to where the read models have come. A text that is to go leaves what is
 * frozen as well: that stays without it. Where only events are named, nobody knows what of a subject that is frozen said the same, and all of
 * it goes; what is frozen of pods that only rest on them stays, but for what was told of those. Whoever follows the shard is made to forget what it remembers. Read models
 * of other rules, being built or put aside, are dropped: they are built again.
 */
export async function deriveAgain(
  db: PoolClient,
  { shardId, bodies, ...act }: DerivedFrom,
  limits: StuckLimits,
): Promise<void> {
  await dropBeside(db, readModelTables);
  const upTo = await forget(db, shardId);
  const text = act.text ?? null;
  const erased = text === null ? nothingErased : await eraseText(db, shardId, { text, mark: markOf(act.position) });
  if (upTo === null) return;
  await db.query('DELETE FROM kube_event WHERE shard_id = $1 AND position = ANY ($2)', [
    shardId,
    bodies.map(({ position }) => position),
  ]);
  const streams = new Set(bodies.map(({ streamId }) => streamId));
  const lost = new Set(act.isOfText ? [] : streams);
  await thaw(db, shardId, [...lost]);
  const resting = new Map<string, Set<UnsaidKind>>();
  const extent = { db, shardId, upTo, erased: lost, unsaid: { pods: resting, mark: markOf(act.position) } };
  for (const { kind, pods } of await rederiveContext(extent, [...streams]))
    for (const uid of pods) {
      streams.add(uid);
      if (!act.isOfText && kind !== 'namespace') resting.set(uid, (resting.get(uid) ?? new Set()).add(kind));
    }
  if (await isToldFromWhatIsKept(db, shardId))
    for (const uid of [...erased.pods, ...(await restingOn(extent, erased.subjects))]) streams.add(uid);
  for (const uid of await rederiveTwins(extent, [...streams])) streams.add(uid);
  await rederivePods(extent, [...streams].toSorted(), limits);
}

/** Whose bodies are gone, and what goes from what was told besides: by the act at `position`, which stands where the text stood. */
type DerivedFrom = Pick<Erasure, 'shardId' | 'bodies'> & Partial<Pick<Erasure, 'position' | 'text' | 'isOfText'>>;

/** What stands where a text stood that the act at `position` erased. */
export const markOf = (position = -1): string => `erased~${position}`;

/** Of what was dropped before anything could be frozen nothing is left to tell pods from: what is told of them stays, without the text. */
async function isToldFromWhatIsKept(db: PoolClient, shardId: number): Promise<boolean> {
  const { horizon, frozenFrom } = await readBelow({ db, shardId }, []);
  return horizon === 0 || frozenFrom !== null;
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
