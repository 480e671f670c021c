/** Holds rows of pods against what their streams come to, read once more. */
import { isDeepStrictEqual } from 'node:util';
import type { EventReader } from '#libs/event-store';
import type { PodAccount } from '#libs/init-history';
import { withoutRunning } from '../answering/carry-forward.js';
import { foldPod } from '../answering/fold-pod.js';
import { readBegun } from '../horizon/begun-at.js';
import type { Queryable } from '../queryable.js';

type Row = Readonly<{ pod_uid: string; name: string; valid_from: number; told_at: string; doc: PodAccount }>;

/** Of `atMost` pods taken by chance, and told above the horizon, those whose newest row is not what the pod, folded up to the row's position, tells. */
export async function misreadPods(
  { reader, db }: Readonly<{ reader: EventReader; db: Queryable }>,
  shardId: number,
  atMost: number,
): Promise<readonly string[]> {
  const { horizon } = await readBegun(db, shardId);
  const { rows } = await db.query<Row>(
    `SELECT pod_uid, name, valid_from, told_at, doc
     FROM pod_init
     WHERE shard_id = $1 AND newest AND valid_to IS NULL AND valid_from >= $3
     ORDER BY random()
     LIMIT $2`,
    [shardId, atMost, horizon],
  );
  const misread: string[] = [];
  for (const { pod_uid, name, valid_from, told_at, doc } of rows) {
    const folded = await foldPod(reader, db, { shardId, podUid: pod_uid, upTo: valid_from });
    const account = folded?.account(Date.parse(told_at));
    const told = account && withoutRunning({ ...account, cycles: account.cycles.slice(-1) });
    if (!isDeepStrictEqual(withoutRunning(doc), told && (JSON.parse(JSON.stringify(told)) as unknown))) {
      misread.push(
        `pod ${name} (${pod_uid}) of shard ${shardId} is not what the log comes to at position ${valid_from}`,
      );
    }
  }
  return misread;
}
