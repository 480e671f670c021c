import { Module, type DynamicModule, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';

import { Database, Logger, Metrics, Settings, type DatabaseRole } from '#libs/platform';

import { Feed } from './feed.js';
import { sealingOf } from './ledger/sealing.js';

/** What the logs that this process writes are sealed with. */
export const SEALING = Symbol('Sealing');

const poolOf = { recorder: 'ingest', projector: 'projection', api: 'api' } as const satisfies Record<
  DatabaseRole,
  keyof Database
>;

/**
 * The one feed of a process: two in one process would wake each other's readers late. Readers and writers are made where they
 * are used, on the pool of the role that uses them.
 */
@Module({})
export class EventStoreModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(private readonly feed: Feed) {}

  /** @param role in which this process talks to other processes */
  static as(role: DatabaseRole): DynamicModule {
    const feed = {
      provide: Feed,
      inject: [Database, Logger],
      useFactory: (database: Database, logger: Logger): Feed => new Feed(database[poolOf[role]], logger),
    };
    const sealing = { provide: SEALING, inject: [Settings, Metrics], useFactory: sealingOf };
    // Who writes no log needs no key.
    const writes = role === 'api' ? [] : [sealing];
    return {
      module: EventStoreModule,
      global: true,
      providers: [feed, ...writes],
      exports: [Feed, ...writes.map(({ provide }) => provide)],
    };
  }

  onApplicationBootstrap(): void {
    this.feed.listen();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.feed.close();
  }
}
