import { randomUUID } from 'node:crypto';
import type { Pool } from '#libs/platform';

/** A pod as the read model shows it to the deadline scan. */
export type StandingPod = Readonly<{
  uid?: string;
  name?: string;
  workload?: string;
  container?: string;
  category?: string;
  state?: string;
  /** Seconds from `now` to its deadline; negative: it has passed. */
  deadlineIn?: number;
  position?: number;
}>;

/** A shard whose recorder was seen just now. */
export async function seenShard(pool: Pool, shardId = 1, source = 'kubernetes'): Promise<number> {
  await pool.query(
    `INSERT INTO shard (shard_id, origin, cluster_uid, cluster_name, source, identity)
     VALUES ($1, $2, $2, 'c1', $3, 'namespaceUid')`,
    [shardId, `test:${shardId}`, source],
  );
  return shardId;
}

/** Puts the version of a pod in force, as the projection would. */
export async function stand(pool: Pool, shardId: number, pod: StandingPod = {}): Promise<string> {
  const { uid = randomUUID(), name = 'api-1', workload = 'api', container = 'migrate', category = 'CRASH' } = pod;
  const { state = 'initializing', deadlineIn = -1, position = 1 } = pod;
  await pool.query('UPDATE pod_init SET valid_to = $3 WHERE shard_id = $1 AND pod_uid = $2 AND valid_to IS NULL', [
    shardId,
    uid,
    position,
  ]);
  await pool.query(
    `INSERT INTO pod_init (shard_id, pod_uid, cycle, valid_from, newest, namespace, name, workload_kind, workload_name, labels,
                           init_containers, containers, images, state, outcome, container, stuck_since, deadline_at,
                           stuck_category, threshold_seconds, threshold_basis, duration_certainty, init_restarts, attempts, failed_attempts,
                           missed_attempts, told_at, digest, doc)
     VALUES ($1, $2, 1, $3, true, 'shop', $4, 'Deployment', $5, '{}', 1, ARRAY[$6], ARRAY['busybox'], $7, 'running', $6,
             now() - interval '10 minutes',
             CASE WHEN $7 = 'initializing' THEN now() + make_interval(secs => $9) END,
             $8, 300, 'default 300 s', 'unknown', 0, 1, 1, 0, now(), '', '{}')`,
    [shardId, uid, position, name, workload, container, state, category, deadlineIn],
  );
  return uid;
}
