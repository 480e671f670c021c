import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';

import { createPool, withOptions } from '../database/database.js';
import { roleName } from '../database/roles.js';
import { AuditError } from '../errors/audit-error.js';
import type { Logger } from '../logging/logger.js';
import { DataFolder } from './data-folder.js';
import { startEmbeddedPostgres } from './embedded-postgres.js';
import { findPostmaster } from './postmaster.js';
import type { Pool } from 'pg';

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
  const folder = path.resolve(where.folder);
  const directory = path.join(folder, 'postgres');
  if (!(await stat(directory).catch(() => undefined))) {
    throw new AuditError('data-folder-unusable', `The data folder ${folder} holds no database.`, {
      remedy: 'Name the data folder of the service with --data, or its database with DATABASE_URL.',
    });
  }
  const running = await findPostmaster(directory);
  if (running) {
    const password = (await readFile(path.join(folder, 'postgres.password'), 'utf8')).trim();
    return visit(asReader(`postgresql://initledger:${password}@127.0.0.1:${running.port}/initledger`), () =>
      Promise.resolve(),
    );
  }
  const held = await DataFolder.open(folder);
  const server = await startEmbeddedPostgres(held, { logger });
  return visit(asReader(server.adminUrl), async () => {
    await server.stop();
    await held.close();
  });
}

const asReader = (url: string): string => withOptions(url, `-c role=${roleName('api')}`);

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
