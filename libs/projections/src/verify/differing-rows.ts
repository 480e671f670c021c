import type { PoolClient } from '#libs/platform';
import { quoted } from '../takeover/builds.js';

/** A row of a read model that is not what the log comes to. */
export type DifferingRow = Readonly<{
  table: string;
  /** The columns of its primary key, with their values as text. */
  key: Readonly<Record<string, string | null>>;
  /**
   * `missing`: the log tells of it, and it is not there. `extra`: it is there, and the log tells of nothing like it. `changed`: it is frozen, and
   * not as it was when that was told. `retold`: of what was frozen another thing was told later, and nothing was erased in between.
   */
  what: 'other' | 'missing' | 'extra' | 'changed' | 'retold';
  /** Those that differ, where it is there on both sides. */
  columns: readonly string[];
}>;

/** A table in a schema, and the transaction in which it is looked at. */
export type Side = Readonly<{ db: PoolClient; schema: string }>;

/** How rows of a table are compared: by which key, unless by the primary one, and but for which columns. */
export type Compared = Readonly<{ key?: readonly string[]; but?: readonly string[] }>;

type Table = Readonly<{ name: string; key: readonly string[]; columns: readonly string[] }>;
/** Key and columns as lists of texts, as JSON: what differs in a byte differs here. */
type Row = Readonly<{ key: string; row: string }>;

/** Of a table more are no help to anybody. */
const MOST = 100;
const FETCHED = 2_000;

/** What the tables of this name of two schemas have of a shard that is not the same, in the order of keys. Memory does not grow with them. */
export async function differingRows(
  name: string,
  shardId: number,
  [kept, derived]: readonly [kept: Side, derived: Side],
  compared: Compared = {},
): Promise<Readonly<{ rows: number; differing: readonly DifferingRow[] }>> {
  const table = await tableOf(name, kept, compared);
  const [ours, theirs] = [new Rows(kept, table, shardId), new Rows(derived, table, shardId)];
  const differing: DifferingRow[] = [];
  let rows = 0;
  let [mine, other] = [await ours.next(), await theirs.next()];
  while ((mine ?? other) && differing.length < MOST) {
    const order = orderOf(mine, other);
    if (order <= 0) rows += 1;
    if (order !== 0 || mine?.row !== other?.row) differing.push(told(table, mine, other, order));
    if (order <= 0) mine = await ours.next();
    if (order >= 0) other = await theirs.next();
  }
  await ours.close();
  await theirs.close();
  return { rows, differing };
}

function orderOf(mine: Row | undefined, other: Row | undefined): number {
  if (!mine || !other) return mine ? -1 : 1;
  return Buffer.compare(Buffer.from(mine.key), Buffer.from(other.key));
}

function told(
  { name, key, columns }: Table,
  ...[mine, other, order]: [Row | undefined, Row | undefined, number]
): DifferingRow {
  const values = JSON.parse((order <= 0 ? mine : other)?.key ?? '[]') as (string | null)[];
  const named = Object.fromEntries(key.map((column, nth) => [column, values[nth] ?? null]));
  if (order !== 0) return { table: name, key: named, what: order < 0 ? 'extra' : 'missing', columns: [] };
  const [ours, theirs] = [mine, other].map((row) => JSON.parse(row?.row ?? '[]') as (string | null)[]);
  return { table: name, key: named, what: 'other', columns: columns.filter((_, nth) => ours?.[nth] !== theirs?.[nth]) };
}

async function tableOf(name: string, { db, schema }: Side, { key, but = [] }: Compared): Promise<Table> {
  const { rows } = await db.query<{ key: string[]; columns: string[] }>(
    `SELECT ARRAY(SELECT attname::text
                    FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
                   WHERE indrelid = $1::regclass AND indisprimary
                   ORDER BY array_position(indkey::int[], attnum::int)) AS key,
            ARRAY(SELECT attname::text
                    FROM pg_attribute
                   WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
                   ORDER BY attnum) AS columns`,
    [`${quoted(schema)}.${quoted(name)}`],
  );
  const columns = (rows[0]?.columns ?? []).filter((column) => !but.includes(column));
  return { name, key: key ?? rows[0]?.key ?? [], columns };
}

/** The rows of a shard by a cursor, in the order of their keys' bytes. */
class Rows {
  #fetched: readonly Row[] | undefined;
  #at = 0;

  constructor(
    private readonly side: Side,
    private readonly table: Table,
    private readonly shardId: number,
  ) {}

  async next(): Promise<Row | undefined> {
    if (!this.#fetched) await this.#open();
    if (this.#at === this.#fetched?.length) await this.#fetch();
    const row = this.#fetched?.[this.#at];
    this.#at += row ? 1 : 0;
    return row;
  }

  async close(): Promise<void> {
    await this.side.db.query(`CLOSE ${this.#cursor}`);
  }

  get #cursor(): string {
    return quoted(`rows of ${this.table.name}`);
  }

  async #open(): Promise<void> {
    const { db, schema } = this.side;
    const { name, key, columns } = this.table;
    const texts = (some: readonly string[]): string =>
      `json_build_array(${some.map((column) => `${quoted(column)}::text`).join(', ')})::text`;
    await db.query('SET LOCAL statement_timeout = 0');
    await db.query(
      `DECLARE ${this.#cursor} NO SCROLL CURSOR FOR
         SELECT ${texts(key)} AS key, ${texts(columns)} AS row
           FROM ${quoted(schema)}.${quoted(name)}
          WHERE shard_id = ${this.shardId}
          ORDER BY ${texts(key)} COLLATE "C"`,
    );
    await this.#fetch();
  }

  async #fetch(): Promise<void> {
    const { rows } = await this.side.db.query<Row>(`FETCH ${FETCHED} FROM ${this.#cursor}`);
    this.#fetched = rows;
    this.#at = 0;
  }
}
