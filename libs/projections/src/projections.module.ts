import { Injectable, Module } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { EventReader, Feed, Shards } from '#libs/event-store';
import { Database, HealthChecks, Logger, Metrics, Settings } from '#libs/platform';
import { Follower } from './following/follower.js';
import { FollowerMetrics } from './following/follower-metrics.js';
import { readLags } from './following/lags.js';
import { PodInitsProjection, podInitsName } from './pod-inits/pod-inits.projection.js';

/** When an init container is stuck of whose workload too little is known, unless told: a common patience of people who are paged. */
const stuckAfterSeconds = 300;

/** Begins to follow with the process, and ends in good order with it. */
@Injectable()
class FollowerLife implements OnApplicationBootstrap, OnApplicationShutdown {
  #unsubscribe = (): unknown => undefined;

  constructor(
    private readonly follower: Follower,
    private readonly feed: Feed,
    private readonly health: HealthChecks,
  ) {}

  onApplicationBootstrap(): void {
    this.#unsubscribe = this.feed.subscribe(({ log, shardId }) => {
      if (log === 'event') this.follower.wake(shardId);
    });
    this.health.register({
      name: 'projections',
      check: () => this.follower.check(),
      remedy: 'See the log of the projector: it says what failed, and goes on trying.',
    });
    this.follower.start();
  }

  async onApplicationShutdown(): Promise<void> {
    this.#unsubscribe();
    await this.follower.stop();
  }
}

/** Keeps the read models. It reads the log and writes nothing into it; for the projector's process. Any number may run: one works on a shard at a time. */
@Module({
  providers: [
    {
      provide: Follower,
      inject: [Settings, Database, Logger, Metrics],
      useFactory: (settings: Settings, { projection: pool }: Database, logger: Logger, metrics: Metrics) =>
        makeFollower(settings, pool, logger, metrics),
    },
    {
      provide: FollowerLife,
      inject: [Follower, Feed, HealthChecks],
      useFactory: (follower: Follower, feed: Feed, health: HealthChecks) => new FollowerLife(follower, feed, health),
    },
  ],
  exports: [Follower],
})
export class ProjectionsModule {}

function makeFollower(settings: Settings, pool: Database['projection'], logger: Logger, metrics: Metrics): Follower {
  const reader = new EventReader(pool);
  const followerMetrics = new FollowerMetrics(metrics, podInitsName, () => readLags(pool, podInitsName));
  const projection = new PodInitsProjection({
    reader,
    db: pool,
    limits: {
      defaultSeconds: settings.stuckAfterSeconds ?? stuckAfterSeconds,
      floorSeconds: settings.stuckFloorSeconds,
      factor: settings.stuckFactor,
      minSamples: settings.stuckMinSamples,
    },
    onParked: ({ shardId, uid, position, error }) => {
      followerMetrics.parked(podInitsName, shardId);
      logger.error(
        { component: 'projections', shardId, podUid: uid, position, error },
        'a stream could not be folded; parked it',
      );
    },
  });
  return new Follower({ projection, pool, reader, shards: new Shards(pool), logger, metrics: followerMetrics });
}
