/** Rewrites the versions of nodes, owners and namespaces from what is left of their streams. */
import { EventReader } from '#libs/event-store';
import { nextVersion, type ContextKind, type ContextVersion } from '../context/context-version.js';
import { BatchRows } from '../pod-inits/batch-rows.js';
import { writeBatch } from '../pod-inits/batch-tables.js';
import { isOfContext } from '../pod-inits/page.js';
import { isUuid } from '../queryable.js';
import { toInput } from '../reading-log/stored-input.js';
import type { Extent } from './extent.js';

/** A node, an owner or a namespace. */
export type Subject = Readonly<{ kind: string; uid: string; name: string }>;

/** Pods that rest on subjects of a kind, or ever did. */
export type Resting = Readonly<{ kind: ContextKind; pods: readonly string[] }>;

/** @returns the pods whose accounts rest on these subjects, or ever rested */
export async function rederiveContext(extent: Extent, streams: readonly string[]): Promise<readonly Resting[]> {
  const { db, shardId, upTo } = extent;
  const told = await db.query<Subject>(
    `SELECT DISTINCT kind, uid, name
       FROM context
      WHERE shard_id = $1 AND kind IN ('node', 'owner', 'namespace') AND uid = ANY ($2::uuid[])`,
    [shardId, streams],
  );
  if (told.rows.length === 0) return [];
  const pods: Resting[] = [];
  for (const kind of ['node', 'owner', 'namespace'] as const)
    pods.push({
      kind,
      pods: await restingOn(
        extent,
        told.rows.filter((row) => row.kind === kind),
      ),
    });
  const uids = [...new Set(told.rows.map(({ uid }) => uid))];
  await db.query(
    `DELETE FROM context WHERE shard_id = $1 AND kind IN ('node', 'owner', 'namespace') AND uid = ANY ($2::uuid[])`,
    [shardId, uids],
  );
  const rows = new BatchRows(shardId);
  const newest = new Map<string, ContextVersion>();
  for (const event of await new EventReader(db).readStreams(shardId, uids, upTo.position)) {
    const input = toInput(event);
    if (!input || !isOfContext(input.observation)) continue;
    const version = nextVersion(newest.get(input.streamId), { ...input, observation: input.observation });
    newest.set(input.streamId, version);
    rows.addContext(version);
  }
  await writeBatch(db, shardId, rows);
  return pods;
}

/** The pods that rest on these, or ever did. Also those that are gone: what they rested on is in no table but the log. */
export async function restingOn(extent: Extent, subjects: readonly Subject[]): Promise<readonly string[]> {
  if (subjects.length === 0) return [];
  const { db, shardId, upTo } = extent;
  const named = (kind: string): readonly string[] =>
    subjects.filter((subject) => subject.kind === kind).map(({ name }) => name);
  const { rows: byName } = await db.query<{ pod_uid: string }>(
    `SELECT DISTINCT pod_uid FROM pod_init WHERE shard_id = $1 AND (node = ANY ($2) OR namespace = ANY ($3))
      UNION
     SELECT pod_uid FROM pod_context WHERE shard_id = $1 AND (kind, key) IN (SELECT * FROM unnest($4::text[], $5::text[]))`,
    [
      shardId,
      named('node'),
      named('namespace'),
      subjects.map(({ kind }) => kind),
      subjects.map(({ kind, uid, name }) => (kind === 'owner' ? uid : name)),
    ],
  );
  const owners = await controlledBy(
    extent,
    subjects.filter(({ kind }) => kind === 'owner').map(({ uid }) => uid),
  );
  if (owners.length === 0) return byName.map(({ pod_uid }) => pod_uid);
  const { rows: byOwner } = await db.query<{ stream_id: string }>(
    `SELECT DISTINCT stream_id
       FROM event
      WHERE shard_id = $1 AND position <= $2 AND type = 'PodObserved'
        AND EXISTS (SELECT FROM unnest($3::text[]) AS owner WHERE strpos(body::text, owner) > 0)`,
    [shardId, upTo.position, owners],
  );
  // Of what was dropped the top of the chain alone is told: all of its pods may have rested on these.
  const { rows: byWorkload } = await db.query<{ pod_uid: string }>(
    `SELECT DISTINCT pod_uid FROM pod_init WHERE shard_id = $1 AND doc->'workload'->>'uid' = ANY ($2)`,
    [shardId, [...owners, ...(await controlling(extent, owners))]],
  );
  return [...[...byName, ...byWorkload].map(({ pod_uid }) => pod_uid), ...byOwner.map(({ stream_id }) => stream_id)];
}

/** What ever stood above these owners. */
async function controlling({ db, shardId }: Extent, uids: readonly string[]): Promise<readonly string[]> {
  const found = new Set<string>();
  for (let below = uids; below.length > 0;) {
    const { rows } = await db.query<{ uid: string }>(
      `SELECT DISTINCT reference->>'uid' AS uid
         FROM context
        CROSS JOIN LATERAL json_array_elements(doc->'metadata'->'ownerReferences') AS reference
        WHERE shard_id = $1 AND kind = 'owner' AND uid = ANY ($2::uuid[]) AND reference->>'uid' IS NOT NULL`,
      [shardId, below],
    );
    const above = rows.map(({ uid }) => uid).filter((uid) => !found.has(uid));
    for (const uid of above) found.add(uid);
    below = above.filter(isUuid);
  }
  return [...found];
}

/** These owners, and all that they ever controlled: a pod rests on the whole chain above it. */
async function controlledBy({ db, shardId }: Extent, uids: readonly string[]): Promise<readonly string[]> {
  const found = new Set(uids);
  for (let above = uids; above.length > 0;) {
    const { rows } = await db.query<{ uid: string }>(
      `SELECT DISTINCT uid
         FROM context
        WHERE shard_id = $1 AND kind = 'owner'
          AND EXISTS (SELECT FROM unnest($2::text[]) AS above WHERE strpos(doc::text, above) > 0)`,
      [shardId, above],
    );
    above = rows.map(({ uid }) => uid).filter((uid) => !found.has(uid));
    for (const uid of above) found.add(uid);
  }
  return [...found];
}
