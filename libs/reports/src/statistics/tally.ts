import { quantile } from '#libs/init-history';
import { noCounts, summedColumns, unpackHistogram, type Counts } from '#libs/projections';
import { joined, sql, word, type Sql } from '../asking/sql.js';
import { clusterShard } from '../reading/one-cluster.js';
import type { Reading } from '../reading/report-reader.js';
import { statsRows, type Grain, type StatsAsked } from './stats-source.js';

/** What statistics can be grouped by. */
export const dimensions = ['cluster', 'namespace', 'workload', 'revision', 'container'] as const;
export type Dimension = (typeof dimensions)[number];

/** Which group a tally is of; null where it was not grouped by that. */
export type Group = Readonly<{
  shardId: number | null;
  namespace: string | null;
  kind: string | null;
  name: string | null;
  revision: string | null;
  container: string | null;
  hasInit: boolean;
  /** The start of the interval in which it ended, epoch milliseconds; null where not asked for. */
  bucket: number | null;
}>;

/** What ended in a group. Durations are those of successes that are exact; `bounded` successes are counted apart. */
export type Tally = Group &
  Readonly<Counts> &
  Readonly<{
    durationCount: number;
    durationSeconds: number;
    categories: ReadonlyMap<string, number>;
    buckets: Readonly<Record<number, number>>;
  }>;

/** The tally of a group in which nothing ended. */
export const emptyTally = (group: Group): Tally => ({
  ...group,
  ...noCounts(),
  durationCount: 0,
  durationSeconds: 0,
  categories: new Map(),
  buckets: {},
});

export type Grouping = Readonly<{ by: readonly Dimension[]; intervalSeconds: number | null; apart: boolean }>;

/** A workload is one of its namespace and cluster, a revision one of its workload. */
const implied: Readonly<Record<Dimension, readonly Dimension[]>> = {
  cluster: ['cluster'],
  namespace: ['cluster', 'namespace'],
  workload: ['cluster', 'namespace', 'workload'],
  revision: ['cluster', 'namespace', 'workload', 'revision'],
  container: ['container'],
};

type Key = Readonly<{
  shard_id: number | null;
  namespace: string | null;
  kind: string | null;
  name: string | null;
  revision: string | null;
  container: string | null;
  has_init: boolean;
  bucket: number | null;
}>;
type Totals = Key &
  Readonly<Record<(typeof summedColumns)[number], number>> &
  Readonly<{ categories: CategoryCounts | null; less_categories: CategoryCounts | null; histogram: string | null }>;

/** Of several rows, by category. */
type CategoryCounts = readonly Readonly<Record<string, number>>[];

/** What is wanted of a tally besides its counts: what is not wanted is empty, and is not read. */
export type Wanted = Readonly<{ categories: boolean; histograms: boolean }>;

/** Counts what `asked` covers, by group. Groups in which nothing ended are not there. */
export async function tallies(
  reading: Reading,
  asked: StatsAsked,
  grouping: Grouping,
  wanted: Wanted,
): Promise<Tally[]> {
  const { columns, groups } = keysOf(reading, grouping);
  const categories = (sign: Sql): Sql =>
    wanted.categories
      ? sql`json_agg(s.categories) FILTER (WHERE s.sign = ${sign} AND s.categories <> '{}')`
      : sql`NULL::json`;
  const histogram = wanted.histograms ? sql`sum(s.sign * s.histogram)::text` : sql`NULL::text`;
  // What is left of a group where all of it was taken away counts nothing.
  const rows = await reading.snapshot.rows<Totals>(sql`
    SELECT ${columns}, ${joined(summed, ', ')}, ${histogram} AS histogram, ${categories(word('1'))} AS categories,
           ${categories(word('-1'))} AS less_categories
    FROM (${statsRows(reading, asked, grainOf(asked, grouping, wanted))}) AS s
    GROUP BY ${groups}
    HAVING sum(s.sign * s.ended) <> 0 OR sum(s.sign * s.missed) <> 0 OR sum(s.sign * s.restarts) <> 0`);
  return rows.map((row) => ({
    ...toGroup(row),
    ended: row.ended,
    succeeded: row.succeeded,
    failed: row.failed,
    aborted: row.aborted,
    unknown: row.unknown,
    missed: row.missed,
    restarts: row.restarts,
    bounded: row.bounded,
    durationCount: row.duration_count,
    durationSeconds: row.duration_ms / 1000,
    categories: sumOf(row.categories ?? [], row.less_categories ?? []),
    buckets: unpackHistogram(row.histogram ?? '0'),
  }));
}

/** Counts by category, less some, in the order of their names. */
function sumOf(counts: CategoryCounts, less: CategoryCounts): Map<string, number> {
  const sums = new Map<string, number>();
  const add = (rows: CategoryCounts, sign: number): void => {
    for (const [category, count] of rows.flatMap((row) => Object.entries(row))) {
      sums.set(category, (sums.get(category) ?? 0) + sign * count);
    }
  };
  add(counts, 1);
  add(less, -1);
  return new Map([...sums].filter(([, count]) => count !== 0).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

const daySeconds = 86_400;

/** A day has to be cut no finer where nobody asks for less of it than all. */
const grainOf = (
  { workload, revision }: StatsAsked,
  { by, intervalSeconds }: Grouping,
  { histograms }: Wanted,
): Grain => ({
  histograms,
  workloads: workload !== undefined || revision !== undefined || by.includes('workload') || by.includes('revision'),
  days: intervalSeconds === null || intervalSeconds % daySeconds === 0,
});

/** Quantiles of a tally's exact durations, in seconds, each at most 1.1 % off; null where there are none. */
export function quantileSeconds({ buckets, durationCount }: Tally, q: number): number | null {
  const zero = durationCount - Object.values(buckets).reduce((sum, count) => sum + count, 0);
  const found = quantile({ zero, buckets }, q);
  return found && Math.round(found.seconds * 1000) / 1000;
}

const summed = summedColumns.map((column) => word(`sum(s.sign * s.${column})::float8 AS ${column}`));

/**
 * The eight columns that every grouping has, null where it does not group by them, and those of them (by number) by which it does: what
 * is the same in all rows takes time to compare as well.
 */
export function keysOf(
  reading: Reading,
  { by, intervalSeconds, apart }: Grouping,
): Readonly<{ columns: Sql; groups: Sql }> {
  const wanted = new Set(by.flatMap((dimension) => implied[dimension]));
  const bucket = sql`(extract(epoch FROM date_bin(make_interval(secs => ${intervalSeconds ?? 1}::float8), s.ended_at, 'epoch'::timestamptz)) * 1000)::float8`;
  const keys = [
    {
      name: 'shard_id',
      value: clusterShard(reading, sql`s.shard_id`),
      none: sql`NULL::int`,
      isWanted: wanted.has('cluster'),
    },
    { name: 'namespace', value: sql`s.namespace`, none: sql`NULL::text`, isWanted: wanted.has('namespace') },
    { name: 'kind', value: sql`s.workload_kind`, none: sql`NULL::text`, isWanted: wanted.has('workload') },
    { name: 'name', value: sql`s.workload_name`, none: sql`NULL::text`, isWanted: wanted.has('workload') },
    { name: 'revision', value: sql`s.revision`, none: sql`NULL::text`, isWanted: wanted.has('revision') },
    { name: 'container', value: sql`s.container`, none: sql`NULL::text`, isWanted: wanted.has('container') },
    { name: 'has_init', value: sql`s.has_init`, none: sql`true`, isWanted: apart },
    { name: 'bucket', value: bucket, none: sql`NULL::float8`, isWanted: intervalSeconds !== null },
  ];
  const columns = keys.map(({ name, value, none, isWanted }) => sql`${isWanted ? value : none} AS ${word(name)}`);
  const groups = keys.flatMap(({ isWanted }, index) => (isWanted ? [word(String(index + 1))] : []));
  return { columns: joined(columns, ', '), groups: groups.length > 0 ? joined(groups, ', ') : word('()') };
}

export const toGroup = (key: Key): Group => ({
  shardId: key.shard_id,
  namespace: key.namespace,
  kind: key.kind,
  name: key.name,
  revision: key.revision,
  container: key.container,
  hasInit: key.has_init,
  bucket: key.bucket,
});
export type { Key as GroupKey };
