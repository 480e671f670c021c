import { randomUUID } from 'node:crypto';

import type { ClientBase } from 'pg';

import { AuditError } from '../errors/audit-error.js';
import { errorCode } from './database-errors.js';
import { readMigrations, type Migration } from './migrations.js';
import { allRoles, createRolesSql } from './roles.js';

/** PostgreSQL releases before this one lack what the migrations use. */
const OLDEST_POSTGRES = 15;

const INSUFFICIENT_PRIVILEGE = '42501';

/** The lock that `prisma migrate deploy` takes too, so that the two never run at once. */
const PRISMA_LOCK = 72_707_369;

const LEDGER_SQL = `
  CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id                  varchar(36)  NOT NULL PRIMARY KEY,
    checksum            varchar(64)  NOT NULL,
    finished_at         timestamptz,
    migration_name      varchar(255) NOT NULL,
    logs                text,
    rolled_back_at      timestamptz,
    started_at          timestamptz  NOT NULL DEFAULT now(),
    applied_steps_count integer      NOT NULL DEFAULT 0
  )`;

type Applied = Readonly<{ migration_name: string; checksum: string; finished_at: Date | null }>;

/**
 * Brings the database to this version: every migration once, in order, each in a transaction of its own, kept in the
 * ledger that `prisma migrate deploy` keeps. Safe to be run by several processes at once.
 *
 * @returns the names of the migrations applied now
 * @throws AuditError `database-too-old`, `database-newer`, `database-changed` or `database-rights-missing`, with the remedy
 */
export async function migrate(client: ClientBase, migrations?: readonly Migration[]): Promise<readonly string[]> {
  const wanted = migrations ?? (await readMigrations());
  await assertPostgresVersion(client);
  const before = await readLedger(client);
  if (pending(before, wanted).length === 0) return [];

  await client.query('SELECT pg_advisory_lock($1)', [PRISMA_LOCK]);
  try {
    await client.query(LEDGER_SQL);
    // Read again under the lock: another process may have been faster.
    const missing = pending(await readLedger(client), wanted);
    if (missing.length > 0) await assertRoles(client);
    for (const migration of missing) await apply(client, migration);
    return missing.map(({ name }) => name);
  } catch (error) {
    if (errorCode(error) === INSUFFICIENT_PRIVILEGE) throw await rightsMissing(client, error);
    throw error;
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [PRISMA_LOCK]).catch(() => undefined);
  }
}

async function assertPostgresVersion(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ version: string }>(`SELECT current_setting('server_version_num') AS version`);
  const major = Math.floor(Number(rows[0]?.version) / 10_000);
  if (major >= OLDEST_POSTGRES) return;
  throw new AuditError('database-too-old', `The database is PostgreSQL ${major}.`, {
    remedy: `Use PostgreSQL ${OLDEST_POSTGRES} or newer.`,
  });
}

async function readLedger(client: ClientBase): Promise<readonly Applied[]> {
  const { rows } = await client.query<{ there: boolean }>(
    `SELECT to_regclass('_prisma_migrations') IS NOT NULL AS there`,
  );
  if (!rows[0]?.there) return [];
  const ledger = await client.query<Applied>(
    `SELECT migration_name, checksum, finished_at
       FROM _prisma_migrations
      WHERE rolled_back_at IS NULL
      ORDER BY started_at, migration_name`,
  );
  return ledger.rows;
}

/** What is still to be applied, after making sure that what was applied is what this version brings. */
function pending(applied: readonly Applied[], wanted: readonly Migration[]): readonly Migration[] {
  for (const { migration_name: name, checksum, finished_at: finishedAt } of applied) {
    const ours = wanted.find((migration) => migration.name === name);
    if (!ours) {
      throw new AuditError(
        'database-newer',
        `The database has the migration ${name}, which this version does not know.`,
        {
          remedy: 'Run the version that made it, or a newer one; a database is never taken back.',
        },
      );
    }
    if (!finishedAt) {
      throw new AuditError('database-changed', `The migration ${name} was begun and not finished.`, {
        remedy: `See what it left behind, then mark it: prisma migrate resolve --rolled-back ${name}`,
      });
    }
    if (ours.checksum !== checksum) {
      throw new AuditError(
        'database-changed',
        `The migration ${name} was applied with other contents than this version brings.`,
        {
          remedy: 'Run the version that the database was made with, or start with an empty database.',
        },
      );
    }
  }
  const names = new Set(applied.map((row) => row.migration_name));
  return wanted.filter(({ name }) => !names.has(name));
}

async function apply(client: ClientBase, { name, sql, checksum }: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    // Whoever connected: what is written here is written by the service.
    await client.query(`SET LOCAL application_name = 'initledger-start'`);
    await client.query(sql);
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, clock_timestamp(), clock_timestamp(), 1)`,
      [randomUUID(), checksum, name],
    );
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** Grants in the migrations need the roles; a user who may not create them is told the statements that do. */
async function assertRoles(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ missing: string[]; may: boolean; who: string }>(
    `SELECT ARRAY(SELECT unnest($1::text[]) EXCEPT SELECT rolname FROM pg_roles) AS missing,
            (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user) AS may,
            quote_ident(current_user) AS who`,
    [allRoles],
  );
  const { missing = [], may = false, who = 'USER' } = rows[0] ?? {};
  if (missing.length === 0 || may) return;
  throw new AuditError(
    'database-rights-missing',
    `The roles ${missing.join(', ')} are missing, and this user may not create them.`,
    {
      remedy: `As a user who may create roles, run:\n${createRolesSql(who)}`,
    },
  );
}

async function rightsMissing(client: ClientBase, cause: unknown): Promise<AuditError> {
  await client.query('ROLLBACK').catch(() => undefined);
  const { rows } = await client.query<{ who: string; schema: string | null; base: string }>(
    `SELECT quote_ident(current_user) AS who, quote_ident(current_schema()) AS schema, quote_ident(current_database()) AS base`,
  );
  const { who = 'USER', schema, base = 'DATABASE' } = rows[0] ?? {};
  return new AuditError(
    'database-rights-missing',
    `The database must be brought to this version, and ${who} may not: ${cause instanceof Error ? cause.message : String(cause)}`,
    {
      cause,
      remedy: `Give the owner as DATABASE_ADMIN_URL, or run as owner of the database:\nGRANT CREATE ON SCHEMA ${schema ?? 'public'} TO ${who};\nGRANT CREATE ON DATABASE ${base} TO ${who};`,
    },
  );
}
