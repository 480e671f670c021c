import { sql } from '../asking/sql.js';
import { lagSeconds } from '../reading/place.js';
import { presentIn } from '../reading/present.js';
import type { Reading } from '../reading/report-reader.js';
import { inForceOpen } from '../reading/handed-over.js';
import { millis, wasShown } from '../reading/versions.js';
import type { Family, Sample } from './exposition.js';

type StuckRow = Readonly<{ namespace: string; reason: string; pods: number; oldest: number }>;

/** What is watched where everything may be: a gap is told from the first one on only if nothing was told as zero before. */
const resources = ['pods', 'events', 'nodes', 'namespaces', 'replicasets', 'jobs'];

/** Namespaces in which pods with init containers live. */
export const namespacesWatched = (reading: Reading): Promise<{ namespace: string }[]> =>
  reading.snapshot.rows<{ namespace: string }>(sql`
    SELECT DISTINCT p.namespace FROM pod_init AS p
    WHERE ${inForceOpen(reading, 'p')} AND p.newest AND p.init_containers > 0 AND p.deleted_at IS NULL AND ${wasShown}
    ORDER BY 1 LIMIT 500`);

/** What is stuck at the moment, and since when. */
export async function stuckFamilies(reading: Reading): Promise<Family[]> {
  const stuck = await reading.snapshot.rows<StuckRow>(sql`
    SELECT p.namespace, p.stuck_category AS reason, count(*)::int AS pods,
           ${millis('min(coalesce(p.stuck_since, p.created_at))')} AS oldest
    FROM pod_init AS p
    WHERE ${inForceOpen(reading, 'p')} AND p.newest AND p.init_containers > 0 AND p.deadline_at <= ${presentIn(reading, 'p')}
    GROUP BY 1, 2`);
  const watched = await namespacesWatched(reading);
  return [
    {
      name: 'podinit_stuck_pods',
      help: 'Pods whose initialization is stuck',
      type: 'gauge',
      samples: stuckSamples(stuck, watched),
    },
    {
      name: 'podinit_oldest_stuck_start_timestamp_seconds',
      help: 'Since when the pod stands that is stuck longest',
      type: 'gauge',
      samples: oldestSamples(stuck),
    },
  ];
}

/** How long nobody was looking. */
export async function gapFamilies(reading: Reading): Promise<Family[]> {
  const gaps = await reading.snapshot.rows<{ resource: string; seconds: number }>(sql`
    SELECT resource, sum(extract(epoch FROM to_at - from_at))::float8 AS seconds
    FROM gap
    WHERE shard_id = ANY(${reading.shards.map(({ shardId }) => shardId)})
    GROUP BY 1`);
  return [
    {
      name: 'podinit_watch_gap_seconds',
      help: 'Seconds in which changes may have gone unseen',
      type: 'counter',
      samples: gapSamples(gaps),
    },
  ];
}

/** How far the store has been told. */
export const progressFamilies = ({ progress }: Reading): Promise<Family[]> =>
  Promise.resolve([
    {
      name: 'podinit_projection_lag_seconds',
      help: 'For how long the oldest stored event has not been told',
      type: 'gauge',
      samples: [{ suffix: '', labels: { projection: 'pod-inits' }, value: lagSeconds(progress, Date.now()) }],
    },
    {
      name: 'podinit_eventstore_position',
      help: 'Position of the last stored event',
      type: 'gauge',
      samples: progress.map(({ shardId, recorded }) => ({
        suffix: '',
        labels: { shard: String(shardId) },
        value: recorded,
      })),
    },
  ]);

const gapSamples = (gaps: readonly Readonly<{ resource: string; seconds: number }>[]): Sample[] =>
  [...new Set([...resources, ...gaps.map(({ resource }) => resource)])].map((resource) => ({
    suffix: '_total',
    labels: { resource },
    value: gaps.find((gap) => gap.resource === resource)?.seconds ?? 0,
  }));

/** A namespace in which nothing is stuck says so: a series that is missing cannot be told from one that is not scraped. */
const stuckSamples = (stuck: readonly StuckRow[], watched: readonly Readonly<{ namespace: string }>[]): Sample[] => [
  ...stuck.map(({ namespace, reason, pods }): Sample => ({ suffix: '', labels: { namespace, reason }, value: pods })),
  ...watched
    .filter(({ namespace }) => !stuck.some((row) => row.namespace === namespace && row.reason === 'DEPENDENCY_WAIT'))
    .map(({ namespace }): Sample => ({ suffix: '', labels: { namespace, reason: 'DEPENDENCY_WAIT' }, value: 0 })),
];

const oldestSamples = (stuck: readonly StuckRow[]): Sample[] =>
  [...Map.groupBy(stuck, ({ namespace }) => namespace)].map(([namespace, rows]) => ({
    suffix: '',
    labels: { namespace },
    value: Math.min(...rows.map(({ oldest }) => oldest)) / 1000,
  }));
