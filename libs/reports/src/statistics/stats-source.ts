import { bucketDigits } from '#libs/projections';
import { joined, sql, word, type Sql } from '../asking/sql.js';
import { lowerKind } from '../pods/pod-conditions.js';
import type { Reading } from '../reading/report-reader.js';
import { inForce, moment } from '../reading/versions.js';

/** Which ended initializations and attempts are counted. Times in epoch milliseconds; the end counts, [from, to). */
export type StatsAsked = Readonly<{
  from: number | null;
  to: number | null;
  cluster?: readonly string[] | undefined;
  namespace?: readonly string[] | undefined;
  workload?: readonly string[] | undefined;
  revision?: readonly string[] | undefined;
  container?: readonly string[] | undefined;
  /** Also pods without init containers; they are counted apart, never added. */
  any: boolean;
  /** Initializations as wholes, or attempts of single containers. */
  of: 'initialization' | 'attempt';
}>;

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** How finely rows are asked for: by workload, or only by namespace; of the hour, or of nothing shorter than a day; with histograms or without. */
export type Grain = Readonly<{ workloads: boolean; days: boolean; histograms: boolean }>;

/**
 * Rows of the shape of `day_stats` that `asked` covers. Whole days of the newest place are read from `day_stats` where `grain` allows,
 * whole hours from `workload_stats`; what lies in part of an hour, or is asked as of an earlier place, is counted from the rows that those
 * tables are the sum of.
 */
export function statsRows(reading: Reading, asked: StatsAsked, grain: Grain): Sql {
  const end = earliest(asked.to, reading.at);
  if (!reading.live || reading.at !== null) return fromVersions(reading, asked, [asked.from, end], grain);

  const hours = wholeWithin([asked.from, end], hourMs);
  if (!hours) return fromVersions(reading, asked, [asked.from, end], grain);
  const pieces = fromTables(reading, asked, hours, grain);
  if (hours[0] !== asked.from) pieces.push(fromVersions(reading, asked, [asked.from, hours[0]], grain));
  if (hours[1] !== end) pieces.push(fromVersions(reading, asked, [hours[1], end], grain));
  return joined(pieces, ' UNION ALL ');
}

type Between = readonly [from: number | null, to: number | null];

const earliest = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.min(a, b);

/** The whole units within a span, undefined where there are none. What is open stays open. */
function wholeWithin([from, to]: Between, unitMs: number): Between | undefined {
  const first = from === null ? null : Math.ceil(from / unitMs) * unitMs;
  const last = to === null ? null : Math.floor(to / unitMs) * unitMs;
  return first !== null && last !== null && last <= first ? undefined : [first, last];
}

/** Whole hours, as far as they make whole days by the day. */
function fromTables(reading: Reading, asked: StatsAsked, hours: Between, grain: Grain): Sql[] {
  const days = grain.days ? wholeWithin(hours, dayMs) : undefined;
  const byTheHour = workloadHours(grain);
  if (!days) return [fromTable(reading, asked, hours, byTheHour)];
  const pieces = [fromTable(reading, asked, days, grain.workloads ? workloadDays : namespaceDays)];
  if (days[0] !== hours[0]) pieces.push(fromTable(reading, asked, [hours[0], days[0]], byTheHour));
  if (days[1] !== hours[1]) pieces.push(fromTable(reading, asked, [days[1], hours[1]], byTheHour));
  return pieces;
}

type Table = Readonly<{ name: Sql; time: Sql; level: Sql; histogram: Sql }>;

const workloadDays: Table = {
  name: sql`day_stats`,
  time: sql`s.day`,
  level: sql`s.workload_kind <> ''`,
  histogram: sql`s.histogram`,
};
const namespaceDays: Table = { ...workloadDays, level: sql`s.workload_kind = ''` };

/** Hours hold few durations each, and keep them by bucket; to unfold them takes as long as to read them. */
const workloadHours = ({ histograms }: Grain): Table => ({
  name: sql`workload_stats`,
  time: sql`s.hour`,
  level: sql`true`,
  histogram: histograms
    ? sql`CASE WHEN s.duration_count > 0 THEN (
        SELECT sum(${bucketNumber(sql`key::int`)} * value::numeric) FROM jsonb_each_text(s.buckets) WHERE key <> 'zero') END`
    : sql`NULL::numeric`,
});

/** The place of a bucket in a histogram that is one number. */
const bucketNumber = (index: Sql): Sql => sql`('1e' || ${word(String(bucketDigits))} * ${index})::numeric`;

function fromTable(
  reading: Reading,
  asked: StatsAsked,
  [from, to]: Between,
  { name, time, level, histogram }: Table,
): Sql {
  const shards = reading.shards.filter(({ cluster }) => !asked.cluster || asked.cluster.includes(cluster));
  return sql`
    SELECT s.shard_id, ${time} AS ended_at, s.namespace, s.namespace_uid, s.workload_kind, s.workload_name, s.revision, s.container,
           s.has_init, s.ended, s.succeeded, s.failed, s.aborted, s.unknown, s.missed, s.restarts, s.bounded, s.duration_ms,
           s.duration_count, s.categories, ${histogram} AS histogram
    FROM ${name} AS s
    WHERE s.shard_id = ANY(${shards.map(({ shardId }) => shardId)}) AND ${level}
      AND ${from === null ? sql`true` : sql`${time} >= ${moment(from)}`} AND ${to === null ? sql`true` : sql`${time} < ${moment(to)}`}
      AND ${chosen(reading, asked)}`;
}

/** Of the version of a cycle or an attempt: what it counts for. */
const parts = (alias: Sql): Sql => sql`
  json_to_recordset(${alias}.contribution) AS part (
    namespace text, "namespaceUid" text, "workloadKind" text, "workloadName" text, revision text, container text, "hasInit" boolean,
    ended bigint, succeeded bigint, failed bigint, aborted bigint, unknown bigint, missed bigint, restarts bigint, bounded bigint,
    "durationMs" bigint, category text)`;

function fromVersions(reading: Reading, asked: StatsAsked, [from, to]: Between, { histograms }: Grain): Sql {
  const ended = (column: Sql): Sql => sql`
    ${column} IS NOT NULL AND ${from === null ? sql`true` : sql`${column} >= ${moment(from)}`}
    AND ${to === null ? sql`true` : sql`${column} < ${moment(to)}`}`;
  const attemptEnd = sql`coalesce(a.finished_at, (a.doc->>'observedAt')::timestamptz)`;
  // An end that is known has an index.
  const attemptEnded = sql`(${ended(sql`a.finished_at`)} OR (a.finished_at IS NULL AND ${ended(attemptEnd)}))`;
  const inNamespace = (alias: Sql): Sql =>
    asked.namespace ? sql`${alias}.namespace = ANY(${asked.namespace})` : sql`true`;
  const attempts = sql`
    UNION ALL
    SELECT a.shard_id, ${attemptEnd} AS ended_at, part.*
    FROM init_attempt AS a CROSS JOIN LATERAL ${parts(sql`a`)}
    WHERE ${inForce(reading, 'a', asked.cluster)} AND ${attemptEnded} AND ${inNamespace(sql`a`)}`;
  const histogram = sql`
    CASE WHEN s."durationMs" > 0 THEN ${bucketNumber(bucketOf(sql`s."durationMs"::float8 / 1000`))} END`;
  return sql`
    SELECT s.shard_id, s.ended_at, s.namespace, s.namespace_uid, s.workload_kind, s.workload_name, s.revision, s.container, s.has_init,
           s.ended, s.succeeded, s.failed, s.aborted, s.unknown, s.missed, s.restarts, s.bounded, coalesce(s."durationMs", 0) AS duration_ms,
           (s."durationMs" IS NOT NULL)::int::bigint AS duration_count,
           CASE WHEN s.category IS NULL THEN '{}'::jsonb ELSE jsonb_build_object(s.category, 1) END AS categories,
           ${histograms ? histogram : sql`NULL::numeric`} AS histogram
    FROM (
      SELECT p.shard_id, p.ended_at, part.*
      FROM pod_init AS p CROSS JOIN LATERAL ${parts(sql`p`)}
      WHERE ${inForce(reading, 'p', asked.cluster)} AND ${ended(sql`p.ended_at`)} AND ${inNamespace(sql`p`)}
      ${asked.of === 'attempt' ? attempts : sql``}
    ) AS s (shard_id, ended_at, namespace, namespace_uid, workload_kind, workload_name, revision, container, has_init)
    WHERE ${chosen(reading, asked)}`;
}

/** The bucket of a duration in seconds: Prometheus native schema 5. Rounded, as a logarithm is off by its last place at a bound. */
const bucketOf = (seconds: Sql): Sql => sql`ceil(round((ln(${seconds}) / ln(2::float8) * 32)::numeric, 9))::int`;

function chosen(reading: Reading, { namespace, workload, revision, container, any, of }: StatsAsked): Sql {
  const { pods } = reading.viewer;
  const conditions = [of === 'attempt' ? sql`s.container <> ''` : sql`s.container = ''`];
  if (pods !== 'all') conditions.push(sql`s.namespace_uid = ANY(${[...pods.values()]})`);
  if (!any) conditions.push(sql`s.has_init`);
  if (namespace) conditions.push(sql`s.namespace = ANY(${namespace})`);
  if (workload)
    conditions.push(sql`(lower(s.workload_kind) || '/' || s.workload_name) = ANY(${workload.map(lowerKind)})`);
  if (revision) conditions.push(sql`s.revision = ANY(${revision})`);
  if (container) conditions.push(sql`s.container = ANY(${container})`);
  return joined(conditions, ' AND ');
}
