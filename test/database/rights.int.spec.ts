import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { databaseRoles, type DatabaseRole } from '#libs/platform';
import { freshDatabase, withClient, type FreshDatabase } from '#testing/platform';

import {
  buildRights,
  functionRights,
  partitionRights,
  queueRights,
  schemaRights,
  tableRights,
  verbs,
  type Right,
  type TableRights,
  type Verb,
} from './rights.js';

/** Somebody who may log in and is none of the roles: what everybody may do, each role may. */
const stranger = `stranger_${randomUUID().slice(0, 8)}`;
const callers = [...databaseRoles, 'stranger'] as const;
type Caller = (typeof callers)[number];

type Column = Readonly<{ name: string; type: string }>;
type Table = Readonly<{ schema: string; name: string; part: boolean; columns: readonly Column[] }>;

let database: FreshDatabase;
let tables: Table[];
let clients: Record<Caller, Client>;

beforeAll(async () => {
  database = await freshDatabase();
  await database.database.ingest.query(`SELECT make_partition('event', now())`);
  await database.database.projection.query(`SELECT make_partition('act_event', now())`);
  for (const model of readModels()) await database.database.projection.query('SELECT begin_read_model($1)', [model]);
  await withClient(database.adminUrl, async (client) => {
    const { password } = inject('postgres');
    await client.query(`CREATE ROLE ${stranger} LOGIN PASSWORD ${client.escapeLiteral(password)}`);
    tables = (await client.query<Table>(TABLES)).rows;
  });
  const url = new URL(database.urls.api);
  url.username = stranger;
  const connect = async (connectionString: string): Promise<Client> => {
    const client = new Client({ connectionString });
    await client.connect();
    return client;
  };
  const { recorder, projector, api } = database.urls;
  clients = {
    recorder: await connect(recorder),
    projector: await connect(projector),
    api: await connect(api),
    stranger: await connect(url.href),
  };
});

afterAll(async () => {
  await Promise.all(Object.values(clients).map((client) => client.end()));
  await withClient(inject('postgres').adminUrl, (client) => client.query(`DROP ROLE ${stranger}`));
  await database.close();
});

const TABLES = `
  SELECT nspname AS schema, relname AS name, relispartition AS part,
         (SELECT json_agg(json_build_object('name', quote_ident(attname), 'type', format_type(atttypid, atttypmod)) ORDER BY attnum)
            FROM pg_attribute WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped) AS columns
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
   WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND nspname !~ '^pg_' AND nspname <> 'information_schema'
   ORDER BY nspname, relname`;

/** What the projector alone may empty, and have made beside what is in force. */
function readModels(): string[] {
  return Object.keys(tableRights).filter((name) => tableRights[name]?.projector?.includes('TRUNCATE'));
}

/** What the database says to a statement of this caller, of which nothing stays. */
async function said(caller: Caller, sql: string): Promise<string> {
  const client = clients[caller];
  await client.query('BEGIN');
  try {
    await client.query(sql);
    return 'done';
  } catch (error) {
    return (error as Error).message;
  } finally {
    await client.query('ROLLBACK');
  }
}

const isRefusal = (answer: string): boolean => /^permission denied for (?!function)|^must be owner of/u.test(answer);

/** One statement for each verb and column: rights can be given by the column. No row is met, for rights are looked at before rows are. */
function attempts({ schema, name, columns }: Table, verb: Verb): string[] {
  const table = `${schema}."${name}"`;
  switch (verb) {
    case 'SELECT':
      return columns.map((column) => `SELECT ${column.name} FROM ${table} LIMIT 0`);
    case 'INSERT':
      return columns.map(
        (column) => `INSERT INTO ${table} (${column.name}) SELECT NULL::${column.type} WHERE current_date IS NULL`,
      );
    case 'UPDATE':
      return columns.map((column) => `UPDATE ${table} SET ${column.name} = NULL WHERE current_date IS NULL`);
    case 'DELETE':
      return [`DELETE FROM ${table} WHERE current_date IS NULL`];
    case 'TRUNCATE':
      return [`TRUNCATE ${table} CASCADE`];
  }
}

/** The verbs that this caller may do to every column. A verb that is allowed to some columns alone is told with their names. */
async function allowed(caller: Caller, table: Table): Promise<string[]> {
  const found: string[] = [];
  for (const verb of verbs) {
    const answers: string[] = [];
    for (const sql of attempts(table, verb)) answers.push(await said(caller, sql));
    expect(answers.filter((answer) => answer !== 'done' && !isRefusal(answer))).toEqual([]);
    const done = answers.filter((answer) => answer === 'done').length;
    if (done === answers.length) found.push(verb);
    else if (done > 0) {
      const columns = table.columns.filter((_, nth) => answers[nth] === 'done').map(({ name }) => name);
      found.push(`${verb} (${columns.join(', ')})`);
    }
  }
  return found;
}

const wanted = (rights: TableRights, caller: Caller): readonly Right[] =>
  caller === 'stranger' ? [] : (rights[caller] ?? []);

const each = <Value>(record: Readonly<Record<string, Value>>): { name: string; rights: Value; caller: Caller }[] =>
  Object.entries(record).flatMap(([name, rights]) => callers.map((caller) => ({ name, rights, caller })));

describe('the tables', () => {
  it('each have a line in test/database/rights.ts, and each line its table', () => {
    const found = tables.filter(({ schema, part }) => schema === 'public' && !part).map(({ name }) => name);

    expect(found.toSorted()).toEqual(Object.keys(tableRights).toSorted());
  });

  it.each(each(tableRights))('$name: $caller can do exactly what it should', async ({ name, rights, caller }) => {
    const table = tables.find((one) => one.schema === 'public' && one.name === name);
    if (!table) throw new Error(`no migration makes ${name}`);

    expect(await allowed(caller, table)).toEqual(wanted(rights, caller));
  });

  it.each(callers)('that are part of another: %s can do nothing to them', async (caller) => {
    const parts = tables.filter(({ part }) => part);
    expect(parts.map(({ name }) => name.replace(/_\d.*/u, ''))).toEqual(['act_event', 'event']);

    for (const part of parts) expect(await allowed(caller, part)).toEqual(wanted(partitionRights, caller));
  });

  it.each(callers)('of the queue: %s can do exactly what it should', async (caller) => {
    const queue = tables.filter(({ schema }) => schema === 'bullmq');
    expect(queue.length).toBeGreaterThan(3);

    for (const table of queue) expect(await allowed(caller, table)).toEqual(wanted(queueRights, caller));
  });

  it.each(callers)('that are built beside those in force: %s can do exactly what it should', async (caller) => {
    const built = tables.filter(({ schema }) => schema === 'public_next');
    expect(built.map(({ name }) => name)).toEqual(readModels().toSorted());

    for (const table of built)
      expect([table.name, await allowed(caller, table)]).toEqual([table.name, wanted(buildRights, caller)]);
  });

  it('can be referred to, watched by triggers and vacuumed by their owner alone', async () => {
    const { rows } = await withClient(database.adminUrl, (client) =>
      client.query(
        `SELECT DISTINCT oid::regclass::text AS table, privilege_type
           FROM pg_class, aclexplode(relacl)
          WHERE grantee <> relowner AND relkind IN ('r', 'p', 'v', 'm') AND relnamespace::regnamespace::text !~ '^pg_|^information_schema'
            AND privilege_type <> ALL ($1)`,
        [verbs],
      ),
    );

    expect(rows).toEqual([]);
  });
});

describe('the sequences', () => {
  it('are the queue’s, and the projector’s alone', async () => {
    const { rows } = await withClient(database.adminUrl, (client) =>
      client.query<{ name: string }>(
        `SELECT format('%I.%I', schemaname, sequencename) AS name FROM pg_sequences ORDER BY 1`,
      ),
    );
    expect(rows.map(({ name }) => name.split('.')[0])).toEqual(rows.map(() => 'bullmq'));
    expect(rows.length).toBeGreaterThan(0);

    for (const caller of callers) {
      const answers = [];
      for (const { name } of rows) {
        for (const sql of [
          `SELECT nextval('${name}')`,
          `SELECT setval('${name}', 1)`,
          `SELECT last_value FROM ${name}`,
        ])
          answers.push(await said(caller, sql));
      }
      const refused = answers.filter(isRefusal).length;
      expect([caller, refused]).toEqual([caller, caller === 'projector' ? 0 : answers.length]);
    }
  });
});

describe('the functions', () => {
  it('each have a line in test/database/rights.ts, and each line its function', async () => {
    const { rows } = await withClient(database.adminUrl, (client) =>
      client.query<{ signature: string }>(
        `SELECT format('%s(%s)', proname, oidvectortypes(proargtypes)) AS signature
           FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1`,
      ),
    );

    expect(rows.map(({ signature }) => signature).toSorted()).toEqual(Object.keys(functionRights).toSorted());
  });

  it.each(each(functionRights))('$name: $caller may call it or not', async ({ name, rights, caller }) => {
    const answer = await said(caller, call(name));

    const refused = /^permission denied for (function|aggregate)/u.test(answer);
    expect({ refused, answer }).toEqual({ refused: caller === 'stranger' || !rights.includes(caller), answer });
  });
});

describe('the schemas', () => {
  it('each have a line in test/database/rights.ts', async () => {
    const { rows } = await withClient(database.adminUrl, (client) =>
      client.query<{ name: string }>(
        `SELECT nspname AS name FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'`,
      ),
    );

    expect(rows.map(({ name }) => name).toSorted()).toEqual(Object.keys(schemaRights).toSorted());
  });

  it.each(each(schemaRights))('$name: $caller may make things there or not', async ({ name, rights, caller }) => {
    const answers = [
      await said(caller, `CREATE TABLE ${name}.mine (n int)`),
      await said(caller, `CREATE FUNCTION ${name}.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'`),
      await said(caller, `CREATE VIEW ${name}.mine AS SELECT 1 AS one`),
    ];

    const mayMake = caller !== 'stranger' && rights[caller] === 'make';
    expect(answers.map((answer) => answer === 'done')).toEqual([mayMake, mayMake, mayMake]);
    expect(answers.filter((answer) => answer !== 'done' && !isRefusal(answer))).toEqual([]);
  });
});

describe.each(callers)('%s', (caller) => {
  it.each(databaseRoles.filter((role) => role !== caller))('may not act as %s', async (role: DatabaseRole) => {
    expect(await said(caller, `SET ROLE initledger_${role}`)).toMatch(/^permission denied to set role/u);
  });

  it('may not change roles, tables or triggers', async () => {
    const answers: string[] = [];
    for (const sql of [
      'CREATE ROLE more',
      'ALTER TABLE event DISABLE TRIGGER ALL',
      'DROP TRIGGER append_only ON event',
      'DROP TABLE event',
      'ALTER TABLE shard_head ADD COLUMN more int',
      'SET session_replication_role = replica',
      `CREATE OR REPLACE FUNCTION public.refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'`,
    ]) {
      answers.push(await said(caller, sql));
    }

    expect(answers.filter((answer) => !/^permission denied|^must be owner/u.test(answer))).toEqual([]);
  });
});

/** A call with nothing but nulls. They come from a row, for a call of constants could be answered without being made. */
function call(signature: string): string {
  const [, name, types = ''] = /^(\w+)\((.*)\)$/u.exec(signature) ?? [];
  const nulls = types.split(', ').filter((type) => type !== '');
  if (nulls.length === 0) return `SELECT ${name}()`;
  const row = nulls.map((type, nth) => `NULL::${type} AS a${nth}`).join(', ');
  const variadic = signature.endsWith('[])') ? 'VARIADIC ' : '';
  return `SELECT ${name}(${variadic}${nulls.map((_type, nth) => `a${nth}`).join(', ')}) FROM (SELECT ${row} OFFSET 0) AS nulls`;
}
