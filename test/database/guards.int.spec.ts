import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { freshDatabase, withClient, type FreshDatabase } from '#testing/platform';

import { readModelTables } from '../../libs/projections/src/pod-inits/batch-tables.js';
import { guards, noRecord, type Guard } from './guards.js';

type Column = Readonly<{ schema: string; table: string; column: string }>;

let database: FreshDatabase;
let columns: readonly Column[];
let sealed: ReadonlyMap<string, readonly string[]>;
beforeAll(async () => {
  database = await freshDatabase();
  await withClient(database.adminUrl, async (client) => {
    const all = await client.query<Column>(
      `SELECT table_schema AS schema, table_name AS table, column_name AS column
         FROM information_schema.columns
        WHERE table_schema !~ '^pg_' AND table_schema <> 'information_schema'
          AND NOT (SELECT relispartition FROM pg_class WHERE oid = format('%I.%I', table_schema, table_name)::regclass)`,
    );
    columns = all.rows;
    const { rows } = await client.query<{ name: string; but: string[] }>(
      'SELECT sealed::text AS name, but FROM sealed_tables()',
    );
    sealed = new Map(rows.map(({ name, but }) => [name, but]));
  });
});
afterAll(() => database.close());

const ours = () => columns.filter(({ schema }) => schema === 'public');
const guardOf = ({ table, column }: Column): Guard | undefined => guards[table]?.[column] ?? guards[table]?.['*'];

describe('every column of every table', () => {
  it('has a line in test/database/guards.ts, and each line its table', () => {
    expect(ours().filter((column) => guardOf(column) === undefined)).toEqual([]);
    expect(Object.keys(guards).filter((table) => !ours().some((column) => column.table === table))).toEqual([]);
    for (const [table, lines] of Object.entries(guards))
      for (const column of Object.keys(lines).filter((name) => name !== '*'))
        expect(ours()).toContainEqual({ schema: 'public', table, column });
  });

  it('is guarded by what the line says', () => {
    for (const one of ours().filter(({ column }) => column !== 'seals')) {
      const isSealed = sealed.has(one.table) && sealed.get(one.table)?.includes(one.column) === false;
      const isDerived = (readModelTables as readonly string[]).includes(one.table);
      expect([one, isSealed, isDerived]).toEqual([one, guardOf(one) === 'seals', guardOf(one) === 'derived']);
    }
  });

  it('that is no record is in a schema that says why', () => {
    const others = new Set(columns.map(({ schema }) => schema).filter((schema) => schema !== 'public'));
    expect([...others].filter((schema) => noRecord[schema] === undefined)).toEqual([]);
  });
});
