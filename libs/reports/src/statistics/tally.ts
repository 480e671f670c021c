import { quantile } from '#libs/init-history';
import { noCounts, summedColumns, type Counts } from '#libs/projections';
import { joined, sql, word, type Sql } from '../asking/sql.js';
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
  Readonly<
    Record<
      | 'ended'
      | 'succeeded'
      | 'failed'
      | 'aborted'
      | 'unknown'
      | 'missed'
      | 'restarts'
      | 'bounded'
      | 'duration_ms'
      | 'duration_count',
      number
    >
  >;

/** Counts what `asked` covers, by group. Groups in which nothing ended are not there. */
export async function tallies(reading: Reading, asked: StatsAsked, grouping: Grouping): Promise<Tally[]> {
  const keys = keyColumns(grouping);
  const source = statsRows(reading, asked, grainOf(asked, grouping));
  const totals = await reading.snapshot.rows<Totals>(sql`
    SELECT ${keys}, ${joined(summed, ', ')} FROM (${source}) AS s GROUP BY 1, 2, 3, 4, 5, 6, 7, 8`);
  const buckets = await reading.snapshot.rows<Key & { index: number; count: number }>(sql`
    SELECT ${keys}, held.key::int AS index, sum(held.value::bigint)::float8 AS count
    FROM (${source}) AS s CROSS JOIN LATERAL jsonb_each_text(s.buckets) AS held
    WHERE held.key <> 'zero' GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9`);
  const categories = await reading.snapshot.rows<Key & { category: string; count: number }>(sql`
    SELECT ${keys}, held.key AS category, sum(held.value::bigint)::float8 AS count
    FROM (${source}) AS s CROSS JOIN LATERAL jsonb_each_text(s.categories) AS held GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9`);

  const bucketsOf = Map.groupBy(buckets, keyText);
  const categoriesOf = Map.groupBy(categories, keyText);
  return totals.map((row) => ({
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
    categories: new Map((categoriesOf.get(keyText(row)) ?? []).map(({ category, count }) => [category, count])),
    buckets: Object.fromEntries((bucketsOf.get(keyText(row)) ?? []).map(({ index, count }) => [index, count])),
  }));
}

const daySeconds = 86_400;

/** A day has to be cut no finer where nobody asks for less of it than all. */
const grainOf = ({ workload, revision }: StatsAsked, { by, intervalSeconds }: Grouping): Grain => ({
  workloads: workload !== undefined || revision !== undefined || by.includes('workload') || by.includes('revision'),
  days: intervalSeconds === null || intervalSeconds % daySeconds === 0,
});

/** Quantiles of a tally's exact durations, in seconds, each at most 1.1 % off; null where there are none. */
export function quantileSeconds({ buckets, durationCount }: Tally, q: number): number | null {
  const zero = durationCount - Object.values(buckets).reduce((sum, count) => sum + count, 0);
  const found = quantile({ zero, buckets }, q);
  return found && Math.round(found.seconds * 1000) / 1000;
}

const summed = summedColumns.map((column) => word(`sum(s.${column})::float8 AS ${column}`));

/** The eight columns that every grouping has, null where it does not group by them. */
export function keyColumns({ by, intervalSeconds, apart }: Grouping): Sql {
  const wanted = new Set(by.flatMap((dimension) => implied[dimension]));
  const column = (dimension: Dimension, text: string, name: string, type: string): Sql =>
    word(wanted.has(dimension) ? `${text} AS ${name}` : `NULL::${type} AS ${name}`);
  const bucket = sql`(extract(epoch FROM date_bin(make_interval(secs => ${intervalSeconds ?? 1}::float8), s.ended_at, 'epoch'::timestamptz)) * 1000)::float8 AS bucket`;
  return joined(
    [
      column('cluster', 's.shard_id', 'shard_id', 'int'),
      column('namespace', 's.namespace', 'namespace', 'text'),
      column('workload', 's.workload_kind', 'kind', 'text'),
      column('workload', 's.workload_name', 'name', 'text'),
      column('revision', 's.revision', 'revision', 'text'),
      column('container', 's.container', 'container', 'text'),
      word(apart ? 's.has_init AS has_init' : 'true AS has_init'),
      intervalSeconds === null ? word('NULL::float8 AS bucket') : bucket,
    ],
    ', ',
  );
}

export const keyText = (key: Key): string =>
  JSON.stringify([
    key.shard_id,
    key.namespace,
    key.kind,
    key.name,
    key.revision,
    key.container,
    key.has_init,
    key.bucket,
  ]);

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
