import { EventReader, Shards } from '#libs/event-store';
import { Metrics, silentLogger, type Database, type Pool } from '#libs/platform';
import { finishErasures } from '../erasure/finish-erasures.js';
import { FollowerMetrics } from '../following/follower-metrics.js';
import type { Projection } from '../following/projection.js';
import type { PodInitsParts } from '../pod-inits/pod-inits.projection.js';
import { PodInitsProjection } from '../pod-inits/pod-inits.projection.js';
import { Keeper } from '../takeover/keeper.js';
import type { KeeperParts } from '../takeover/keeper.js';

/** Rules by another name than those in force; `limits` make them tell some pods otherwise. */
export type AsRules = Readonly<{ rules?: string; limits?: Partial<PodInitsParts['limits']> }>;

/** Limits of a stuck initialization that tests may rely on. */
const usualLimits = { defaultSeconds: 300, floorSeconds: 60, factor: 1.5, minSamples: 3 };

export function projectionAs(
  { rules, limits }: AsRules,
  pool: Pool,
  onParked: PodInitsParts['onParked'] = () => undefined,
): Projection {
  const parts = { reader: new EventReader(pool), db: pool, limits: { ...usualLimits, ...limits }, onParked };
  const projection = new PodInitsProjection(parts);
  const { name, family, tables } = projection;
  return {
    name,
    family,
    tables,
    rules: rules ?? projection.rules,
    open: (place) => projection.open(place),
    misread: (shardId, atMost) => projection.misread(shardId, atMost),
  };
}

/** A keeper in a hurry. */
export function keeperOf(
  database: Database,
  projectionOn: KeeperParts['projectionOn'],
  more: Partial<KeeperParts> = {},
): Keeper {
  const pool = database.projection;
  const keeper: Keeper = new Keeper({
    projectionOn,
    pool,
    poolIn: (schemas) => database.projectionIn(schemas),
    shards: new Shards(pool),
    takeOver: 'newer',
    finishErasures: () => finishErasures(pool, usualLimits),
    logger: silentLogger,
    metrics: new FollowerMetrics(new Metrics(), () => keeper.lags()),
    pace: { lookMs: 20, retryMs: 100 },
    leases: { leaseMs: 200, renewMs: 50 },
    ...more,
  });
  return keeper;
}
