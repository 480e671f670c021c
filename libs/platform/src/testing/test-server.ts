import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { Client } from 'pg';

import { makeLogins } from '../database/logins.js';
import { migrate } from '../database/migrate.js';
import { databaseRoles, roleName } from '../database/roles.js';
import { migrateQueue } from '../queue/migrate-queue.js';
import { DataFolder } from '../embedded/data-folder.js';
import { startEmbeddedPostgres } from '../embedded/embedded-postgres.js';
import { findPostmaster, stopPostmaster } from '../embedded/postmaster.js';
import { silentLogger } from '../logging/logger.js';

/** The one server of a test run. `template` is a migrated database, to be copied and never used itself. */
export type TestServer = Readonly<{ adminUrl: string; password: string; template: string }>;

declare module 'vitest' {
  interface ProvidedContext {
    postgres: TestServer;
  }
}

/** The user who is everything but owner. */
export const TEST_LOGIN = 'initledger_test_login';

/** Durability is not what most tests are about, and a crash of this server loses nothing anybody wants. */
const FAST = [
  'fsync=off',
  'full_page_writes=off',
  'synchronous_commit=off',
  'max_connections=200',
  'max_wal_size=512MB',
];

/** Starts a server in a folder of its own, or uses the one at `url`, and makes the template there. */
export async function startTestServer(
  url: string | undefined,
): Promise<{ server: TestServer; stop: () => Promise<void> }> {
  const { adminUrl, password, stop } = url ? given(url) : await embedded();
  const template = `initledger_template_${process.pid}`;
  try {
    await withClient(adminUrl, (client) => client.query(`CREATE DATABASE ${template}`));
    await withClient(inDatabase(adminUrl, template), async (client) => {
      await migrate(client);
      await migrateQueue(client);
      await makeLogins(client, adminUrl, password);
      await makeTestLogin(client, password);
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    server: { adminUrl, password, template },
    stop: async () => {
      await withClient(adminUrl, (client) => client.query(`DROP DATABASE ${template}`));
      await stop();
    },
  };
}

/** Recorder, projector and api at once, for tests that are not about rights. */
async function makeTestLogin(client: Client, password: string): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [TEST_LOGIN]);
  const verb = rowCount === 0 ? 'CREATE' : 'ALTER';
  await client.query(`${verb} ROLE ${TEST_LOGIN} LOGIN PASSWORD ${client.escapeLiteral(password)}`);
  await client.query(`GRANT ${databaseRoles.map(roleName).join(', ')} TO ${TEST_LOGIN}`);
}

type Started = Readonly<{ adminUrl: string; password: string; stop: () => Promise<void> }>;

function given(url: string): Started {
  return { adminUrl: url, password: new URL(url).password, stop: () => Promise.resolve() };
}

const PREFIX = 'initledger-test-';

async function embedded(): Promise<Started> {
  await removeAbandoned();
  const folder = await DataFolder.open(await mkdtemp(path.join(tmpdir(), PREFIX)));
  const { adminUrl, password, stop } = await startEmbeddedPostgres(folder, { logger: silentLogger, settings: FAST });
  return {
    adminUrl,
    password,
    stop: async () => {
      await stop();
      await folder.remove();
    },
  };
}

/** A run that was killed leaves its server running; the next one cleans up after it, as far as it may. */
async function removeAbandoned(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(PREFIX));
  for (const name of names) {
    try {
      const folder = await DataFolder.open(path.join(tmpdir(), name));
      const server = await findPostmaster(path.join(folder.path, 'postgres'));
      if (server) await stopPostmaster(server);
      await folder.remove();
    } catch {
      // In use by a run that lives, or somebody else's.
    }
  }
}

/** `url` with another database. */
export function inDatabase(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}

/** Runs `work` on a connection of its own. */
export async function withClient<Result>(url: string, work: (client: Client) => Promise<Result>): Promise<Result> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
