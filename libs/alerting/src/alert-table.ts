import type { Database } from '#libs/platform';
import type { AlertAct } from './acts.js';
import type { FiringAlert, FormerPod, StuckGroup } from './decide.js';
import type { AlertIdentity } from './identity.js';
import type { Notification } from './notification.js';

type Client = Pick<Database['projection'], 'query'>;

type AlertRow = Readonly<{
  alert_id: string;
  episode: number;
  cluster: string;
  namespace: string;
  workload_kind: string;
  workload_name: string;
  revision: string | null;
  container: string | null;
  category: AlertIdentity['category'];
}>;

/** Lays one act over the table of alerts. Doing it again changes nothing. */
export async function lay(client: Client, shardId: number, position: number, act: AlertAct): Promise<void> {
  switch (act.type) {
    case 'AlertFired': {
      const { identity: of, threshold } = act;
      await client.query(
        `INSERT INTO alert (shard_id, alert_id, episode, name, cluster, state, namespace, workload_kind, workload_name, revision,
                            container, category, starts_at, fired_position, pods, standing, threshold_seconds, threshold_basis, evidence,
                            namespace_uid)
         VALUES ($1, $2, $3, $4, $5, 'firing', $6, $7, $8, $9, $10, $11, $12, $13, $14, $14, $15, $16, $17, $18)
         ON CONFLICT DO NOTHING`,
        [
          shardId,
          act.alertId,
          act.episode,
          act.name,
          of.cluster,
          of.namespace,
          of.workloadKind,
          of.workloadName,
          of.revision,
          of.container,
          of.category,
          act.at,
          position,
          JSON.stringify(act.pods),
          threshold.seconds,
          threshold.basis,
          JSON.stringify(act.evidence),
          act.namespaceUid,
        ],
      );
      return;
    }
    case 'AlertResolved':
      await client.query(
        `UPDATE alert SET state = 'resolved', ends_at = $4, resolution = $5, resolved_position = $6
         WHERE shard_id = $1 AND alert_id = $2 AND episode = $3 AND state = 'firing'`,
        [shardId, act.alertId, act.episode, act.at, act.resolution, position],
      );
  }
}

/** The firing alerts of a shard, and where the pods that they named stand now. */
export async function firingAlerts(pool: Client, shardId: number): Promise<FiringAlert[]> {
  const { rows } = await pool.query<AlertRow & { pods: FormerPod[] | null }>(
    `SELECT a.alert_id, a.episode, a.cluster, a.namespace, a.workload_kind, a.workload_name, a.revision, a.container, a.category,
            (SELECT json_agg(json_build_object('uid', p.pod_uid, 'position', p.valid_from, 'now',
                      CASE WHEN p.state = 'initialized' THEN 'initialized'
                           WHEN p.deleted_at IS NOT NULL OR p.state = 'aborted' THEN 'gone'
                           WHEN p.state = 'failed' THEN 'failed'
                           ELSE 'elsewhere' END) ORDER BY p.pod_uid)
             FROM pod_init p
             WHERE p.shard_id = a.shard_id AND p.valid_to IS NULL AND p.newest
               AND p.pod_uid IN (SELECT (pod->>'uid')::uuid FROM jsonb_array_elements(a.standing) pod)) AS pods
     FROM alert a WHERE a.shard_id = $1 AND a.state = 'firing'
     ORDER BY a.alert_id`,
    [shardId],
  );
  return rows.map((row) => ({
    alertId: row.alert_id,
    episode: row.episode,
    identity: identityOf(row),
    pods: row.pods ?? [],
  }));
}

/** How often each identity of a shard has fired so far. */
export async function lastEpisodes(pool: Client, shardId: number): Promise<ReadonlyMap<string, number>> {
  const { rows } = await pool.query<{ alert_id: string; episode: number }>(
    'SELECT alert_id, max(episode) AS episode FROM alert WHERE shard_id = $1 GROUP BY alert_id',
    [shardId],
  );
  return new Map(rows.map((row) => [row.alert_id, row.episode]));
}

/** Notes which pods a firing alert stands for now. */
export async function noteStanding(pool: Client, shardId: number, groups: readonly StuckGroup[]): Promise<void> {
  for (const { alertId, pods } of groups) {
    const standing = JSON.stringify(pods);
    await pool.query(
      `UPDATE alert SET standing = $3
       WHERE shard_id = $1 AND alert_id = $2 AND state = 'firing' AND standing <> $3::jsonb`,
      [shardId, alertId, standing],
    );
  }
}

/** What a receiver is told of an alert as it stands now; undefined if there is no such alert. */
export async function findNotification(
  pool: Client,
  alert: Readonly<{ shardId: number; alertId: string; episode: number }>,
  baseUrl: string,
): Promise<Notification | undefined> {
  const { rows } = await pool.query<
    AlertRow & {
      standing: readonly { name: string }[];
      threshold_seconds: number;
      threshold_basis: string;
      starts_at: string;
      ends_at: string | null;
    }
  >('SELECT * FROM alert WHERE shard_id = $1 AND alert_id = $2 AND episode = $3', [
    alert.shardId,
    alert.alertId,
    alert.episode,
  ]);
  const row = rows[0];
  if (!row) return undefined;
  return {
    alertId: row.alert_id,
    episode: row.episode,
    identity: identityOf(row),
    pods: row.standing,
    threshold: { seconds: row.threshold_seconds, basis: row.threshold_basis },
    startsAt: new Date(row.starts_at).toISOString(),
    endsAt: row.ends_at === null ? null : new Date(row.ends_at).toISOString(),
    url: stuckUrl(row, baseUrl),
  };
}

/** Where people see who stands there now. */
function stuckUrl({ namespace, workload_kind: kind, workload_name: name }: AlertRow, baseUrl: string): string {
  const url = new URL('/api/v1/stuck', baseUrl);
  url.searchParams.set('namespace', namespace);
  url.searchParams.set('workload', `${kind}/${name}`);
  return url.href;
}

function identityOf(row: AlertRow): AlertIdentity {
  return {
    cluster: row.cluster,
    namespace: row.namespace,
    workloadKind: row.workload_kind,
    workloadName: row.workload_name,
    revision: row.revision,
    container: row.container,
    category: row.category,
  };
}
