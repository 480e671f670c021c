import { Module, type DynamicModule } from '@nestjs/common';
import { AlertingModule } from '#libs/alerting';
import { EventStoreModule } from '#libs/event-store';
import { OperationsModule, PlatformModule, type PlatformParts } from '#libs/platform';
import { ProjectionsModule } from '#libs/projections';

/** Keeps the read models, raises alerts and delivers them. It has no way to the cluster. */
@Module({})
export class ProjectorApp {
  static of(parts: PlatformParts): DynamicModule {
    return {
      module: ProjectorApp,
      imports: [
        PlatformModule.of(parts),
        EventStoreModule.as('projector'),
        ProjectionsModule,
        AlertingModule,
        OperationsModule,
      ],
    };
  }
}
