import { Injectable, Module } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { ActWriters, EventReader, Feed, Shards } from '#libs/event-store';
import { RULES } from '#libs/init-history';
import { Database, HealthChecks, Logger, Metrics, Settings } from '#libs/platform';
import { finishErasures } from './erasure/finish-erasures.js';
import { FollowerMetrics } from './following/follower-metrics.js';
import { Freezer } from './horizon/freezer.js';
import { PodInitsProjection, podInitsName } from './pod-inits/pod-inits.projection.js';
import { stuckLimitsOf } from './stuck-limits.js';
import { Keeper } from './takeover/keeper.js';

/** Begins to keep the read models with the process, and to freeze what was told of weeks that go, and ends in good order with it. */
@Injectable()
class KeeperLife implements OnApplicationBootstrap, OnApplicationShutdown {
  #unsubscribe = (): unknown => undefined;

  constructor(
    private readonly keeper: Keeper,
    private readonly freezer: Freezer,
    private readonly feed: Feed,
    private readonly health: HealthChecks,
  ) {}

  onApplicationBootstrap(): void {
    this.#unsubscribe = this.feed.subscribe(({ log, shardId }) => {
      if (log === 'event') this.keeper.wake(shardId);
    });
    this.health.register({
      name: 'projections',
      check: () => this.keeper.check(),
      remedy: 'See the log of the projector: it says what failed, and goes on trying.',
    });
    this.health.register({
      name: 'freezing',
      check: () => this.freezer.check(),
      remedy: 'See the errors of component "freezing" in the log; nothing is lost, and no week is dropped meanwhile.',
    });
    this.keeper.start();
    this.freezer.start();
  }

  async onApplicationShutdown(): Promise<void> {
    this.#unsubscribe();
    await this.freezer.stop();
    await this.keeper.stop();
  }
}

/** Keeps the read models. It reads the observations, and tells by acts what it froze; for the projector's process. Any number may run: one works on a shard at a time. */
@Module({
  providers: [
    {
      provide: Keeper,
      inject: [Settings, Database, Logger, Metrics],
      useFactory: makeKeeper,
    },
    {
      provide: Freezer,
      inject: [Database, ActWriters, Logger],
      useFactory: ({ projection: pool }: Database, acts: ActWriters, logger: Logger): Freezer =>
        new Freezer({ pool, by: { name: podInitsName, rules: RULES }, acts, logger }),
    },
    {
      provide: KeeperLife,
      inject: [Keeper, Freezer, Feed, HealthChecks],
      useFactory: (keeper: Keeper, freezer: Freezer, feed: Feed, health: HealthChecks) =>
        new KeeperLife(keeper, freezer, feed, health),
    },
  ],
})
export class ProjectionsModule {}

function makeKeeper(settings: Settings, database: Database, logger: Logger, metrics: Metrics): Keeper {
  const limits = stuckLimitsOf(settings);
  const followerMetrics = new FollowerMetrics(metrics, () => keeper.lags());
  const keeper: Keeper = new Keeper({
    projectionOn: (pool) =>
      new PodInitsProjection({
        reader: new EventReader(pool),
        db: pool,
        limits,
        onParked: ({ shardId, uid, position, error }) => {
          followerMetrics.parked(podInitsName, shardId);
          logger.error(
            { component: 'projections', shardId, podUid: uid, position, error },
            'a stream could not be folded; parked it',
          );
        },
      }),
    pool: database.projection,
    poolIn: (schemas) => database.projectionIn(schemas),
    shards: new Shards(database.projection),
    takeOver: settings.takeOver,
    finishErasures: () => finishErasures(database.projection, limits),
    logger,
    metrics: followerMetrics,
  });
  return keeper;
}
