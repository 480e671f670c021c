/** Rows that are frozen, and the hash of each: what they were as of the horizon at which they were frozen. */
import type { Queryable } from '../queryable.js';

/** By table, the columns that are hashed, in order: a column that a later version adds is in none of the hashes made before. */
export type HashedColumns = Readonly<Record<string, readonly string[]>>;

/** A table of which rows are frozen: of which stream each is, and which of them a span `[$2, $3)` froze. */
type FrozenTable = Readonly<{ stream: string; key: readonly string[]; within: string; versions: boolean }>;

const versions = (key: string): FrozenTable => ({
  stream: 'pod_uid',
  key: ['pod_uid', ...key.split(' '), 'valid_from'],
  within: 'valid_from >= $2 AND valid_from < $3',
  versions: true,
});
const placed = (stream: string, key: string): FrozenTable => ({
  stream,
  key: key.split(' '),
  within: 'position >= $2 AND position < $3',
  versions: false,
});

/** What is of no stream. */
const NONE = `'00000000-0000-0000-0000-000000000000'::uuid`;

const tables: Readonly<Record<string, FrozenTable>> = {
  pod_init: versions('cycle'),
  init_attempt: versions('container container_id'),
  finding: versions('finding_key'),
  happening: placed('pod_uid', 'position ordinal'),
  // Of a static pod its mirror claims them later.
  kube_event: placed('event_uid', 'position'),
  gap: placed(NONE, 'position'),
  context: placed('uid', 'kind uid position'),
  // Gone once the horizon has risen beyond it.
  pod_seed: {
    stream: 'stream_id',
    key: ['horizon', 'stream_id'],
    within: 'horizon = $3 AND $2 <= $3',
    versions: false,
  },
};

/** Its rows are there until the horizon rises beyond the span. */
export const SEEDS = 'pod_seed';

/** A static pod's uid is a hash, which PostgreSQL gives back with dashes. */
const plain = (uid: string): string => `lower(replace(${uid}, '-', ''))`;
const named = plain(`kept.doc->'involvedObject'->>'uid'`);

/** Values that are not hashed as they stand. */
const normal: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // The pod that the Event names, or the mirror that claimed it.
  kube_event: {
    pod_uid: `CASE WHEN ${plain('kept.pod_uid::text')} = ${named}
                     OR EXISTS (SELECT FROM context AS twin
                                 WHERE twin.shard_id = kept.shard_id AND twin.kind = 'twin' AND twin.name = kept.pod_uid::text
                                   AND ${plain('twin.uid::text')} = ${named})
                   THEN 'named' ELSE kept.pod_uid::text END`,
  },
};

/** What the queries here take: of rows that were frozen by the first span, all that lie below its end. */
export const spanValues = (
  shardId: number,
  { since, to }: Readonly<{ since: number | null; to: number }>,
): number[] => [shardId, since ?? Number.MIN_SAFE_INTEGER, to];

/** Rows `(name, stream_id, key, hash)` of what the span `[$2, $3)` of shard `$1` froze, of all tables. */
export function frozenRows(columns: HashedColumns): string {
  const parts = Object.entries(tables).flatMap(([table, of]) => {
    const hashed = columns[table];
    return hashed === undefined ? [] : [opened(table, of, hashed), ...(of.versions ? [closed(table, of)] : [])];
  });
  return parts.join(' UNION ALL ');
}

function opened(table: string, { stream, key, within }: FrozenTable, columns: readonly string[]): string {
  const values = columns.map((column) => {
    // A version that was replaced later was in force then.
    if (column === 'valid_to') return 'CASE WHEN valid_to < $3 THEN valid_to END';
    return normal[table]?.[column] ?? `kept."${column}"`;
  });
  return select({ name: table, table, stream, key, where: within, values });
}

/** Versions that were frozen before, and that this span closed. */
function closed(table: string, { stream, key }: FrozenTable): string {
  const where = 'valid_from < $2 AND valid_to >= $2 AND valid_to < $3';
  return select({ name: `${table}.valid_to`, table, stream, key, where, values: [...key, 'valid_to'] });
}

type Select = Readonly<{
  name: string;
  table: string;
  stream: string;
  key: readonly string[];
  where: string;
  values: readonly string[];
}>;

const select = ({ name, table, stream, key, where, values }: Select): string => `
  SELECT '${name}' AS name, ${stream} AS stream_id,
         json_build_object(${key.map((column) => `'${column}', ${column}::text`).join(', ')})::text AS key,
         left(encode(sha256(convert_to(json_build_array(${values.map((value) => `(${value})::text`).join(', ')})::text, 'UTF8')), 'hex'), 32) AS hash
    FROM ${table} AS kept
   WHERE shard_id = $1 AND ${where}`;

/** The same as `frozen_digest` has them: `(stream_id, name, hashes)`. */
export const frozenHashes = (columns: HashedColumns): string => `
  SELECT stream_id, name, string_agg(hash, '' ORDER BY key COLLATE "C") AS hashes
    FROM (${frozenRows(columns)}) AS frozen
   GROUP BY stream_id, name`;

/** Of `(stream_id, name, hashes)`: SHA-256, hex, of all but the seeds, and of those. */
export const rootsOf = (hashes: string): string => `
  SELECT ${root(`name <> '${SEEDS}'`)} AS rows, ${root(`name = '${SEEDS}'`)} AS seeds
    FROM (SELECT stream_id, name, sha256(convert_to(stream_id || ' ' || name || ' ' || hashes, 'UTF8')) AS hash FROM (${hashes}) AS each) AS hashed`;

const root = (which: string): string =>
  `encode(sha256(coalesce(string_agg(hash, ''::bytea ORDER BY stream_id, name COLLATE "C") FILTER (WHERE ${which}), ''::bytea)), 'hex')`;

/** All columns that the tables have now. */
export async function columnsNow(db: Queryable): Promise<HashedColumns> {
  const { rows } = await db.query<{ table: string; columns: string[] }>(
    `SELECT attrelid::regclass::text AS table, array_agg(attname::text ORDER BY attnum) AS columns
       FROM pg_attribute
      WHERE attrelid = ANY ($1::regclass[]) AND attnum > 0 AND NOT attisdropped
      GROUP BY attrelid`,
    [Object.keys(tables)],
  );
  return Object.fromEntries(rows.map(({ table, columns }) => [table, columns.toSorted()]));
}

/** In the caller's transaction, so that the same values are the same text, however long it takes. */
export async function asHashed(db: Queryable): Promise<void> {
  await db.query(
    `SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO'; SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1;
     SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0`,
  );
}
