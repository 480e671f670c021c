/** What the read models in force tell of pods, to be held against another reading. */
import type { Cycle, PodAccount } from '#libs/init-history';
import type { Queryable } from '../queryable.js';

/** Which pods: all of them, or those that every given filter names. */
export type Chosen = Readonly<{
  pods?: readonly string[] | undefined;
  namespaces?: readonly string[] | undefined;
  /** RFC 3339: pods of which something was told from then on. */
  since?: string | undefined;
}>;

/** A happening in the order in which it was told: shard position, ordinal within it. */
export type StoredHappening = Readonly<{ position: number; id: string; doc: Readonly<Record<string, unknown>> }>;

/** What is told of one pod. `account` is null where no frame showed it, or its stream is parked and was never read. */
export type StoredReading = Readonly<{
  namespace: string | null;
  name: string | null;
  account: PodAccount | null;
  /** When it was told, epoch milliseconds: running durations end then. */
  toldAt: number;
  /** Position from which on the oldest of its cycles is told so; null where none is told. */
  toldFrom: number | null;
  happenings: readonly StoredHappening[];
}>;

/** The next pods after `after` of which anything was recorded, in the order of their uids. */
export async function podsAfter(
  db: Queryable,
  { shardId, after, limit }: Readonly<{ shardId: number; after: string; limit: number }>,
  { pods, namespaces, since }: Chosen,
): Promise<readonly string[]> {
  const { rows } = await db.query<{ pod_uid: string }>(
    `SELECT pod_uid FROM (
       (SELECT pod_uid FROM pod_init
         WHERE shard_id = $1 AND pod_uid > $2 AND valid_to IS NULL AND newest AND ($3::uuid[] IS NULL OR pod_uid = ANY($3))
           AND ($4::text[] IS NULL OR namespace = ANY($4)) AND ($5::timestamptz IS NULL OR told_at >= $5)
         ORDER BY 1 LIMIT $6)
       UNION
       (SELECT DISTINCT pod_uid FROM kube_event
         WHERE shard_id = $1 AND pod_uid > $2 AND ($3::uuid[] IS NULL OR pod_uid = ANY($3))
           AND ($4::text[] IS NULL OR namespace = ANY($4)) AND ($5::timestamptz IS NULL OR at >= $5)
         ORDER BY 1 LIMIT $6)
       UNION
       (SELECT stream_id FROM quarantine
         WHERE shard_id = $1 AND stream_id > $2 AND ($3::uuid[] IS NULL OR stream_id = ANY($3))
           AND $4::text[] IS NULL AND ($5::timestamptz IS NULL OR recorded_at >= $5)
         ORDER BY 1 LIMIT $6)
     ) AS recorded
     ORDER BY pod_uid
     LIMIT $6`,
    [shardId, after, pods ?? null, namespaces ?? null, since ?? null, limit],
  );
  return rows.map(({ pod_uid }) => pod_uid);
}

/** What is told of these pods. */
export async function storedReadings(
  db: Queryable,
  shardId: number,
  podUids: readonly string[],
): Promise<ReadonlyMap<string, StoredReading>> {
  const { rows } = await db.query<{
    pod_uid: string;
    newest: boolean;
    valid_from: number;
    told_at: string;
    doc: PodAccount;
  }>(
    `SELECT pod_uid, newest, valid_from, told_at, doc
     FROM pod_init
     WHERE shard_id = $1 AND pod_uid = ANY($2::uuid[]) AND valid_to IS NULL
     ORDER BY pod_uid, cycle`,
    [shardId, podUids],
  );
  const { rows: told } = await db.query<{ pod_uid: string; position: number; doc: StoredHappening['doc'] }>(
    `SELECT pod_uid, position, doc
     FROM happening
     WHERE shard_id = $1 AND pod_uid = ANY($2::uuid[])
     ORDER BY position, ordinal`,
    [shardId, podUids],
  );
  const happenings = Map.groupBy(told, ({ pod_uid }) => pod_uid);
  const inits = Map.groupBy(rows, ({ pod_uid }) => pod_uid);
  return new Map(
    podUids.map((uid) => {
      const ofPod = inits.get(uid) ?? [];
      const newest = ofPod.find((row) => row.newest);
      const cycles: readonly Cycle[] = ofPod.flatMap(({ doc }) => doc.cycles);
      return [
        uid,
        {
          namespace: newest?.doc.namespace ?? null,
          name: newest?.doc.name ?? null,
          account: newest ? { ...newest.doc, cycles } : null,
          toldAt: newest ? Date.parse(newest.told_at) : 0,
          toldFrom: ofPod.length === 0 ? null : Math.min(...ofPod.map((row) => row.valid_from)),
          happenings: (happenings.get(uid) ?? []).map(({ position, doc }) => ({
            position,
            id: String(doc['id']),
            doc,
          })),
        },
      ];
    }),
  );
}
