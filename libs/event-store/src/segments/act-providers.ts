import type { Provider } from '@nestjs/common';

import { Database, HealthChecks, Logger, Metrics, Settings } from '#libs/platform';

import type { Sealing } from '../ledger/checkpointer.js';
import { ActWriters } from './act-writers.js';
import { RetentionKeeper } from './retention-keeper.js';

/** What the logs that this process writes are sealed with. */
export const SEALING = Symbol('Sealing');

/** What the author of acts has beside the others: the writers that all of its acts go through, and who looks after the weeks that are over. */
export const actProviders = [
  {
    provide: ActWriters,
    inject: [Database, Logger, SEALING],
    useFactory: ({ projection: pool }: Database, logger: Logger, sealing: Sealing): ActWriters =>
      new ActWriters({ pool, logger, sealing }),
  },
  {
    provide: RetentionKeeper,
    inject: [Settings, Database, ActWriters, Logger, Metrics, HealthChecks],
    useFactory: (
      { retentionDays, archiveFolder }: Settings,
      ...[database, acts, logger, metrics, health]: [Database, ActWriters, Logger, Metrics, HealthChecks]
    ): RetentionKeeper => {
      const days = retentionDays === 'forever' ? null : retentionDays;
      const [pool, owner] = [database.projection, database.owner()];
      return new RetentionKeeper({ pool, owner, acts, days, archiveFolder, logger, metrics, health });
    },
  },
] satisfies Provider[];
