import type { Category } from '#libs/init-history';
import type { Database } from '#libs/platform';
import { alertId, type AlertIdentity } from './identity.js';
import type { StuckGroup, StuckPod } from './decide.js';

type StuckRow = Readonly<{
  pod_uid: string;
  name: string;
  namespace: string;
  namespace_uid: string | null;
  workload_kind: string;
  workload_name: string;
  revision: string | null;
  container: string | null;
  category: Category;
  since: string;
  position: number;
  threshold_seconds: number;
  threshold_basis: string;
}>;

/**
 * Who stands beyond the deadline at `now`, grouped by what makes one alert. Pods without init containers are left out.
 */
export async function stuckGroups(
  pool: Database['projection'],
  shard: Readonly<{ shardId: number; cluster: string }>,
  now: Date,
): Promise<StuckGroup[]> {
  const { rows } = await pool.query<StuckRow>(
    `SELECT pod_uid, name, namespace, namespace_uid, workload_kind, workload_name, revision, container,
            stuck_category AS category, stuck_since AS since, valid_from AS position, threshold_seconds, threshold_basis
     FROM pod_init
     WHERE shard_id = $1 AND valid_to IS NULL AND newest AND deadline_at <= $2
       AND init_containers > 0
     ORDER BY deadline_at, pod_uid`,
    [shard.shardId, now.toISOString()],
  );
  return grouped(rows, shard.cluster);
}

/** Rows in the order of their deadlines: a group's threshold is that of the pod that was first to pass its own. */
export function grouped(rows: readonly StuckRow[], cluster: string): StuckGroup[] {
  const groups = new Map<string, { identity: AlertIdentity; first: StuckRow; pods: StuckPod[] }>();
  for (const row of rows) {
    const identity = identityOf(row, cluster);
    const id = alertId(identity);
    const group = groups.get(id) ?? { identity, first: row, pods: [] };
    group.pods.push({ uid: row.pod_uid, name: row.name, since: row.since, position: row.position });
    groups.set(id, group);
  }
  return [...groups].map(([id, { identity, first, pods }]) => ({
    alertId: id,
    identity,
    namespaceUid: first.namespace_uid,
    pods,
    threshold: { seconds: first.threshold_seconds, basis: first.threshold_basis },
  }));
}

function identityOf(row: StuckRow, cluster: string): AlertIdentity {
  return {
    cluster,
    namespace: row.namespace,
    workloadKind: row.workload_kind,
    workloadName: row.workload_name,
    revision: row.revision,
    container: row.container,
    category: row.category,
  };
}
