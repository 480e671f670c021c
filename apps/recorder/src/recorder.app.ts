import { Module, type DynamicModule } from '@nestjs/common';
import { EventStoreModule } from '#libs/event-store';
import { OperationsModule, PlatformModule, type PlatformParts } from '#libs/platform';
import { RecordingModule, type RecordingTarget } from '#libs/recording';

/** The only process with rights on the cluster's objects, and the only author of observations. */
@Module({})
export class RecorderApp {
  static of(parts: PlatformParts, target: RecordingTarget): DynamicModule {
    return {
      module: RecorderApp,
      imports: [
        PlatformModule.of(parts),
        EventStoreModule.as('recorder'),
        RecordingModule.record(target),
        OperationsModule,
      ],
    };
  }
}
