/** Holds read models that were built beside those in force against them, before they take over. */
import type { Pool } from '#libs/platform';
import { inTransaction } from '../following/transaction.js';
import type { Queryable } from '../queryable.js';
import { quoted } from './builds.js';
import type { Schemas } from './builds.js';

/** A pod that is told otherwise; `from` and `to` are its states, null where one of the two does not tell of it. */
export type PodDifference = Readonly<{
  shardId: number;
  podUid: string;
  name: string;
  from: string | null;
  to: string | null;
}>;

/** What one shard comes to, before and after. */
export type ShardParity = Readonly<{
  shardId: number;
  /** Up to which the two are compared: both have come so far. */
  position: number;
  podsBefore: number;
  podsAfter: number;
  attemptsBefore: number;
  attemptsAfter: number;
  podsDiffering: number;
}>;

/** `errors` are differences that no reading of the same log could make: read models that are built so do not take over. */
export type Parity = Readonly<{
  shards: readonly ShardParity[];
  differences: readonly PodDifference[];
  errors: readonly string[];
}>;

/** Differences that are listed; all are counted, and `rederive` tells all. */
const LISTED = 100;

/** What is known beforehand: whether both were read by the same rules, and pods whose rows are not what the log comes to. */
export type Known = Readonly<{ isSame: boolean; misread: readonly string[] }>;

/**
 * Compares `next` with what is in force, as of the last position of each shard that both have read. That a pod is read otherwise is what
 * other rules are for. That a pod is missing, that a stream is parked which was not, that what the API server said is not all there or is not
 * the same, or that the same rules tell of other happenings, is an error.
 */
export async function compare(pool: Pool, schemas: Schemas, { isSame, misread }: Known): Promise<Parity> {
  return inTransaction(pool, async (db) => {
    await db.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    await db.query('SET LOCAL statement_timeout = 0');
    const [current, next] = [quoted(schemas.current), quoted(schemas.next)];
    const places = await placesOf(db, current, next);
    const differences = await podDifferences(db, current, next);
    const shards = await counts(db, current, next, differences.counts);
    const errors = [
      ...places.filter(({ after }) => after === null).map(({ shard_id }) => `shard ${shard_id} was not read`),
      ...differences.listed
        .filter(({ to }) => to === null)
        .map(({ shardId, podUid, name }) => `pod ${name} (${podUid}) of shard ${shardId} is not told any more`),
      ...(await parkedAnew(db, current, next)),
      ...(await lostRows(db, current, next)),
      ...(await differingRows(db, [current, next], isSame ? [...asRecorded, ...asDerived] : asRecorded)),
      ...misread,
    ];
    return { shards, differences: differences.listed, errors };
  });
}

type PlaceRow = Readonly<{ shard_id: number; before: number; after: number | null }>;

async function placesOf(db: Queryable, current: string, next: string): Promise<readonly PlaceRow[]> {
  const { rows } = await db.query<PlaceRow>(
    `SELECT shard_id, before.position AS before, after.position AS after
     FROM ${current}.projection_bookmark AS before
     LEFT JOIN ${next}.projection_bookmark AS after USING (shard_id)`,
  );
  return rows;
}

/** The last position of each shard that both have read. */
const placed = (current: string, next: string): string =>
  `SELECT shard_id, least(before.position, after.position) AS position
   FROM ${current}.projection_bookmark AS before
   JOIN ${next}.projection_bookmark AS after USING (shard_id)`;

/** Rows of a versioned table as of the place. */
const asOf = (table: string): string =>
  `SELECT told.*
   FROM place
   JOIN ${table} AS told ON told.shard_id = place.shard_id AND told.valid_from <= place.position
    AND (told.valid_to IS NULL OR told.valid_to > place.position)`;

const podsOf = (schema: string): string =>
  `SELECT shard_id, pod_uid, max(name) AS name, max(state) FILTER (WHERE newest) AS state,
          string_agg(digest, ' ' ORDER BY cycle) AS told
   FROM (${asOf(`${schema}.pod_init`)}) AS rows
   GROUP BY shard_id, pod_uid`;

async function podDifferences(db: Queryable, current: string, next: string) {
  type Row = Readonly<{
    shard_id: number;
    pod_uid: string;
    name: string;
    from: string | null;
    to: string | null;
    all: number;
  }>;
  const { rows } = await db.query<Row>(
    `WITH place AS (${placed(current, next)}), before AS (${podsOf(current)}), after AS (${podsOf(next)}),
     differing AS (
       SELECT shard_id, pod_uid, coalesce(after.name, before.name) AS name, before.state AS from, after.state AS to,
              count(*) OVER (PARTITION BY shard_id) AS all
       FROM before
       FULL JOIN after USING (shard_id, pod_uid)
       WHERE before.told IS DISTINCT FROM after.told
     )
     (SELECT * FROM differing ORDER BY "to" IS NOT NULL, name LIMIT ${LISTED})
     UNION ALL
     (SELECT DISTINCT ON (shard_id) shard_id, NULL, '', NULL, '', "all" FROM differing)`,
  );
  const counted = rows.filter(({ pod_uid }) => pod_uid === null);
  return {
    counts: new Map(counted.map(({ shard_id, all }) => [shard_id, all])),
    listed: rows
      .filter(({ pod_uid }) => pod_uid !== null)
      .map(({ shard_id, pod_uid, name, from, to }) => ({ shardId: shard_id, podUid: pod_uid, name, from, to })),
  };
}

async function counts(db: Queryable, current: string, next: string, differing: ReadonlyMap<number, number>) {
  const pods = (schema: string): string =>
    `(SELECT count(DISTINCT pod_uid) FROM (${asOf(`${schema}.pod_init`)}) AS rows WHERE rows.shard_id = place.shard_id)`;
  const attempts = (schema: string): string =>
    `(SELECT count(*) FROM (${asOf(`${schema}.init_attempt`)}) AS rows WHERE rows.shard_id = place.shard_id)`;
  const { rows } = await db.query<
    Record<'shard_id' | 'position' | 'pods_before' | 'pods_after' | 'attempts_before' | 'attempts_after', number>
  >(
    `WITH place AS (${placed(current, next)})
     SELECT shard_id, position, ${pods(current)} AS pods_before, ${pods(next)} AS pods_after,
            ${attempts(current)} AS attempts_before, ${attempts(next)} AS attempts_after
     FROM place
     ORDER BY shard_id`,
  );
  return rows.map((row) => ({
    shardId: row.shard_id,
    position: row.position,
    podsBefore: row.pods_before,
    podsAfter: row.pods_after,
    attemptsBefore: row.attempts_before,
    attemptsAfter: row.attempts_after,
    podsDiffering: differing.get(row.shard_id) ?? 0,
  }));
}

async function parkedAnew(db: Queryable, current: string, next: string): Promise<readonly string[]> {
  const { rows } = await db.query<{ shard_id: number; stream_id: string; position: number; error: string }>(
    `SELECT after.shard_id, after.stream_id, after.position, split_part(after.error, E'\\n', 1) AS error
     FROM ${next}.quarantine AS after
     LEFT JOIN ${current}.quarantine AS before USING (shard_id, stream_id)
     WHERE before.shard_id IS NULL
     ORDER BY 1, 2
     LIMIT ${LISTED}`,
  );
  return rows.map(
    ({ shard_id, stream_id, position, error }) =>
      `stream ${stream_id} of shard ${shard_id} cannot be read at position ${position}: ${error}`,
  );
}

/** Events of Kubernetes and gaps are kept as they were recorded, by whatever rules. */
async function lostRows(db: Queryable, current: string, next: string): Promise<readonly string[]> {
  const errors: string[] = [];
  for (const table of ['kube_event', 'gap']) {
    const upTo = (schema: string): string =>
      `(SELECT count(*) FROM ${schema}.${table} AS told WHERE told.shard_id = place.shard_id AND told.position <= place.position)`;
    const { rows } = await db.query<{ shard_id: number; before: number; after: number }>(
      `WITH place AS (${placed(current, next)})
       SELECT * FROM (SELECT shard_id, ${upTo(current)} AS before, ${upTo(next)} AS after FROM place) AS counted
       WHERE before > after`,
    );
    errors.push(
      ...rows.map(({ shard_id, before, after }) => `${table} of shard ${shard_id} has ${after} rows, not ${before}`),
    );
  }
  return errors;
}

/** A table of which two readings say the same; `of` is the column of its streams, `rows` what is held against each other. */
type Canonical = Readonly<{ table: string; of: string; rows: string }>;

/** By whatever rules: what the API server said. */
const asRecorded: readonly Canonical[] = [
  { table: 'kube_event', of: 'pod_uid', rows: 'told.pod_uid, told.event_uid, told.doc' },
  { table: 'context', of: 'uid', rows: 'told.kind, told.uid, told.name, told.gone, told.doc' },
];

/** By the same rules, whatever the settings: what happened. */
const asDerived: readonly Canonical[] = [{ table: 'happening', of: 'pod_uid', rows: 'told.pod_uid, told.doc' }];

/** Sums of all rows of a shard, whatever their order. Streams that are parked on either side are told of by one alone, and left out. */
async function differingRows(
  db: Queryable,
  [current, next]: readonly [string, string],
  tables: readonly Canonical[],
): Promise<readonly string[]> {
  const errors: string[] = [];
  for (const { table, of, rows: canonical } of tables) {
    const sum = (schema: string): string =>
      `(SELECT sum(hashtextextended(ROW(told.position, ${canonical})::text, 0)::numeric)
        FROM ${schema}.${table} AS told
        WHERE told.shard_id = place.shard_id AND told.position <= place.position
          AND NOT EXISTS (SELECT FROM parked WHERE parked.shard_id = told.shard_id AND parked.stream_id = told.${of}))`;
    const { rows } = await db.query<{ shard_id: number }>(
      `WITH place AS (${placed(current, next)}),
            parked AS (SELECT shard_id, stream_id FROM ${current}.quarantine UNION SELECT shard_id, stream_id FROM ${next}.quarantine)
       SELECT shard_id
       FROM (SELECT shard_id, ${sum(current)} AS before, ${sum(next)} AS after FROM place) AS summed
       WHERE before IS DISTINCT FROM after
       ORDER BY shard_id`,
    );
    errors.push(...rows.map(({ shard_id }) => `${table} of shard ${shard_id} does not say what it said`));
  }
  return errors;
}
