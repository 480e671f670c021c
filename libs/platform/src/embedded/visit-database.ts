import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';

import { createPool, inRole, inSchemas, withOptions } from '../database/database.js';
import { readMigrations } from '../database/migrations.js';
import { AuditError } from '../errors/audit-error.js';
import type { Logger } from '../logging/logger.js';
import { DataFolder } from './data-folder.js';
import { startEmbeddedPostgres } from './embedded-postgres.js';
import { findPostmaster } from './postmaster.js';
import type { Pool } from 'pg';

/** A database in which something is done: as the projector, the author of acts, and as the owner of the tables. */
export type EnteredDatabase = Readonly<{
  pool: Pool;
  owner: Pool;
  /** Sessions of the projector that look for tables in these schemas, in this order. Whoever asks for them ends them. */
  poolIn: (schemas: readonly string[]) => Pool;
  leave: () => Promise<void>;
}>;

/** A database that is only looked at: it stays as it is, of whatever version. `leave` closes the connections. */
export type VisitedDatabase = Readonly<{ pool: Pool; leave: () => Promise<void> }>;

/**
 * Reads the database at `url`, or that of a data folder: by the server of the service that runs there, else by one that is started for as
 * long as the visit lasts. Every transaction is read-only.
 *
 * @throws AuditError `data-folder-unusable` where the folder holds no database, and what starting one throws
 */
export async function visitDatabase(
  where: Readonly<{ url: string } | { folder: string }>,
  logger: Logger,
): Promise<VisitedDatabase> {
  if ('url' in where) return visit(where.url, () => Promise.resolve());
  const { adminUrl, leave } = await reach(where.folder, logger);
  return visit(inRole(adminUrl, 'api'), leave);
}

/**
 * The same database to work in. Of a `url` its user must be the owner of the tables, or one who may take the role of the projector: the
 * owner is needed for little.
 *
 * @throws AuditError `database-version` for a database of another version, and what `visitDatabase` throws
 */
export async function enterDatabase(
  where: Readonly<{ url: string } | { folder: string }>,
  logger: Logger,
): Promise<EnteredDatabase> {
  const { adminUrl, leave } =
    'url' in where ? { adminUrl: where.url, leave: () => Promise.resolve() } : await reach(where.folder, logger);
  const projectorUrl = inRole(adminUrl, 'projector');
  const allowance = { name: 'work', max: 4, statementTimeoutMs: 600_000 };
  const pools = {
    pool: createPool(projectorUrl, allowance),
    owner: createPool(adminUrl, { name: 'owner', max: 1, statementTimeoutMs: 600_000 }),
  };
  const end = async (): Promise<void> => {
    await Promise.all([pools.pool.end(), pools.owner.end()]);
    await leave();
  };
  try {
    await assertVersion(pools.owner);
    const poolIn = (schemas: readonly string[]) => createPool(inSchemas(projectorUrl, schemas), allowance);
    return { ...pools, poolIn, leave: end };
  } catch (error) {
    await end();
    throw error;
  }
}

async function assertVersion(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ name: string }>(
    'SELECT migration_name AS name FROM _prisma_migrations WHERE finished_at IS NOT NULL',
  );
  const applied = new Set(rows.map(({ name }) => name));
  const missing = (await readMigrations()).find(({ name }) => !applied.has(name));
  if (missing)
    throw new AuditError('database-version', `The database has not had migration ${missing.name} yet.`, {
      remedy: 'Start the service of this version once: it brings the database along.',
    });
}

type Reached = Readonly<{ adminUrl: string; leave: () => Promise<void> }>;

/** The server of a data folder: that of the service that runs there, or one that is started until `leave`. */
async function reach(named: string, logger: Logger): Promise<Reached> {
  const folder = path.resolve(named);
  const directory = path.join(folder, 'postgres');
  if (!(await stat(directory).catch(() => undefined))) {
    throw new AuditError('data-folder-unusable', `The data folder ${folder} holds no database.`, {
      remedy: 'Name the data folder of the service with --data, or its database with DATABASE_URL.',
    });
  }
  const running = await findPostmaster(directory);
  if (running) {
    const password = (await readFile(path.join(folder, 'postgres.password'), 'utf8')).trim();
    return {
      adminUrl: `postgresql://initledger:${password}@127.0.0.1:${running.port}/initledger`,
      leave: () => Promise.resolve(),
    };
  }
  const held = await DataFolder.open(folder);
  const server = await startEmbeddedPostgres(held, { logger });
  return {
    adminUrl: server.adminUrl,
    leave: async () => {
      await server.stop();
      await held.close();
    },
  };
}

function visit(url: string, leave: () => Promise<void>): VisitedDatabase {
  const readOnly = withOptions(url, '-c default_transaction_read_only=on');
  const pool = createPool(readOnly, { name: 'visit', max: 4, statementTimeoutMs: 600_000 });
  return {
    pool,
    leave: async () => {
      await pool.end();
      await leave();
    },
  };
}
