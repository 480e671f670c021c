import { joined, sql, type Sql } from '../asking/sql.js';
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

/** How finely rows are asked for: by workload, or only by namespace; of the hour, or of nothing shorter than a day. */
export type Grain = Readonly<{ workloads: boolean; days: boolean }>;

/**
 * Rows of the shape of `workload_stats` that `asked` covers. Whole days of the newest place are read from `day_stats` where `grain` allows,
 * whole hours from `workload_stats`; what lies in part of an hour, or is asked as of an earlier place, is counted from the rows that those
 * tables are the sum of.
 */
export function statsRows(reading: Reading, asked: StatsAsked, grain: Grain): Sql {
  const end = earliest(asked.to, reading.at);
  if (!reading.live || reading.at !== null) return fromVersions(reading, asked, [asked.from, end]);

  const hours = wholeWithin([asked.from, end], hourMs);
  if (!hours) return fromVersions(reading, asked, [asked.from, end]);
  const pieces = fromTables(reading, asked, hours, grain);
  if (hours[0] !== asked.from) pieces.push(fromVersions(reading, asked, [asked.from, hours[0]]));
  if (hours[1] !== end) pieces.push(fromVersions(reading, asked, [hours[1], end]));
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
  if (!days) return [fromTable(reading, asked, hours, workloadHours)];
  const pieces = [fromTable(reading, asked, days, grain.workloads ? workloadDays : namespaceDays)];
  if (days[0] !== hours[0]) pieces.push(fromTable(reading, asked, [hours[0], days[0]], workloadHours));
  if (days[1] !== hours[1]) pieces.push(fromTable(reading, asked, [days[1], hours[1]], workloadHours));
  return pieces;
}

type Table = Readonly<{ name: Sql; time: Sql; level: Sql }>;
const workloadHours: Table = { name: sql`workload_stats`, time: sql`s.hour`, level: sql`true` };
const workloadDays: Table = { name: sql`day_stats`, time: sql`s.day`, level: sql`s.workload_kind <> ''` };
const namespaceDays: Table = { name: sql`day_stats`, time: sql`s.day`, level: sql`s.workload_kind = ''` };

function fromTable(reading: Reading, asked: StatsAsked, [from, to]: Between, { name, time, level }: Table): Sql {
  const shards = reading.shards.filter(({ cluster }) => !asked.cluster || asked.cluster.includes(cluster));
  return sql`
    SELECT s.shard_id, ${time} AS ended_at, s.namespace, s.namespace_uid, s.workload_kind, s.workload_name, s.revision, s.container,
           s.has_init, s.ended, s.succeeded, s.failed, s.aborted, s.unknown, s.missed, s.restarts, s.bounded, s.duration_ms,
           s.duration_count, s.categories, s.buckets
    FROM ${name} AS s
    WHERE s.shard_id = ANY(${shards.map(({ shardId }) => shardId)}) AND ${level}
      AND ${from === null ? sql`true` : sql`${time} >= ${moment(from)}`} AND ${to === null ? sql`true` : sql`${time} < ${moment(to)}`}
      AND ${chosen(reading, asked)}`;
}

function fromVersions(reading: Reading, asked: StatsAsked, [from, to]: Between): Sql {
  const ended = (column: Sql): Sql => sql`
    ${column} IS NOT NULL AND ${from === null ? sql`true` : sql`${column} >= ${moment(from)}`}
    AND ${to === null ? sql`true` : sql`${column} < ${moment(to)}`}`;
  const attemptEnd = sql`coalesce(a.finished_at, (a.doc->>'observedAt')::timestamptz)`;
  // An end that is known has an index.
  const attemptEnded = sql`(${ended(sql`a.finished_at`)} OR (a.finished_at IS NULL AND ${ended(attemptEnd)}))`;
  const attempts = sql`
    UNION ALL
    SELECT a.shard_id, ${attemptEnd} AS ended_at, part
    FROM init_attempt AS a CROSS JOIN LATERAL jsonb_array_elements(a.contribution::jsonb) AS part
    WHERE ${inForce(reading, 'a', asked.cluster)} AND ${attemptEnded}`;
  return sql`
    SELECT s.* FROM (
      SELECT counted.shard_id, counted.ended_at, part->>'namespace' AS namespace, part->>'namespaceUid' AS namespace_uid,
             part->>'workloadKind' AS workload_kind, part->>'workloadName' AS workload_name, part->>'revision' AS revision,
             part->>'container' AS container, (part->>'hasInit')::boolean AS has_init, (part->>'ended')::bigint AS ended,
             (part->>'succeeded')::bigint AS succeeded, (part->>'failed')::bigint AS failed, (part->>'aborted')::bigint AS aborted,
             (part->>'unknown')::bigint AS unknown, (part->>'missed')::bigint AS missed, (part->>'restarts')::bigint AS restarts,
             (part->>'bounded')::bigint AS bounded, coalesce((part->>'durationMs')::bigint, 0) AS duration_ms,
             (part->>'durationMs' IS NOT NULL)::int::bigint AS duration_count,
             CASE WHEN part->>'category' IS NULL THEN '{}'::jsonb ELSE jsonb_build_object(part->>'category', 1) END AS categories,
             CASE WHEN (part->>'durationMs')::bigint > 0 THEN jsonb_build_object(${bucketOf(sql`(part->>'durationMs')::float8 / 1000`)}::text, 1)
                  ELSE '{}'::jsonb END AS buckets
      FROM (
        SELECT p.shard_id, p.ended_at, part
        FROM pod_init AS p CROSS JOIN LATERAL jsonb_array_elements(p.contribution::jsonb) AS part
        WHERE ${inForce(reading, 'p', asked.cluster)} AND ${ended(sql`p.ended_at`)}
        ${asked.of === 'attempt' ? attempts : sql``}
      ) AS counted
    ) AS s
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
