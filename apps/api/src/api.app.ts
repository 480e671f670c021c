import { Module, type DynamicModule } from '@nestjs/common';
import { AlertsHttpModule } from '#libs/alerting';
import { EventStoreModule } from '#libs/event-store';
import { PlatformModule, type PlatformParts } from '#libs/platform';
import { PostmortemsHttpModule } from '#libs/postmortems';
import { ReportsHttpModule } from '#libs/reports';

/** Answers: REST, GraphQL, the live stream, metrics. It reads, and has neither a way to record nor one to change what was recorded. */
@Module({})
export class ApiApp {
  static of(parts: PlatformParts): DynamicModule {
    return {
      module: ApiApp,
      imports: [
        PlatformModule.of(parts),
        EventStoreModule.as('api'),
        ReportsHttpModule,
        AlertsHttpModule,
        PostmortemsHttpModule,
      ],
    };
  }
}
