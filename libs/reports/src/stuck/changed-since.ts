import { foldPod } from '#libs/projections';
import type { PodHistory } from '#libs/init-history';
import { sql } from '../asking/sql.js';
import type { Reading } from '../reading/report-reader.js';
import { inForce, ofNamespacesSeen } from '../reading/versions.js';
import type { StuckPod } from './group.js';

/** A member of the spec that is not as it was in the last good start. */
export type Change = Readonly<{ path: string; from: unknown; to: unknown }>;

/** More are not told: then the spec is another one. */
const mostChanges = 50;

/** What differs from pod to pod of one revision, and explains nothing: where it runs, and a StatefulSet's names of its own. */
const ownOfEachPod = /^spec\.(?:nodeName|hostname)$|\.persistentVolumeClaim\.claimName$/;

/** The volume that the API server adds for the service account's token: five letters of its name are made up for each pod. */
const tokenVolume = /"(kube-api-access)-[a-z0-9]{5}"/g;

const comparable = (part: unknown): unknown =>
  part === undefined ? undefined : JSON.parse(JSON.stringify(part).replace(tokenVolume, '"$1"'));

/**
 * What of the pod's spec is not as in the workload's last pod that initialized before it was created. Empty where there was none, or its
 * observations are no longer kept.
 */
export async function changedSince(reading: Reading, pod: StuckPod): Promise<readonly Change[]> {
  const good = await lastGoodStart(reading, pod);
  if (good === undefined) return [];
  const [before, now] = [
    await historyOf(reading, pod.shardId, good),
    await historyOf(reading, pod.shardId, pod.account.uid),
  ];
  return before && now ? changesOf(before.parts, now.parts) : [];
}

async function lastGoodStart(reading: Reading, { shardId, account }: StuckPod): Promise<string | undefined> {
  const { namespace, workload, uid, createdAt } = account;
  const [row] = await reading.snapshot.rows<{ pod_uid: string }>(sql`
    SELECT p.pod_uid::text AS pod_uid
    FROM pod_init AS p
    WHERE p.shard_id = ${shardId} AND ${inForce(reading, 'p')} AND ${ofNamespacesSeen(reading, sql`p.namespace_uid`)}
      AND p.namespace = ${namespace} AND p.workload_kind = ${workload.kind} AND p.workload_name = ${workload.name}
      AND p.outcome = 'completed' AND p.pod_uid <> ${uid}::uuid
      AND p.created_at <= coalesce(${createdAt}::timestamptz, 'infinity')
    ORDER BY p.ended_at DESC NULLS LAST
    LIMIT 1`);
  return row?.pod_uid;
}

async function historyOf(reading: Reading, shardId: number, podUid: string): Promise<PodHistory | undefined> {
  const upTo = reading.place.positions[String(shardId)] ?? -1;
  return (await foldPod(reading.log, reading.snapshot.queryable, { shardId, podUid, upTo }))?.history;
}

/** Parts of a spec, compared member by member; of containers by their names. */
export function changesOf(before: PodHistory['parts'], now: PodHistory['parts']): readonly Change[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter((name) =>
    /^spec(?:\.|$)/.test(name),
  );
  const changes = names
    .toSorted()
    .flatMap((name) => differences(pathOf(name), comparable(before[name]), comparable(now[name])));
  return changes.filter(({ path }) => !ownOfEachPod.test(path)).slice(0, mostChanges);
}

/** `spec.initContainer.migrate` is the member `spec.initContainers[migrate]` of the pod. */
const pathOf = (part: string): string => part.replace(/^spec\.(\w+)\.(.+)$/s, 'spec.$1s[$2]');

type Bag = Readonly<Record<string, unknown>>;
const isBag = (value: unknown): value is Bag => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Lists of things with a name are compared by it, so that a variable more is one change and not many. */
function differences(path: string, from: unknown, to: unknown): Change[] {
  if (JSON.stringify(from) === JSON.stringify(to)) return [];
  const [a, b] = [named(from), named(to)];
  if (!a || !b) return [{ path, from: from ?? null, to: to ?? null }];
  const isList = Array.isArray(from);
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) =>
    differences(isList ? `${path}[${key}]` : `${path}.${key}`, a[key], b[key]),
  );
}

function named(value: unknown): Bag | null {
  if (isBag(value)) return value;
  if (!Array.isArray(value) || !value.every((one) => isBag(one) && typeof one['name'] === 'string')) return null;
  return Object.fromEntries((value as readonly Bag[]).map((one) => [String(one['name']), one]));
}
