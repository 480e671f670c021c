import {
  Inject,
  Module,
  Optional,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';

import { Database, HealthChecks, Logger, Metrics, Settings, type DatabaseRole } from '#libs/platform';

import type { LogName } from './event.js';
import { Feed } from './feed.js';
import { sealingOf } from './ledger/sealing.js';
import { logHealth } from './log-health.js';
import { logMetrics } from './log-metrics.js';
import { ActWriters } from './segments/act-writers.js';
import { actProviders, SEALING } from './segments/act-providers.js';

const poolOf = { recorder: 'ingest', projector: 'projection', api: 'api' } as const satisfies Record<
  DatabaseRole,
  keyof Database
>;

/** The logs that each role may read. */
const logsOf: Readonly<Record<DatabaseRole, readonly LogName[]>> = {
  recorder: ['event'],
  projector: ['event', 'act_event'],
  api: ['event', 'act_event'],
};

const LOG_OPERATIONS = Symbol('LogOperations');

/**
 * The one feed of a process: two in one process would wake each other's readers late. Readers and writers are made where they
 * are used, on the pool of the role that uses them.
 */
@Module({})
export class EventStoreModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly feed: Feed,
    @Optional() @Inject(ActWriters) private readonly acts?: ActWriters,
  ) {}

  /** @param role in which this process talks to other processes */
  static as(role: DatabaseRole): DynamicModule {
    const feed = {
      provide: Feed,
      inject: [Database, Logger],
      useFactory: (database: Database, logger: Logger): Feed => new Feed(database[poolOf[role]], logger),
    };
    const sealing = { provide: SEALING, inject: [Settings, Metrics], useFactory: sealingOf };
    const operations = {
      provide: LOG_OPERATIONS,
      inject: [Database, Metrics, HealthChecks],
      useFactory: (database: Database, metrics: Metrics, health: HealthChecks): true => {
        logMetrics(metrics, database[poolOf[role]], logsOf[role]);
        health.register(logHealth(database[poolOf[role]], logsOf[role]));
        return true;
      },
    };
    // Who writes no log needs no key, and the projector is the author of acts.
    const writes = role === 'api' ? [] : role === 'projector' ? [sealing, ...actProviders] : [sealing];
    return {
      module: EventStoreModule,
      global: true,
      providers: [feed, operations, ...writes],
      exports: [Feed, ...writes.map(({ provide }) => provide)],
    };
  }

  onApplicationBootstrap(): void {
    this.feed.listen();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.feed.close();
    await this.acts?.close();
  }
}
