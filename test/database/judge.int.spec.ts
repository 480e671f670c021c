/** A judge changes a copy of the database: every column of every table, one row, two rows, a whole table. Each has to be found, and located. */
import { readFile } from 'node:fs/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { disposableRows, noRecord, noRecordTables } from './guards.js';
import { another, Judged, readModels, type Column, type Row, type Table } from './judged.js';
import { isLocated } from './located.js';
import { Populated } from './populated.js';

let store: Populated;
let judged: Judged;
beforeAll(async () => {
  store = await Populated.open();
  judged = await Judged.open(store);
  await store.goOn();
  await judged.know();
}, 200_000);
afterAll(async () => {
  await judged.close();
  await store.close();
});

const tables = (): readonly Table[] => judged.tables.filter(({ name }) => noRecordTables[name] === undefined);
/** Read models are derived once for all columns of a row, all else is looked at for each. */
const logsAndRows = (): readonly Table[] => tables().filter(({ name }) => !readModels.has(name));
const told = (): readonly Table[] => tables().filter(({ name }) => readModels.has(name));

const isThis = (row: Row, { columns }: Table): string =>
  columns
    .filter(({ isKey }) => isKey)
    .map(({ name, type }) => `${name} = '${literal(row[name])}'::${type}`)
    .join(' AND ');
const literal = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
const valueOf = ({ name, type }: Column): string => {
  const value = another[type]?.(name);
  if (value === undefined) throw new Error(`${name} is of type ${type}: say which values a judge would write`);
  return value;
};
/** What JSON itself does not see. */
const blanksBehind = ({ name, type }: Column): readonly string[] =>
  type === 'json' ? [`(coalesce(${name}::text, '{}') || ' ')::json`] : [];
const names = (columns: readonly Column[]): string => columns.map(({ name }) => name).join(', ');

/** What was done and was not found, or not located. */
class Unfound {
  readonly list: string[] = [];

  async look(table: Table, change: string, rows: readonly Row[]): Promise<void> {
    const says = await judged.after(table, change);
    if (!/DISAGREES/u.test(says)) this.list.push(`not found: ${change}`);
    else if (!isLocated(says, table.name, rows)) this.list.push(`not located: ${change}\n${says.slice(0, 600)}`);
  }
}

describe('a store that nobody touched', () => {
  it('agrees, and every table of it holds rows', async () => {
    const says = await judged.look(true);

    expect(says).not.toMatch(/DISAGREES/u);
    expect(says).toMatch(/agrees/u);
    expect(judged.empty()).toEqual([]);
  });

  it('has tables, and schemas, that are no record, each for the reason that is written down', async () => {
    const written = (await readFile('libs/event-store/README.md', 'utf8')).replaceAll(/\s+/gu, ' ');

    for (const [name, reason] of Object.entries({
      ...noRecordTables,
      ...disposableRows,
      ...noRecord,
    }))
      expect([name, written.includes(`\`${name}\`: ${reason}`)]).toEqual([name, true]);
  });
});

describe('what somebody did to a store is found, and where', { timeout: 900_000 }, () => {
  it('who changed one column of a row, into another value or into none', async () => {
    const unfound = new Unfound();
    for (const table of logsAndRows()) {
      const [row = {}] = await judged.rowsOf(table);
      for (const column of table.columns) {
        for (const value of [valueOf(column), ...blanksBehind(column)])
          await unfound.look(table, `UPDATE ${table.name} SET ${column.name} = ${value} WHERE ${isThis(row, table)}`, [
            row,
            ...moved(row, column),
          ]);
        if (column.nullable)
          await unfound.look(
            table,
            `UPDATE ${table.name} SET ${column.name} = CASE WHEN ${column.name} IS NULL THEN ${valueOf(column)} END WHERE ${isThis(row, table)}`,
            [row],
          );
      }
    }
    expect(unfound.list).toEqual([]);
  });

  it('who changed any column of what was told', async () => {
    const unfound = new Unfound();
    for (const table of told()) {
      const [row = {}] = await judged.rowsOf(table);
      const values = table.columns.filter(({ isKey }) => !isKey);
      const set = values.map((column) => `${column.name} = ${valueOf(column)}`);
      if (set.length > 0)
        await unfound.look(table, `UPDATE ${table.name} SET ${set.join(', ')} WHERE ${isThis(row, table)}`, [row]);
    }
    expect(unfound.list).toEqual([]);
  });

  it('who deleted a row', async () => {
    const unfound = new Unfound();
    for (const table of tables()) {
      const [row = {}] = await judged.rowsOf(table);
      await unfound.look(table, `DELETE FROM ${table.name} WHERE ${isThis(row, table)}`, [row]);
    }
    expect(unfound.list).toEqual([]);
  });

  it('who copied a row under another key', async () => {
    const unfound = new Unfound();
    for (const table of tables()) {
      const [row = {}] = await judged.rowsOf(table);
      const last = table.columns.findLast(
        ({ isKey, name }) => isKey && name !== 'recorded_at' && name !== 'valid_from',
      ) as Column;
      const values = table.columns.map((column) => (column === last ? valueOf(column) : column.name));
      await unfound.look(
        table,
        `INSERT INTO ${table.name} (${names(table.columns)}) SELECT ${values.join(', ')} FROM ${table.name} WHERE ${isThis(row, table)}`,
        [moved(row, last), { ...row, [last.name]: '' }].flat(),
      );
    }
    expect(unfound.list).toEqual([]);
  });

  it('who let two rows change places', async () => {
    const unfound = new Unfound();
    for (const table of tables()) {
      const [one, other] = await judged.rowsOf(table);
      if (!one || !other) {
        unfound.list.push(`${table.name} has but one row`);
        continue;
      }
      const values = table.columns.filter(({ isKey }) => !isKey);
      if (values.length === 0) continue;
      await unfound.look(
        table,
        `UPDATE ${table.name} AS mine SET (${names(values)}) = ROW(${values.map(({ name }) => `theirs.${name}`).join(', ')})
           FROM kept.${table.name} AS theirs
          WHERE (${prefixed('mine', one, table)} AND ${prefixed('theirs', other, table)}) OR (${prefixed('mine', other, table)} AND ${prefixed('theirs', one, table)})`,
        [one, other],
      );
    }
    expect(unfound.list).toEqual([]);
  });

  it('who brought back a table from an older copy', async () => {
    const [unfound, unchanged]: [string[], string[]] = [[], []];
    for (const table of tables()) {
      if (disposableRows[table.name] !== undefined) continue;
      if (!(await judged.isOlderOther(table))) {
        unchanged.push(table.name);
        continue;
      }
      const says = await judged.after(
        table,
        `DELETE FROM ${table.name}; INSERT INTO ${table.name} SELECT * FROM older.${table.name} ${isThere(table)}`,
      );
      const line = says
        .split('\n')
        .find((each) => new RegExp(`\\b${table.name === 'row_seal' ? 'table' : table.name}\\b`, 'u').test(each));
      if (!/DISAGREES/u.test(says) || line === undefined) unfound.push(`${table.name}: ${says.slice(0, 400)}`);
    }
    expect(unfound).toEqual([]);
    // Nothing migrates meanwhile.
    expect(unchanged).toEqual(['_prisma_migrations']);
  });
});

/** Of a log, what its partitions can hold: the others were dropped meanwhile. */
const isThere = ({ name }: Table): string =>
  name === 'event' ? `WHERE to_regclass(to_char(recorded_at, '"event_"IYYY"w"IW')) IS NOT NULL` : '';

const prefixed = (alias: string, row: Row, table: Table): string =>
  table.columns
    .filter(({ isKey }) => isKey)
    .map(({ name, type }) => `${alias}.${name} = '${literal(row[name])}'::${type}`)
    .join(' AND ');

/** The row as it is named where its key was changed: by what is left of the key. */
function moved(row: Row, column: Column): readonly Row[] {
  if (!column.isKey) return [];
  const { [column.name]: _, ...left } = row;
  return typeof row[column.name] === 'number'
    ? [{ ...row, [column.name]: Number(row[column.name]) + 1000 }, left]
    : [left];
}
