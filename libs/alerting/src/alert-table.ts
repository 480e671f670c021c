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

/** What an act makes of a row of the table, by column: of a firing all but what later scans say, of an end what it ends with. */
export function rowOf(shardId: number, position: number, act: AlertAct): Readonly<Record<string, unknown>> {
  const key = { shard_id: shardId, alert_id: act.alertId, episode: act.episode };
  if (act.type === 'AlertResolved')
    return { ...key, state: 'resolved', ends_at: act.at, resolution: act.resolution, resolved_position: position };
  const { identity: of, threshold } = act;
  return {
    ...key,
    state: 'firing',
    name: act.name,
    cluster: of.cluster,
    namespace: of.namespace,
    namespace_uid: act.namespaceUid,
    workload_kind: of.workloadKind,
    workload_name: of.workloadName,
    revision: of.revision,
    container: of.container,
    category: of.category,
    starts_at: act.at,
    fired_position: position,
    pods: act.pods,
    threshold_seconds: threshold.seconds,
    threshold_basis: threshold.basis,
    evidence: act.evidence,
  };
}

/** Lays one act over the table of alerts. Doing it again changes nothing. */
export async function lay(client: Client, shardId: number, position: number, act: AlertAct): Promise<void> {
  const row = rowOf(shardId, position, act);
  const columns = Object.keys(row);
  switch (act.type) {
    case 'AlertFired':
      await client.query(
        `INSERT INTO alert (${columns.join(', ')}, standing)
         SELECT ${columns.join(', ')}, pods FROM json_populate_record(NULL::alert, $1)
         ON CONFLICT DO NOTHING`,
        [JSON.stringify(row)],
      );
      return;
    case 'AlertResolved':
      await client.query(
        `UPDATE alert SET ${columns.map((column) => `${column} = ended.${column}`).join(', ')}
         FROM json_populate_record(NULL::alert, $1) AS ended
         WHERE alert.shard_id = ended.shard_id AND alert.alert_id = ended.alert_id AND alert.episode = ended.episode
           AND alert.state = 'firing'`,
        [JSON.stringify(row)],
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

/** Notes which pods firing alerts stand for now, those of which that changed. One statement, however many fire. */
export async function noteStanding(pool: Client, shardId: number, groups: readonly StuckGroup[]): Promise<void> {
  if (groups.length === 0) return;
  await pool.query(
    `UPDATE alert SET standing = now.standing
     FROM json_to_recordset($2) AS now(alert_id uuid, standing jsonb)
     WHERE shard_id = $1 AND alert.alert_id = now.alert_id AND state = 'firing' AND alert.standing <> now.standing`,
    [shardId, JSON.stringify(groups.map(({ alertId, pods }) => ({ alert_id: alertId, standing: pods })))],
  );
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
