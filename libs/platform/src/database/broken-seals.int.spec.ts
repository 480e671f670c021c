import { Client, type Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { earlierDatabase, freshDatabase, withClient, type FreshDatabase } from '#testing/platform';

import { brokenSeals } from './broken-seals.js';

type Column = Readonly<{ name: string; type: string; nullable: boolean; sealed: boolean }>;
type Table = Readonly<{ name: string; columns: readonly Column[] }>;

/** A value of each type that is in a sealed table, and another that differs in as little as can be. */
const values: Readonly<Record<string, readonly [string, string]>> = {
  integer: ['7', '6'],
  bigint: ['7', '6'],
  'integer[]': [`'{1}'`, `'{0}'`],
  boolean: ['true', 'false'],
  'text[]': [`'{text}'`, `'{texu}'`],
  text: [`'text'`, `'texu'`],
  'character varying(36)': [`'text'`, `'texu'`],
  'character varying(64)': [`'text'`, `'texu'`],
  'character varying(255)': [`'text'`, `'texu'`],
  uuid: [`'00000000-0000-4000-8000-000000000001'`, `'00000000-0000-4000-8000-000000000000'`],
  json: [`'{"a":1}'`, `'{"a": 1}'`],
  jsonb: [`'{"a":1}'`, `'{"a":0}'`],
  bytea: [`'\\x${'01'.repeat(32)}'`, `'\\x${'01'.repeat(31)}00'`],
  'bytea[]': [`ARRAY['\\x01', '\\x02']::bytea[]`, `ARRAY['\\x01', '\\x03']::bytea[]`],
  'timestamp with time zone': [`'2026-11-25T10:00:00.000001Z'`, `'2026-11-25T10:00:00.000000Z'`],
  'double precision': ['0.1', '0.10000000000000002'],
};

let database: FreshDatabase;
let session: Client;
let tables: readonly Table[];
beforeAll(async () => {
  database = await freshDatabase();
  session = new Client({ connectionString: database.adminUrl });
  await session.connect();
  await session.query('SET timezone = UTC');
  const { rows } = await session.query<Table>(
    `SELECT sealed::text AS name,
              (SELECT json_agg(json_build_object('name', attname, 'type', format_type(atttypid, atttypmod), 'nullable', NOT attnotnull,
                                                'sealed', attname <> ALL (but)) ORDER BY attnum)
                 FROM pg_attribute WHERE attrelid = sealed AND attnum > 0 AND NOT attisdropped AND attname <> 'seals') AS columns
         FROM sealed_tables()`,
  );
  tables = rows;
});
afterAll(async () => {
  await session.end();
  await database.close();
});

const other = ({ name, type }: Column): string => {
  const [, value] = values[type] ?? [];
  if (value === undefined) throw new Error(`${name} is of type ${type}: say which values this test writes`);
  return value;
};

/** In a session of the service, then in another one, of which nothing stays. */
async function inTurn(service: string, stranger: string): Promise<Awaited<ReturnType<typeof brokenSeals>>> {
  await session.query('BEGIN');
  try {
    await session.query(`SET LOCAL application_name = 'initledger-test'; ${service}`);
    // Not even triggers hold back who owns the tables.
    await session.query(
      `SET LOCAL application_name = 'psql'; SET LOCAL session_replication_role = replica; ${stranger}`,
    );
    return await brokenSeals(session as unknown as Pool);
  } finally {
    await session.query('ROLLBACK');
  }
}

const inserted = ({ name, columns }: Table): string =>
  `INSERT INTO ${name} (${columns.map((column) => column.name).join(', ')})
   VALUES (${columns.map(({ type }) => values[type]?.[0] ?? 'NULL').join(', ')})`;

async function keyOf(name: string): Promise<readonly string[]> {
  const { rows } = await session.query<{ key: string[] }>('SELECT key_columns($1) AS key', [name]);
  return rows[0]?.key ?? [];
}

/** Of the rows of the table the one that `inserted` makes. */
const isThis = ({ columns }: Table, key: readonly string[]): string =>
  columns
    .filter(({ name }) => key.includes(name))
    .map(({ name, type }) => `${name}::text = (${values[type]?.[0]}::${type})::text`)
    .join(' AND ');

describe('rows that the service wrote', () => {
  it('are as it wrote them', async () => {
    expect(tables.length).toBeGreaterThan(15);
    expect(await inTurn(tables.map(inserted).join('; '), 'SELECT 1')).toEqual([]);
  });

  it('cannot be changed in any column without that being found, by table, row and column', async () => {
    for (const table of tables) {
      for (const column of table.columns.filter(({ sealed }) => sealed)) {
        const blanks = column.type === 'json' ? [`'{"a":1} '`, `E'\\n{"a":1}'`] : [];
        const changes = [other(column), ...blanks, ...(column.nullable ? ['NULL'] : [])];
        for (const change of changes) {
          const found = await inTurn(
            inserted(table),
            `UPDATE ${table.name} SET ${column.name} = ${change} WHERE seals IS NOT NULL AND ${column.name}::text = (${values[column.type]?.[0]}::${column.type})::text`,
          );
          expect({ change, found }).toEqual({
            change,
            found: [{ table: table.name, key: expect.any(Object), columns: [column.name] }],
          });
        }
      }
    }
  }, 300_000);

  it('are found where the seals themselves were changed, or another made the row', async () => {
    for (const table of tables) {
      const changed = await inTurn(
        inserted(table),
        `UPDATE ${table.name} SET seals = seals || '{"more": "1"}' WHERE seals IS NOT NULL`,
      );
      expect(changed.map(({ table: name, columns }) => [name, columns])).toContainEqual([table.name, ['more']]);
    }
    expect(await inTurn('SELECT 1', `INSERT INTO restated (shard_id, up_to) VALUES (3, 4)`)).toEqual([
      { table: 'restated', key: { shard_id: 3 }, columns: null },
    ]);
  });

  it('say nothing of what the migrations of another program tell of themselves', async () => {
    expect(
      await inTurn('SELECT 1', `INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ('1', '2', '3')`),
    ).toEqual([]);
  });

  it('are found although the service wrote them again afterwards, but not what it wrote itself', async () => {
    const found = await inTurn(
      `INSERT INTO shard_head (shard_id, epoch, size, recorded_at) VALUES (1, 1, 0, now());
       SET LOCAL application_name = 'psql';
       UPDATE shard_head SET watch_epoch = 5;
       SET LOCAL application_name = 'initledger-test';
       UPDATE shard_head SET epoch = 2;
       UPDATE shard_head SET watch_epoch = watch_epoch + 1`,
      'SELECT 1',
    );

    expect(found).toEqual([{ table: 'shard_head', key: { shard_id: 1 }, columns: ['watch_epoch'] }]);
  });

  it('of an earlier version are sealed as they stand, and what may not be changed still may not', async () => {
    const earlier = await earlierDatabase('0021_receiver_names');
    try {
      await earlier.pool.query(`INSERT INTO restated (shard_id, up_to) VALUES (1, 1)`);
      await earlier.pool.query(`INSERT INTO checkpoint_key (shard_id, vkey) VALUES (1, 'key')`);
      await earlier.upgrade();

      expect(await brokenSeals(earlier.pool)).toEqual([]);
      const { rows } = await earlier.pool.query(
        'SELECT seals FROM restated UNION ALL SELECT seals FROM checkpoint_key',
      );
      expect(rows.map(({ seals }) => Object.keys(seals as object))).toEqual([
        ['up_to', 'shard_id', 'restated_at'],
        ['vkey', 'first_at', 'shard_id'],
      ]);
      await withClient(earlier.adminUrl, (client) =>
        expect(client.query(`UPDATE checkpoint_key SET vkey = 'another'`)).rejects.toThrow(/append-only/u),
      );
    } finally {
      await earlier.close();
    }
  });

  it('cannot be deleted, or brought back as they were once, without that being found', async () => {
    for (const table of tables) {
      const key = await keyOf(table.name);
      const gone = await inTurn(inserted(table), `DELETE FROM ${table.name} WHERE ${isThis(table, key)}`);
      const again = await inTurn(
        inserted(table),
        `DELETE FROM row_seal
          WHERE name = '${table.name}'
            AND key = (SELECT row_key(key_columns('${table.name}'), to_jsonb(kept)) FROM ${table.name} AS kept WHERE ${isThis(table, key)})`,
      );
      expect([table.name, gone, again.map(({ table: name, says }) => [name, says])]).toEqual([
        table.name,
        [
          {
            table: table.name,
            key: expect.any(Object),
            columns: [],
            says: 'the row is gone, and the service did not delete it',
          },
        ],
        [[table.name, 'the service wrote the row once, and does not know that it is there']],
      ]);
      expect(Object.keys(gone[0]?.key ?? {}).toSorted()).toEqual(key.toSorted());
    }
  }, 120_000);

  it('are found where what is noted of one is noted of another row', async () => {
    for (const table of tables) {
      const key = await keyOf(table.name);
      const moved = await inTurn(
        inserted(table),
        `UPDATE row_seal SET key = jsonb_build_array(key)
          WHERE name = '${table.name}'
            AND key = (SELECT row_key(key_columns('${table.name}'), to_jsonb(kept)) FROM ${table.name} AS kept WHERE ${isThis(table, key)})`,
      );
      expect(moved.map(({ table: name, says }) => [name, says])).toContainEqual([
        table.name,
        'the service wrote the row once, and does not know that it is there',
      ]);
    }
  }, 120_000);

  it('are found where a row is there again as the service wrote it earlier, by column', async () => {
    const older = await inTurn(
      `INSERT INTO restated (shard_id, up_to, restated_at) VALUES (1, 1, '2026-11-25T10:00:00Z');
       CREATE TEMP TABLE older ON COMMIT DROP AS SELECT * FROM restated;
       UPDATE restated SET up_to = 5`,
      `UPDATE restated SET up_to = older.up_to, seals = older.seals FROM older`,
    );
    const deleted = await inTurn(
      `INSERT INTO quarantine (shard_id, name, stream_id, position, recorded_at, error)
         VALUES (1, 'name', '00000000-0000-4000-8000-000000000001', 3, '2026-11-25T10:00:00Z', 'text');
       CREATE TEMP TABLE older ON COMMIT DROP AS SELECT * FROM quarantine;
       DELETE FROM quarantine`,
      `INSERT INTO quarantine SELECT * FROM older`,
    );
    const noted = await inTurn(
      'SELECT 1',
      `INSERT INTO row_seal (shard_id, name, key, seals) VALUES (1, 'nothing', '{"shard_id":1}', '{}')`,
    );

    expect(older).toEqual([
      {
        table: 'restated',
        key: { shard_id: 1 },
        columns: ['up_to'],
        says: 'the service wrote other things there since',
      },
    ]);
    expect(deleted.map(({ table, says }) => [table, says])).toEqual([
      ['quarantine', 'the service wrote the row once, and does not know that it is there'],
    ]);
    expect(noted.map(({ table, says }) => [table, says])).toEqual([['row_seal', 'it is of a row of no table']]);
  });

  it('are sealed anew as they stand where the service is told to', async () => {
    const found = await inTurn(
      `INSERT INTO restated (shard_id, up_to) VALUES (1, 1);
       SET LOCAL application_name = 'psql';
       UPDATE restated SET up_to = 5;
       SET LOCAL application_name = 'initledger-repair';
       UPDATE restated SET seals = '{}'`,
      'SELECT 1',
    );

    expect(found).toEqual([]);
  });
});
