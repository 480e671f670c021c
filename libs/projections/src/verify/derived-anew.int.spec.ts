import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPool, Database, type Pool } from '#libs/platform';
import { withClient } from '#testing/platform';
import { toldTables } from '../pod-inits/batch-tables.js';
import {
  eventSeen,
  gapSeen,
  goodStart,
  initEnds,
  initRuns,
  Ledger,
  namespaceSeen,
  newPod,
  uid,
} from '../testing/index.js';
import { deriveAnew, type DerivedAnew } from './derived-anew.js';

/** Those that the ledger projects with. */
const limits = { defaultSeconds: 300, floorSeconds: 60, factor: 1.5, minSamples: 3 };

/** What makes a finding. */
const killedWithZero = JSON.parse(
  JSON.stringify(initEnds(3, 41, 44)).replace('"Completed"', '"OOMKilled"'),
) as ReturnType<typeof initEnds>;

let ledger: Ledger;
let owner: Pool;
beforeAll(async () => {
  ledger = await Ledger.open();
  owner = createPool(ledger.adminUrl, { name: 'owner', max: 1, statementTimeoutMs: 60_000 });
  await ledger.append([namespaceSeen(0), newPod(1, 10), initRuns(1, 11), initEnds(1, 11, 14, 3)]);
  await ledger.append([gapSeen(15, 16), ...goodStart(2, 20, 5), eventSeen(uid(1), 30, { reason: 'BackOff' })]);
  await ledger.append([newPod(3, 40), initRuns(3, 41), killedWithZero]);
  await ledger.project();
});
afterAll(async () => {
  await owner.end();
  await ledger.close();
});

const derived = () =>
  deriveAnew({
    pool: ledger.pool,
    owner,
    poolIn: (schemas) => new Database(ledger.urls).projectionIn(schemas),
    limits,
  });
const differing = async () => (await derived()).flatMap((each: DerivedAnew) => each.differing);
const change = (text: string) => withClient(ledger.adminUrl, (client) => client.query(text));

/** With the first row of a table changed so. */
async function differingAfter(set: readonly string[], table: string): ReturnType<typeof differing> {
  if (set.length > 0)
    await change(`UPDATE ${table} SET ${set.join(', ')} WHERE ctid = (SELECT min(ctid) FROM ${table})`);
  return differing();
}

type Column = Readonly<{ table: string; column: string; type: string; isKey: boolean }>;

/** Another value of the same type, as near as can be. */
const nearBy: Readonly<Record<string, (column: string) => string>> = {
  integer: (column) => `${column} + 1`,
  bigint: (column) => `${column} + 1`,
  numeric: (column) => `${column} + 1`,
  'double precision': (column) => `${column} + 1`,
  boolean: (column) => `NOT ${column}`,
  text: (column) => `${column} || 'x'`,
  'text[]': (column) => `${column} || ARRAY['x']`,
  uuid: (column) =>
    `(left(${column}::text, -1) || CASE right(${column}::text, 1) WHEN '0' THEN '1' ELSE '0' END)::uuid`,
  'timestamp with time zone': (column) => `${column} + interval '1 microsecond'`,
  json: (column) => `(${column}::text || ' ')::json`,
  jsonb: (column) => `'"another"'::jsonb`.replace('another', column),
};

async function columns(): Promise<readonly Column[]> {
  const { rows } = await owner.query<Column>(
    `SELECT relname AS table, attname AS column, format_type(atttypid, atttypmod) AS type,
            EXISTS (SELECT FROM pg_index WHERE indrelid = attrelid AND indisprimary AND attnum = ANY (indkey)) AS "isKey"
       FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
      WHERE attrelid::regclass::text = ANY ($1) AND attnum > 0 AND NOT attisdropped
      ORDER BY relname, attnum`,
    [toldTables],
  );
  return rows;
}

describe('read models that are derived anew', () => {
  it('are those in force, and nothing is left of it', async () => {
    const [told] = await derived();

    expect(told).toEqual({
      shardId: ledger.shardId,
      position: 11,
      rows: expect.any(Number),
      differing: [],
      passedOver: null,
    });
    expect(told?.rows).toBeGreaterThan(20);
    const { rows } = await owner.query(`SELECT FROM pg_namespace WHERE nspname = 'public_verify'`);
    expect(rows).toEqual([]);
  });

  it('show a change of any column of any table, by table, row and column', { timeout: 300_000 }, async () => {
    const all = await columns();
    const empty: string[] = [];
    for (const table of toldTables) {
      // One row of the table in which every column but those of the key is another, and one of which the key is.
      const ofTable = all.filter((column) => column.table === table);
      const values = ofTable.filter(({ isKey }) => !isKey);
      const { rows } = await owner.query<{ filled: string[] }>(
        `SELECT ARRAY(SELECT name FROM unnest($1::text[]) AS name WHERE (to_jsonb(kept)->>name) IS NOT NULL) AS filled
           FROM ${table} AS kept ORDER BY ctid LIMIT 1`,
        [values.map(({ column }) => column)],
      );
      if (!rows[0]) {
        empty.push(table);
        continue;
      }
      const filled = rows[0].filled;
      const set = values
        .filter(({ column }) => filled.includes(column))
        .map(({ column, type }) => `${column} = ${nearBy[type]?.(column) ?? `'no way to change ${type}'`}`);
      await change(`CREATE TABLE kept_aside AS SELECT * FROM ${table}`);
      const found = await differingAfter(set, table);
      const key = ofTable.filter(({ isKey }) => isKey).map(({ column }) => column);
      expect(found.map((row) => [row.table, row.what, Object.keys(row.key), row.columns.toSorted()])).toEqual(
        set.length > 0 ? [[table, 'other', key, filled.toSorted()]] : [],
      );
      await change(`TRUNCATE ${table}; INSERT INTO ${table} SELECT * FROM kept_aside`);
      const [last] = ofTable.filter(({ isKey, column }) => isKey && column !== 'shard_id').toReversed();
      await change(`UPDATE ${table} SET ${last?.column} = ${nearBy[last?.type ?? '']?.(last?.column ?? '')}
                     WHERE ctid = (SELECT max(ctid) FROM ${table})`);
      expect((await differing()).map(({ table: name, what }) => `${name} ${what}`).toSorted()).toEqual([
        `${table} extra`,
        `${table} missing`,
      ]);
      await change(`TRUNCATE ${table}; INSERT INTO ${table} SELECT * FROM kept_aside; DROP TABLE kept_aside`);
    }
    expect(empty).toEqual([]);
    expect(await differing()).toEqual([]);
  });
});
