import { Module, type OnApplicationShutdown } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';

import { PrismaClient } from '../generated/prisma/client.js';
import { Database } from './database.js';

/**
 * Typed reads of small tables, for answers alone: in the api's role, on connections of its own, because the adapter has its
 * own ways with transactions. Logs, projections and whatever is hot have SQL of their own.
 */
export class PrismaService extends PrismaClient {
  constructor(url: string) {
    super({
      adapter: new PrismaPg({
        connectionString: url,
        application_name: 'initledger-prisma',
        max: 4,
        statement_timeout: 15_000,
        idle_in_transaction_session_timeout: 10_000,
      }),
    });
  }
}

/** Gives `PrismaService` to features that answer. */
@Module({
  providers: [
    {
      provide: PrismaService,
      inject: [Database],
      useFactory: ({ urls }: Database): PrismaService => new PrismaService(urls.api),
    },
  ],
  exports: [PrismaService],
})
export class PrismaModule implements OnApplicationShutdown {
  constructor(private readonly prisma: PrismaService) {}

  async onApplicationShutdown(): Promise<void> {
    await this.prisma.$disconnect();
  }
}
