import { setTimeout as sleep } from 'node:timers/promises';

import { Client } from 'pg';

import { isAuditError } from '../errors/audit-error.js';
import type { Logger } from '../logging/logger.js';
import { migrateQueue } from '../queue/migrate-queue.js';
import { databaseUnreachable, errorCode, isConnectionError, shownUrl } from './database-errors.js';
import { inRole, type DatabaseUrls } from './database.js';
import { migrate } from './migrate.js';
import { databaseRoles, roleName, type DatabaseRole } from './roles.js';

/** Which database to prepare, and how long to wait for it: it may be starting beside us. */
export type Preparation = Readonly<{
  url: string;
  /** The same database as its owner; unless given, `url` is used for migrations too. */
  adminUrl?: string | undefined;
  patienceMs?: number;
  logger: Logger;
  /** Ends the wait. */
  stopping?: AbortSignal | undefined;
}>;

const PATIENCE_MS = 60_000;

/**
 * Waits for a database that people gave us, brings it to this version, and says how each role gets there: through the
 * given user, who takes the role where that is granted.
 *
 * @throws AuditError `database-unreachable` after the wait, and what `migrate` throws
 */
export async function prepareDatabase(preparation: Preparation): Promise<DatabaseUrls> {
  const { url, adminUrl = url, logger } = preparation;
  const admin = await connectPatiently(adminUrl, preparation);
  try {
    const applied = await migrate(admin);
    await migrateQueue(admin);
    if (applied.length > 0) logger.info({ migrations: applied }, 'migrated the database');
  } finally {
    await admin.end();
  }
  const roles = await Promise.all(
    databaseRoles.map(async (role) => [role, await urlOfRole(url, role, logger)] as const),
  );
  return Object.fromEntries(roles) as DatabaseUrls;
}

/** A connection, tried for as long as only the way to the server is what fails. Wrong passwords fail at once. */
export async function connectPatiently(
  url: string,
  { patienceMs = PATIENCE_MS, logger, stopping }: Pick<Preparation, 'patienceMs' | 'logger' | 'stopping'>,
): Promise<Client> {
  const giveUpAt = Date.now() + patienceMs;
  for (let pauseMs = 250; ; pauseMs = Math.min(pauseMs * 2, 5_000)) {
    try {
      return await connect(url);
    } catch (error) {
      if (!isConnectionError(error) || Date.now() + pauseMs > giveUpAt) throw databaseUnreachable(url, error);
      logger.warn({ error, database: shownUrl(url), retryInMs: pauseMs }, 'database did not answer');
    }
    await sleep(pauseMs, undefined, { signal: stopping });
  }
}

async function connect(url: string): Promise<Client> {
  const client = new Client({
    connectionString: url,
    application_name: 'initledger-start',
    connectionTimeoutMillis: 10_000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

async function urlOfRole(url: string, role: DatabaseRole, logger: Logger): Promise<string> {
  const urlInRole = inRole(url, role);
  try {
    await (await connect(urlInRole)).end();
    return urlInRole;
  } catch (error) {
    // 42501 or 22023: this user may not take that role, or the server does not know it. Its own rights must do, then.
    if (isAuditError(error) || !['42501', '22023'].includes(errorCode(error) ?? ''))
      throw databaseUnreachable(url, error);
    logger.debug({ role: roleName(role) }, 'database user may not take the role');
    return url;
  }
}
