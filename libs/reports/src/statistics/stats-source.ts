import { bucketDigits } from '#libs/projections';
import { joined, sql, word, type Sql } from '../asking/sql.js';
import { lowerKind } from '../pods/pod-conditions.js';
import type { Reading } from '../reading/report-reader.js';
import { countedTwice } from '../reading/handed-over.js';
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
 * Rows of the shape of `day_stats` that `asked` covers. Of the newest place days are read from `day_stats` where `grain` allows, hours from
 * `workload_stats`, to the nearest whole one; what lies between that and where the span begins or ends is added, or, by a `sign` of -1, taken
 * away, and so at most half a day of hours is read, and half an hour of the rows that those tables are the sum of. Asked as of an earlier
 * place, all is counted from those. Where the number of slices changed, what both shards counted of a pod is taken away once.
 */
export function statsRows(reading: Reading, asked: StatsAsked, grain: Grain): Sql {
  const span: Between = [asked.from, earliest(asked.to, reading.at)];
  const twice = countedTwice(reading).map(({ until, ...rows }) =>
    fromVersions(reading, asked, { between: [span[0], earliest(span[1], until)], sign: -1, rows }, grain),
  );
  const hours = reading.live && reading.at === null ? nearest(span, hourMs) : undefined;
  if (!hours) return joined([fromVersions(reading, asked, { between: span, sign: 1 }, grain), ...twice], ' UNION ALL ');
  const pieces = edges(span, hours).map((piece) => fromVersions(reading, asked, piece, grain));
  return joined([...fromTables(reading, asked, hours, grain), ...pieces, ...twice], ' UNION ALL ');
}

type Between = readonly [from: number | null, to: number | null];

/** What is added, or taken away. */
type Piece = Readonly<{ between: Between; sign: 1 | -1; rows?: Chosen }>;

const earliest = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.min(a, b);

/** The whole units that are nearest to a span, undefined where that is none. What is open stays open. */
function nearest([from, to]: Between, unitMs: number): Between | undefined {
  const [first, last] = [from, to].map((time) => (time === null ? null : Math.round(time / unitMs) * unitMs)) as [
    number | null,
    number | null,
  ];
  return first !== null && last !== null && last <= first ? undefined : [first, last];
}

/** What a span has beyond `units`, and what these have beyond it. */
function edges([from, to]: Between, [first, last]: Between): Piece[] {
  const pieces: Piece[] = [];
  if (from !== null && first !== null && from < first) pieces.push({ between: [from, first], sign: 1 });
  if (from !== null && first !== null && from > first) pieces.push({ between: [first, from], sign: -1 });
  if (to !== null && last !== null && to > last) pieces.push({ between: [last, to], sign: 1 });
  if (to !== null && last !== null && to < last) pieces.push({ between: [to, last], sign: -1 });
  return pieces;
}

/** Whole hours, as far as they make whole days by the day. */
function fromTables(reading: Reading, asked: StatsAsked, hours: Between, grain: Grain): Sql[] {
  const byTheHour = workloadHours(grain);
  const days = grain.days ? nearest(hours, dayMs) : undefined;
  if (!days) return [fromTable(reading, asked, { between: hours, sign: 1 }, byTheHour)];
  const pieces = edges(hours, days).map((piece) => fromTable(reading, asked, piece, byTheHour));
  const byTheDay = grain.workloads ? workloadDays : namespaceDays;
  return [fromTable(reading, asked, { between: days, sign: 1 }, byTheDay), ...pieces];
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
  { between: [from, to], sign }: Piece,
  { name, time, level, histogram }: Table,
): Sql {
  const shards = reading.shards.filter(({ cluster }) => !asked.cluster || asked.cluster.includes(cluster));
  return sql`
    SELECT ${signed(sign)} AS sign, s.shard_id, ${time} AS ended_at, s.namespace, s.namespace_uid, s.workload_kind, s.workload_name, s.revision, s.container,
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

/** Which rows of `pod_init AS p` and `init_attempt AS a`. */
type Chosen = Readonly<{ cycles: Sql; attempts: Sql }>;
const everyRow: Chosen = { cycles: sql`true`, attempts: sql`true` };

const signed = (sign: Piece['sign']): Sql => word(String(sign));

function fromVersions(
  reading: Reading,
  asked: StatsAsked,
  { between: [from, to], sign, rows = everyRow }: Piece,
  { histograms }: Grain,
): Sql {
  const ended = (column: Sql): Sql => sql`
    ${column} IS NOT NULL AND ${from === null ? sql`true` : sql`${column} >= ${moment(from)}`}
    AND ${to === null ? sql`true` : sql`${column} < ${moment(to)}`}`;
  const attemptEnd = sql`coalesce(a.finished_at, (a.doc->>'observedAt')::timestamptz)`;
  // An end that is known has an index.
  const attemptEnded = sql`(${ended(sql`a.finished_at`)} OR (a.finished_at IS NULL AND ${ended(attemptEnd)}))`;
  const inNamespace = (alias: Sql): Sql =>
    asked.namespace ? sql`${alias}.namespace = ANY(${asked.namespace})` : sql`true`;
  // The initialization as a whole comes first; of its containers there is only what an attempt does not say.
  const hasContainers = sql`json_array_length(p.contribution) > 1`;
  const attempts = sql`
    UNION ALL
    SELECT a.shard_id, ${attemptEnd} AS ended_at, part.*
    FROM init_attempt AS a CROSS JOIN LATERAL ${parts(sql`a`)}
    WHERE ${inForce(reading, 'a', asked.cluster)} AND ${attemptEnded} AND ${inNamespace(sql`a`)} AND ${rows.attempts}`;
  const histogram = sql`
    CASE WHEN s."durationMs" > 0 THEN ${bucketNumber(bucketOf(sql`s."durationMs"::float8 / 1000`))} END`;
  return sql`
    SELECT ${signed(sign)} AS sign, s.shard_id, s.ended_at, s.namespace, s.namespace_uid, s.workload_kind, s.workload_name, s.revision, s.container, s.has_init,
           s.ended, s.succeeded, s.failed, s.aborted, s.unknown, s.missed, s.restarts, s.bounded, coalesce(s."durationMs", 0) AS duration_ms,
           (s."durationMs" IS NOT NULL)::int::bigint AS duration_count,
           CASE WHEN s.category IS NULL THEN '{}'::jsonb ELSE jsonb_build_object(s.category, 1) END AS categories,
           ${histograms ? histogram : sql`NULL::numeric`} AS histogram
    FROM (
      SELECT p.shard_id, p.ended_at, part.*
      FROM pod_init AS p CROSS JOIN LATERAL ${parts(sql`p`)}
      WHERE ${inForce(reading, 'p', asked.cluster)} AND ${ended(sql`p.ended_at`)} AND ${inNamespace(sql`p`)} AND ${rows.cycles}
        AND ${asked.of === 'attempt' ? hasContainers : sql`true`}
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
