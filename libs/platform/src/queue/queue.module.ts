import { Module, type OnApplicationShutdown } from '@nestjs/common';

import { Database } from '../database/database.js';
import { Settings } from '../settings/settings.js';
import { JobQueues } from './job-queues.js';

/** Jobs of this process, in the database or in the Redis of `REDIS_URL`. For the projector: its role alone may use the queue's tables. */
@Module({
  providers: [
    {
      provide: JobQueues,
      inject: [Settings, Database],
      useFactory: ({ redisUrl }: Settings, { urls }: Database): JobQueues =>
        new JobQueues({ databaseUrl: urls.projector, redisUrl }),
    },
  ],
  exports: [JobQueues],
})
export class QueueModule implements OnApplicationShutdown {
  constructor(private readonly queues: JobQueues) {}

  async onApplicationShutdown(): Promise<void> {
    await this.queues.close();
  }
}
