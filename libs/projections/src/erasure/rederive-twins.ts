/** Writes anew which mirror stands for which static pod, and whose the Events of static pods are. */
import { EventReader } from '#libs/event-store';
import { namesAfter, unnamed } from '../context/pod-names.js';
import { toldFrom } from '../horizon/above.js';
import { readBelow } from '../horizon/seeds.js';
import { BatchRows } from '../pod-inits/batch-rows.js';
import { writeBatch } from '../pod-inits/batch-tables.js';
import { toInput } from '../reading-log/stored-input.js';
import type { Extent } from './extent.js';

/** @returns all pods that stand, or stood, for the same static pods as one of `streams`: mirrors share their Events */
export async function rederiveTwins(extent: Extent, streams: readonly string[]): Promise<readonly string[]> {
  const { db, shardId, upTo } = extent;
  const { rows: told } = await db.query<{ uid: string; name: string; position: number }>(
    `WITH concerned AS (
       SELECT DISTINCT uid FROM context
        WHERE shard_id = $1 AND kind = 'twin' AND (uid = ANY ($2::uuid[]) OR name = ANY ($2::text[])))
     SELECT uid, name, position FROM context JOIN concerned USING (uid) WHERE shard_id = $1 AND kind = 'twin' ORDER BY position`,
    [shardId, streams],
  );
  if (told.length === 0) return [];
  const from = toldFrom(await readBelow({ db, shardId }, []));
  await db.query(
    `DELETE FROM context WHERE shard_id = $1 AND kind = 'twin' AND uid = ANY ($2::uuid[]) AND position >= $3`,
    [shardId, [...new Set(told.map(({ uid }) => uid))], from],
  );
  const mirrors = [...new Set(told.map(({ name }) => name))];
  const rows = new BatchRows(shardId);
  // What was told of before the horizon stays: there is nothing else that says it.
  const before = told.filter(({ position }) => position < from);
  const names = new Map(
    mirrors.map((uid) => [uid, { ...unnamed, twin: before.findLast(({ name }) => name === uid)?.uid ?? null }]),
  );
  for (const event of await new EventReader(db).readStreams(shardId, mirrors, upTo.position)) {
    const input = toInput(event);
    if (!input) continue;
    const known = names.get(input.streamId) ?? unnamed;
    const after = namesAfter(known, input.observation);
    names.set(input.streamId, after);
    if (after.twin !== null && after.twin !== known.twin) rows.addTwin(after.twin, input.streamId, input);
  }
  await writeBatch(db, shardId, rows);
  await claimAgain(extent, [...new Set(told.map(({ uid }) => uid))]);
  return mirrors;
}

/** An Event is that mirror's which stood for the static pod then; those from before the first are the first one's. */
async function claimAgain({ db, shardId, upTo }: Extent, twins: readonly string[]): Promise<void> {
  await db.query(
    `UPDATE kube_event
        SET pod_uid = coalesce(
              (SELECT name::uuid FROM context AS mirror
                WHERE mirror.shard_id = $1 AND kind = 'twin' AND mirror.uid = told.stream_id AND mirror.position <= told.position
                ORDER BY mirror.position DESC LIMIT 1),
              (SELECT name::uuid FROM context AS mirror
                WHERE mirror.shard_id = $1 AND kind = 'twin' AND mirror.uid = told.stream_id ORDER BY mirror.position LIMIT 1),
              told.stream_id)
       FROM event AS told
      WHERE kube_event.shard_id = $1 AND told.shard_id = $1 AND told.position = kube_event.position
        AND told.stream_id = ANY ($2::uuid[]) AND told.position <= $3`,
    [shardId, twins, upTo.position],
  );
}
