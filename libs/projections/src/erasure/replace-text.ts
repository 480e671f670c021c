/** Puts a mark where a text stands in rows that nothing is left to make anew from. */
import { isDeepStrictEqual } from 'node:util';
import type { PoolClient } from '#libs/platform';
import { readBegun } from '../horizon/begun-at.js';
import { isUuid, type Queryable } from '../queryable.js';
import { quoted } from '../takeover/builds.js';

/** A table of a shard, and which of its columns hold words of people. */
export type WordedTable = Readonly<{
  table: string;
  /** Of text, lists of text, or JSON. */
  columns: readonly string[];
  /** Rows that no event accounts for, by the horizon (`$2`): they are what is told where a text stands. None, unless given. */
  below?: string;
  /** Rows in which it is replaced; all, unless given. */
  among?: string;
  /** Columns that say what a row is about, by the name under which that is told. */
  about?: Readonly<Record<string, string>>;
  /** Whether a digest of the row goes as well: who knows the rest could guess the text by it. */
  digest?: true;
}>;

/** The text, and what is to stand in its place. */
export type Replacing = Readonly<{ text: string; mark: string }>;

/** A row in which it was replaced: what it is about, as it was before. */
export type About = Readonly<Record<string, string>>;

const FETCHED = 500;
/** Nobody waits for it: a table may be large, and hold the text nowhere. */
const HOURS_MS = 4 * 3_600_000;

/** In how many rows that no event accounts for the text stands. */
export async function countRowsHolding(
  db: PoolClient,
  shardId: number,
  worded: WordedTable,
  text: string,
): Promise<number> {
  if (worded.below === undefined) return 0;
  let count = 0;
  const found = { ...worded, among: worded.below };
  for await (const { changed } of rowsHolding(db, shardId, found, { text, mark: '' })) count += changed.length;
  return count;
}

/** Replaces the text in every row, some at a time, in the caller's transaction. It stands in no key that two rows would then have. */
export async function replaceText(
  db: PoolClient,
  shardId: number,
  worded: WordedTable,
  replacing: Replacing,
): Promise<readonly About[]> {
  const told: About[] = [];
  for await (const { known, changed } of rowsHolding(db, shardId, worded, replacing)) {
    await update(
      db,
      worded,
      known,
      changed.map(({ row }) => row),
    );
    told.push(...changed.map(({ about }) => about));
  }
  return told;
}

type Row = Readonly<Record<string, string | null>>;
type Type = Readonly<{ type: string; isKey: boolean }>;
type Types = ReadonlyMap<string, Type>;
type Known = Readonly<{ key: readonly string[]; types: Types }>;
/** A row without the text, and what it is about. */
type Changed = Readonly<{ row: Readonly<Record<string, unknown>>; about: About }>;

/** Rows that hold the text, some at a time, as they are without it. */
async function* rowsHolding(
  db: PoolClient,
  shardId: number,
  worded: WordedTable,
  replacing: Replacing,
): AsyncGenerator<Readonly<{ known: Known; changed: readonly Changed[] }>> {
  const { table, columns, among = 'true', about = {} } = worded;
  const types = await typesOf(db, table);
  const key = [...types].filter(([, { isKey }]) => isKey).map(([name]) => name);
  const values = [
    ...key.map((name) => `${quoted(name)}::text AS ${quoted(`key ${name}`)}`),
    ...columns.map((name) => `${asText(name, types)} AS ${quoted(name)}`),
    ...Object.entries(about).map(([name, column]) => `${quoted(column)}::text AS ${quoted(`about ${name}`)}`),
  ];
  const cursor = quoted(`rows of ${table}`);
  await db.query('SET LOCAL statement_timeout = 0');
  await db.query(
    `DECLARE ${cursor} NO SCROLL CURSOR FOR
     SELECT ${values.join(', ')}
     FROM ${table}
     WHERE shard_id = $1 AND $2::bigint >= 0 AND $3::text <> '' AND $4::text <> '' AND ${among} AND ${holds(types, columns)}`,
    [shardId, (await readBegun(db, shardId)).horizon, replacing.text, asJson(replacing.text)],
  );
  for (;;) {
    const patient = { text: `FETCH ${FETCHED} FROM ${cursor}`, query_timeout: HOURS_MS };
    const { rows } = await db.query<Row>(patient);
    if (rows.length === 0) break;
    yield {
      known: { key, types },
      changed: rows.flatMap((row) => changedIn(row, { key, types }, worded, replacing)),
    };
  }
  await db.query(`CLOSE ${cursor}`);
}

/** Nothing where it stands in what is no word alone: a number, say, or JSON itself. */
function changedIn(
  row: Row,
  { key, types }: Known,
  { columns, digest, about = {} }: WordedTable,
  replacing: Replacing,
): readonly Changed[] {
  const before = columns.map((name) => valueOf(row[name] ?? null, types.get(name)));
  const after = before.map((value) => replaced(value, replacing));
  if (isDeepStrictEqual(before, after)) return [];
  const made = Object.fromEntries([
    ...key.map((name) => [`key ${name}`, row[`key ${name}`]] as const),
    ...columns.map((name, nth) => [name, after[nth]] as const),
    ...(digest ? [['digest', replacing.mark] as const] : []),
  ]);
  return [
    { row: made, about: Object.fromEntries(Object.keys(about).map((name) => [name, row[`about ${name}`] ?? ''])) },
  ];
}

function valueOf(value: string | null, type: Type | undefined): unknown {
  return value === null || type?.type === 'text' ? value : JSON.parse(value);
}

/** In every text within, keys of objects included. What is an id or a time as a whole is no word. */
function replaced(value: unknown, replacing: Replacing): unknown {
  if (typeof value === 'string')
    return isUuid(value.replace(/^owner:/u, '')) || TIME.test(value)
      ? value
      : value.replaceAll(replacing.text, () => replacing.mark);
  if (Array.isArray(value)) return value.map((each) => replaced(each, replacing));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [replaced(name, replacing), replaced(each, replacing)]),
  );
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/u;

async function update(
  db: PoolClient,
  { table, columns, digest }: WordedTable,
  { key, types }: Known,
  rows: readonly object[],
): Promise<void> {
  if (rows.length === 0) return;
  const written = [...columns, ...(digest ? ['digest'] : [])];
  const typeOf = (name: string): string => types.get(name)?.type ?? 'text';
  const made = [
    ...key.map((name) => `${quoted(`key ${name}`)} ${typeOf(name)}`),
    ...written.map((name) => `${quoted(name)} ${typeOf(name)}`),
  ];
  await db.query(
    `UPDATE ${table} AS told
     SET ${written.map((name) => `${quoted(name)} = made.${quoted(name)}`).join(', ')}
     FROM json_to_recordset($1) AS made(${made.join(', ')})
     WHERE ${key.map((name) => `told.${quoted(name)} = made.${quoted(`key ${name}`)}`).join(' AND ')}`,
    [JSON.stringify(rows)],
  );
}

async function typesOf(db: Queryable, table: string): Promise<Types> {
  const { rows } = await db.query<{ name: string; type: string; is_key: boolean }>(
    `SELECT attname::text AS name, format_type(atttypid, atttypmod) AS type,
            coalesce(attnum = ANY (indkey::smallint[]), false) AS is_key
     FROM pg_attribute
     LEFT JOIN pg_index ON indrelid = attrelid AND indisprimary
     WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
     ORDER BY attnum`,
    [table],
  );
  return new Map(rows.map(({ name, type, is_key: isKey }) => [name, { type, isKey }]));
}

/** A list is looked at as JSON, too. */
const asText = (name: string, types: Types): string =>
  types.get(name)?.type === 'text[]' ? `to_json(${quoted(name)})::text` : `${quoted(name)}::text`;

/** Whether one of the columns holds the text: `$3`, and in JSON `$4`. */
const holds = (types: Types, columns: readonly string[]): string =>
  `(${columns
    .map((name) => `strpos(${asText(name, types)}, ${types.get(name)?.type === 'text' ? '$3' : '$4'}) > 0`)
    .join(' OR ')})`;

/** As JSON writes it within quotes. */
const asJson = (text: string): string => JSON.stringify(text).slice(1, -1);
