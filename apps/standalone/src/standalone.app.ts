import { Module, type DynamicModule } from '@nestjs/common';
import { AlertingModule, AlertsHttpModule } from '#libs/alerting';
import { EventStoreModule } from '#libs/event-store';
import { PlatformModule, type PlatformParts } from '#libs/platform';
import { PostmortemsHttpModule } from '#libs/postmortems';
import { ProjectionsModule } from '#libs/projections';
import { RecordingModule, type RecordingTarget } from '#libs/recording';
import { ReportsHttpModule } from '#libs/reports';

/** Recorder, projector and api in one process. */
@Module({})
export class StandaloneApp {
  static of(parts: PlatformParts, target: RecordingTarget): DynamicModule {
    return {
      module: StandaloneApp,
      imports: [
        PlatformModule.of(parts),
        EventStoreModule.as('projector'),
        RecordingModule.record(target),
        ProjectionsModule,
        AlertingModule,
        ReportsHttpModule,
        AlertsHttpModule,
        PostmortemsHttpModule,
      ],
    };
  }
}
