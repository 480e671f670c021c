import { Database } from '../database/database.js';
import { prepareDatabase } from '../database/prepare-database.js';
import { AuditError } from '../errors/audit-error.js';
import { HealthChecks } from '../health/health-checks.js';
import { Metrics } from '../metrics/metrics.js';
import type { PlatformParts } from '../platform.module.js';
import type { ProcessParts } from './run-process.js';

/**
 * What a process of its own has: the database of DATABASE_URL, brought to this version.
 *
 * @throws AuditError `settings-invalid` without DATABASE_URL, and what `prepareDatabase` throws
 */
export async function platformParts({ settings, logger, teardown, stopping }: ProcessParts): Promise<PlatformParts> {
  const { databaseUrl: url, databaseAdminUrl: adminUrl } = settings;
  if (url === undefined) {
    throw new AuditError(
      'settings-invalid',
      'This process needs DATABASE_URL: the database that it shares with the others.',
      {
        remedy: 'Give it, or run the standalone process (npm start), which brings a database along.',
      },
    );
  }
  const database = new Database(await prepareDatabase({ url, adminUrl, logger, stopping }), adminUrl ?? url);
  teardown.add('database connections', () => database.close());
  return { settings, logger, database, metrics: new Metrics(), health: new HealthChecks() };
}
