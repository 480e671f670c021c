import { Module, type DynamicModule, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';

import { Database, Logger, type DatabaseRole } from '#libs/platform';

import { Feed } from './feed.js';

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
    return { module: EventStoreModule, global: true, providers: [feed], exports: [Feed] };
  }

  onApplicationBootstrap(): void {
    this.feed.listen();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.feed.close();
  }
}
