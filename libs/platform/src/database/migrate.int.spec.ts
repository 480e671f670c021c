import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';

import { freshDatabase, inDatabase, withClient, type FreshDatabase } from '#testing/platform';

import { silentLogger } from '../logging/logger.js';
import { migrate } from './migrate.js';
import { readMigrations, type Migration } from './migrations.js';
import { prepareDatabase } from './prepare-database.js';

const migration = (name: string, sql: string): Migration => ({ name, sql, checksum: `sum of ${sql}` });

describe('migrate', () => {
  const server = inject('postgres');
  let base: string;
  let url: string;

  beforeEach(async () => {
    base = `migrate_${randomUUID().replaceAll('-', '')}`;
    url = inDatabase(server.adminUrl, base);
    await withClient(server.adminUrl, (client) => client.query(`CREATE DATABASE ${base}`));
    return () => withClient(server.adminUrl, (client) => client.query(`DROP DATABASE ${base} WITH (FORCE)`));
  });

  const run = (migrations: readonly Migration[], as = url): Promise<readonly string[]> =>
    withClient(as, (client) => migrate(client, migrations));

  it('applies each migration once, in order', async () => {
    const first = migration('0001_a', 'CREATE TABLE a (n int)');
    const second = migration('0002_b', 'CREATE TABLE b AS SELECT n FROM a');

    expect(await run([first])).toEqual(['0001_a']);
    expect(await run([first, second])).toEqual(['0002_b']);
    expect(await run([first, second])).toEqual([]);
  });

  it('is done once by processes that start together', async () => {
    const migrations = await readMigrations();

    const applied = await Promise.all([run(migrations), run(migrations), run(migrations)]);

    expect(applied.flat()).toEqual(migrations.map(({ name }) => name));
  });

  it('leaves nothing of a migration that fails', async () => {
    const broken = migration('0001_a', 'CREATE TABLE a (n int); CREATE TABLE a (n int)');

    await expect(run([broken])).rejects.toMatchObject({ code: '42P07' });

    expect(await run([migration('0001_a', 'CREATE TABLE a (n int)')])).toEqual(['0001_a']);
  });

  it('refuses a database of a newer version', async () => {
    await run([migration('0001_a', 'SELECT 1'), migration('0002_b', 'SELECT 1')]);

    await expect(run([migration('0001_a', 'SELECT 1')])).rejects.toMatchObject({
      code: 'database-newer',
      message: expect.stringContaining('0002_b'),
    });
  });

  it('refuses a database that was made with other contents', async () => {
    await run([migration('0001_a', 'SELECT 1')]);

    await expect(run([migration('0001_a', 'SELECT 2')])).rejects.toMatchObject({ code: 'database-changed' });
  });

  it('refuses a database in which prisma left a migration half done', async () => {
    await run([migration('0001_a', 'SELECT 1')]);
    await withClient(url, (client) => client.query('UPDATE _prisma_migrations SET finished_at = NULL'));

    await expect(run([migration('0001_a', 'SELECT 1')])).rejects.toMatchObject({
      code: 'database-changed',
      remedy: expect.stringContaining('prisma migrate resolve'),
    });
  });

  it('tells a user who may not migrate what to run, by name', async () => {
    const api = new URL(url);
    api.username = 'initledger_api_login';
    api.password = server.password;

    await expect(run([migration('0001_a', 'CREATE TABLE a (n int)')], api.href)).rejects.toMatchObject({
      code: 'database-rights-missing',
      remedy: expect.stringContaining('GRANT CREATE ON SCHEMA public TO initledger_api_login;'),
    });
  });

  it('knows when the database does not answer, and says which one without its password', async () => {
    const nowhere = 'postgresql://me:secret@127.0.0.1:1/none';

    const refused = prepareDatabase({ url: nowhere, patienceMs: 300, logger: silentLogger });

    await expect(refused).rejects.toMatchObject({
      code: 'database-unreachable',
      message: expect.stringMatching(
        /^The database postgresql:\/\/me@127\.0\.0\.1:1\/none does not answer: .*ECONNREFUSED/u,
      ),
    });
  });

  it('gives a process whose one user is the owner the three roles, each with its own rights', async () => {
    const urls = await prepareDatabase({ url, logger: silentLogger });

    const who = await Promise.all(
      [urls.recorder, urls.projector, urls.api].map((each) =>
        withClient(each, (client) => client.query<{ name: string }>('SELECT current_user AS name')),
      ),
    );

    expect(who.map(({ rows }) => rows[0]?.name)).toEqual([
      'initledger_recorder',
      'initledger_projector',
      'initledger_api',
    ]);
  });
});

describe('a database of this version', () => {
  let database: FreshDatabase;

  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(() => database.close());

  it('lets a process start whose user may change nothing', async () => {
    const urls = await prepareDatabase({ url: database.urls.recorder, logger: silentLogger });

    const { rows } = await withClient(urls.recorder, (client) => client.query('SELECT current_user AS name'));
    expect(rows).toEqual([{ name: 'initledger_recorder' }]);
  });

  it('has the ledger that prisma migrate deploy would have written', async () => {
    const ledger = await withClient(database.adminUrl, (client) =>
      client.query('SELECT migration_name, checksum, applied_steps_count FROM _prisma_migrations ORDER BY started_at'),
    );

    expect(ledger.rows).toEqual(
      (await readMigrations()).map(({ name, checksum }) => ({
        migration_name: name,
        checksum,
        applied_steps_count: 1,
      })),
    );
  });
});
