export type { Pool, PoolClient } from 'pg';

export { brokenSeals, type BrokenRow } from './database/broken-seals.js';
export { rowsAgainst, type Told } from './database/rows-against.js';
export { Database, createPool, type DatabaseUrls } from './database/database.js';
export { copyRows, copyText, MadeJson, type CopiedRow } from './database/copy-rows.js';
export { errorCode, isConnectionError } from './database/database-errors.js';
export { prepareDatabase, type Preparation } from './database/prepare-database.js';
export { PrismaModule, PrismaService } from './database/prisma-service.js';
export { readMigrations } from './database/migrations.js';
export { databaseRoles, type DatabaseRole } from './database/roles.js';
export { rowTypes } from './database/timestamps.js';
export { DataFolder } from './embedded/data-folder.js';
export { enterDatabase, visitDatabase, type EnteredDatabase, type VisitedDatabase } from './embedded/visit-database.js';
export { startEmbeddedDatabase, type EmbeddedDatabase } from './embedded/embedded-database.js';
export {
  AuditError,
  isAuditError,
  statusOf,
  type AuditErrorCode,
  type AuditErrorOptions,
} from './errors/audit-error.js';
export { PROBLEM_MEDIA_TYPE, toProblem, type Problem } from './errors/problem.js';
export { HealthChecks, type Health, type HealthCheck, type HealthFinding } from './health/health-checks.js';
export { inTime } from './health/in-time.js';
export { Logger, createLogger, silentLogger, type LogFormat } from './logging/logger.js';
export { Metrics, type Exposition } from './metrics/metrics.js';
export { Settings, describeSettings, readSettings, type SettingRow } from './settings/settings.js';
export type { SettingsValues } from './settings/settings.schema.js';
export { OperationsModule } from './operations/operations.module.js';
export { PlatformModule, type PlatformParts } from './platform.module.js';
export { platformParts } from './process/platform-parts.js';
export { runCommand, type Print } from './process/run-command.js';
export { runProcess, type ProcessParts } from './process/run-process.js';
export { startHttp } from './process/start-http.js';
export { Teardown } from './process/teardown.js';
export { JobQueues, type Job, type Queue, type QueuePlace, type Work, type Worker } from './queue/job-queues.js';
export { QueueModule } from './queue/queue.module.js';
