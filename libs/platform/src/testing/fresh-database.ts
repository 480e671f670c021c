import { randomUUID } from 'node:crypto';

import type { Pool } from 'pg';
import { inject } from 'vitest';

import { createPool, Database, type DatabaseUrls } from '../database/database.js';
import { migrate } from '../database/migrate.js';
import { readMigrations } from '../database/migrations.js';
import { databaseRoles, roleName } from '../database/roles.js';
import { inDatabase, TEST_LOGIN, withClient, type TestServer } from './test-server.js';

/** A migrated, empty database of the test's own. */
export type FreshDatabase = Readonly<{
  /** As a user who is recorder, projector and api at once. */
  url: string;
  /** As the owner, who may change tables. */
  adminUrl: string;
  /** As each role alone. */
  urls: DatabaseUrls;
  /** A pool on `url`, closed by `close`. */
  pool: Pool;
  /** The pools of a process, closed by `close`. */
  database: Database;
  /** Closes its pools and drops the database, whoever is still connected. */
  close: () => Promise<void>;
}>;

/** Copies the run's migrated template, which takes some 50 ms. Needs `test/support/postgres.ts` as globalSetup. */
export function freshDatabase(): Promise<FreshDatabase> {
  return makeDatabase(`TEMPLATE ${inject('postgres').template} STRATEGY file_copy`);
}

/** An empty database as an earlier version left it, whose last migration was `last`; `upgrade` brings it to this version. */
export async function earlierDatabase(
  last: string,
): Promise<FreshDatabase & Readonly<{ upgrade: () => Promise<void> }>> {
  const database = await makeDatabase('TEMPLATE template0');
  const all = await readMigrations();
  const known = all.slice(0, all.findIndex(({ name }) => name === last) + 1);
  if (known.length === 0) throw new Error(`there is no migration ${last}`);
  await withClient(database.adminUrl, (client) => migrate(client, known));
  return {
    ...database,
    upgrade: () => withClient(database.adminUrl, async (client) => void (await migrate(client))),
  };
}

async function makeDatabase(how: string): Promise<FreshDatabase> {
  const server = inject('postgres');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await withClient(server.adminUrl, (client) => client.query(`CREATE DATABASE ${name} ${how}`));
  const adminUrl = inDatabase(server.adminUrl, name);
  const url = withUser(adminUrl, TEST_LOGIN, server);
  const urls = Object.fromEntries(
    databaseRoles.map((role) => [role, withUser(adminUrl, `${roleName(role)}_login`, server)]),
  ) as DatabaseUrls;
  const pool = createPool(url, { name: 'test', max: 8, statementTimeoutMs: 60_000 });
  const database = new Database(urls);
  return {
    url,
    adminUrl,
    urls,
    pool,
    database,
    close: async () => {
      await Promise.all([pool.end(), database.close()]);
      await withClient(server.adminUrl, (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`));
    },
  };
}

function withUser(url: string, user: string, { password }: TestServer): string {
  const other = new URL(url);
  other.username = user;
  other.password = password;
  return other.href;
}
