/** Somebody who owns the database changes it: neither grants nor triggers hold that one back. */
import { Client } from 'pg';

import { createPool, Database, type Pool } from '#libs/platform';
import { deriveAnew } from '#libs/projections';
import { derivedToText } from '../../apps/ledger/src/tell.js';
import { verify } from '../../apps/ledger/src/verify.js';
import { readModelTables } from '../../libs/projections/src/pod-inits/batch-tables.js';
import { noRecordTables } from './guards.js';
import { limits, type Populated } from './populated.js';

/** A column of a table, and how it may be changed. */
export type Column = Readonly<{ name: string; type: string; nullable: boolean; isKey: boolean }>;
export type Table = Readonly<{ name: string; columns: readonly Column[]; rows: number }>;

const TABLES = `
  SELECT relname AS name,
         (SELECT json_agg(json_build_object('name', attname, 'type', format_type(atttypid, atttypmod), 'nullable', NOT attnotnull,
                                            'isKey', attname = ANY (key_columns(pg_class.oid))) ORDER BY attnum)
            FROM pg_attribute WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped) AS columns
    FROM pg_class
   WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
   ORDER BY relname`;

export class Judged {
  tables: readonly Table[] = [];

  private constructor(
    private readonly store: Populated,
    private readonly judge: Client,
    private readonly pool: Pool,
    private readonly owner: Pool,
  ) {}

  /** Keeps an older copy of every table. */
  static async open(store: Populated): Promise<Judged> {
    const { adminUrl, urls } = store.ledger;
    const judge = new Client({ connectionString: adminUrl });
    await judge.connect();
    await judge.query(
      `SET timezone = UTC; SET session_replication_role = replica; CREATE SCHEMA older; CREATE SCHEMA kept`,
    );
    const { rows } = await judge.query<{ name: string }>(TABLES);
    for (const { name } of rows) await judge.query(`CREATE TABLE older.${name} AS SELECT * FROM public.${name}`);
    const allowance = { max: 2, statementTimeoutMs: 60_000 };
    return new Judged(
      store,
      judge,
      createPool(urls.api, { name: 'verify', ...allowance }),
      createPool(adminUrl, { name: 'owner', ...allowance, max: 1 }),
    );
  }

  /** Keeps every table as it is now: to that it comes back. */
  async know(): Promise<void> {
    const { rows } = await this.judge.query<Omit<Table, 'rows'>>(TABLES);
    const tables: Table[] = [];
    for (const table of rows) {
      await this.judge.query(`CREATE TABLE kept.${table.name} AS SELECT * FROM public.${table.name}`);
      const { rows: counted } = await this.judge.query<{ rows: number }>(
        `SELECT count(*)::int AS rows FROM ${table.name}`,
      );
      tables.push({ ...table, rows: counted[0]?.rows ?? 0 });
    }
    this.tables = tables;
  }

  empty(): readonly string[] {
    return this.tables
      .filter(({ name, rows }) => rows === 0 && noRecordTables[name] === undefined)
      .map(({ name }) => name);
  }

  /** What `verify` tells; of read models too, where that is asked for. */
  async look(readModels: boolean): Promise<string> {
    const lines: string[] = [];
    const asked = {
      command: 'verify',
      where: { url: '' },
      shard: undefined,
      keys: [],
      checkpoints: [],
      json: false,
      readModels: undefined,
    } as const;
    await verify(asked, this.pool, async (text) => void lines.push(text));
    if (readModels) {
      const { ledger } = this.store;
      const poolIn = (schemas: readonly string[]) => new Database(ledger.urls).projectionIn(schemas);
      for (const derived of await deriveAnew({ pool: ledger.pool, owner: this.owner, poolIn, limits }))
        lines.push(derivedToText(derived));
    }
    return lines.join('');
  }

  /** The rows of a table that are changed: of the first shard before others, and not the first of it alone. */
  async rowsOf({ name, columns }: Table): Promise<readonly Row[]> {
    const key = columns.filter(({ isKey }) => isKey).map((column) => column.name);
    const { rows } = await this.judge.query<{ key: Row }>(
      `SELECT json_build_object(${key.map((column) => `'${column}', ${column}`).join(', ')}) AS key
         FROM ${name}
        ORDER BY ${columns.some((column) => column.name === 'shard_id') ? 'shard_id, ' : ''}${freshFirst[name] ?? key.map((column) => `${name}.${column}`).join(', ')}
        LIMIT 2`,
    );
    return rows.map((row) => row.key);
  }

  /**
   * Changes a table, and looks.
   *
   * @returns what `verify` tells
   */
  async after({ name }: Table, change: string): Promise<string> {
    try {
      await this.judge.query(change);
      return await this.look(readModels.has(name));
    } finally {
      await this.judge.query(
        `ROLLBACK; DELETE FROM public.${name}; INSERT INTO public.${name} SELECT * FROM kept.${name}`,
      );
    }
  }

  /** Whether an older copy is another one. */
  async isOlderOther({ name }: Table): Promise<boolean> {
    const { rows } = await this.judge.query<{ other: boolean }>(
      `SELECT (SELECT string_agg(each::text, ' ' ORDER BY each::text) FROM older.${name} AS each)
              IS DISTINCT FROM (SELECT string_agg(each::text, ' ' ORDER BY each::text) FROM kept.${name} AS each) AS other`,
    );
    return rows[0]?.other ?? false;
  }

  async close(): Promise<void> {
    await this.pool.end();
    await this.owner.end();
    await this.judge.end();
  }
}

/** The key of a row. */
export type Row = Readonly<Record<string, unknown>>;

/** What is held against the log by deriving it once more, and against what was told when it was frozen. */
export const readModels: ReadonlySet<string> = new Set<string>(readModelTables);

/** Rows of the newest events first: what an import brought, or retention is about to take, is not what is looked at here. */
const freshFirst: Readonly<Record<string, string>> = { event: 'position DESC', act_event: 'position DESC' };

const text = (column: string): string => `coalesce(${column}, '') || 'x'`;
const varchar = (column: string): string => `overlay(coalesce(${column}, ' ') PLACING 'x' FROM 1)`;
/** Another value of the same type, which somebody might put there. */
export const another: Readonly<Record<string, (column: string) => string>> = {
  text,
  'character varying(36)': varchar,
  'character varying(64)': varchar,
  'character varying(255)': varchar,
  'text[]': (column) => `coalesce(${column}, '{}') || 'x'::text`,
  'integer[]': (column) => `coalesce(${column}, '{}') || 7`,
  'bytea[]': (column) => `coalesce(${column}, '{}') || '\\x00'::bytea`,
  integer: (column) => `coalesce(${column}, 0) + 1000`,
  bigint: (column) => `coalesce(${column}, 0) + 1000`,
  smallint: (column) => `coalesce(${column}, 0) + 1`,
  numeric: (column) => `coalesce(${column}, 0) + 1`,
  boolean: (column) => `NOT coalesce(${column}, false)`,
  'double precision': (column) => `coalesce(${column}, 0) + 0.001`,
  'timestamp with time zone': (column) => `coalesce(${column}, '2026-12-01T00:00:00Z') + interval '1 microsecond'`,
  json: (column) => `regexp_replace(coalesce(${column}::text, '{}'), '^(.)', '\\1 ')::json`,
  jsonb: (column) => `jsonb_build_array(${column})`,
  uuid: () => 'gen_random_uuid()',
  bytea: (column) =>
    `CASE WHEN length(${column}) > 0 THEN set_byte(${column}, 0, 255 - get_byte(${column}, 0)) ELSE '\\x00'::bytea END`,
};
