import type { ClientBase } from 'pg';

import { roleName } from '../database/roles.js';

/** The schema that BullMQ's tables live in; its tables are its own business. */
export const QUEUE_SCHEMA = 'bullmq';

/** The version of BullMQ's tables that the installed BullMQ brings. */
async function wantedVersion(): Promise<number> {
  return (await import('bullmq')).LATEST_SCHEMA_VERSION;
}

/** Brings BullMQ's tables to the installed version, and lets the projector, who does the jobs, use them. */
export async function migrateQueue(client: ClientBase): Promise<void> {
  if ((await queueVersion(client)) >= (await wantedVersion())) return;
  const { runMigrations } = await import('bullmq');
  await runMigrations(client, QUEUE_SCHEMA);
  const projector = roleName('projector');
  // CREATE: it makes a sequence for each queue in which jobs get numbers.
  for (const grant of [
    `USAGE, CREATE ON SCHEMA ${QUEUE_SCHEMA}`,
    `SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA ${QUEUE_SCHEMA}`,
    `USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA ${QUEUE_SCHEMA}`,
    `EXECUTE ON ALL FUNCTIONS IN SCHEMA ${QUEUE_SCHEMA}`,
  ]) {
    await client.query(`GRANT ${grant} TO ${projector}`);
  }
}

async function queueVersion(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ there: boolean; visible: boolean | null }>(
    `SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = $1 AND tablename = 'migration') AS there,
            (SELECT has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = $1) AS visible`,
    [QUEUE_SCHEMA],
  );
  if (!rows[0]?.there) return 0;
  // A user without rights there has no jobs to do, and nothing to migrate with.
  if (!rows[0].visible) return Number.POSITIVE_INFINITY;
  const version = await client.query<{ version: number }>(
    `SELECT coalesce(max(version), 0)::int AS version FROM ${QUEUE_SCHEMA}.migration`,
  );
  return version.rows[0]?.version ?? 0;
}
