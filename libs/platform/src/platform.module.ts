import { Module, type DynamicModule } from '@nestjs/common';

import { Database } from './database/database.js';
import { HealthChecks } from './health/health-checks.js';
import { Logger } from './logging/logger.js';
import { Metrics } from './metrics/metrics.js';
import { Settings } from './settings/settings.js';

/** What every process has, made before Nest starts and closed after it has stopped. */
export type PlatformParts = Readonly<{
  settings: Settings;
  logger: Logger;
  database: Database;
  metrics: Metrics;
  health: HealthChecks;
}>;

/** Gives settings, log, database, metrics and health to whoever asks. The only global module beside the event store's. */
@Module({})
export class PlatformModule {
  static of({ settings, logger, database, metrics, health }: PlatformParts): DynamicModule {
    const providers = [
      { provide: Settings, useValue: settings },
      { provide: Logger, useValue: logger },
      { provide: Database, useValue: database },
      { provide: Metrics, useValue: metrics },
      { provide: HealthChecks, useValue: health },
    ];
    return { module: PlatformModule, global: true, providers, exports: providers };
  }
}
