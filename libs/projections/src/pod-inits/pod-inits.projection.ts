import { RULES } from '#libs/init-history';
import type { StuckLimits } from '#libs/init-history';
import type { EventReader } from '#libs/event-store';
import { ContextTable } from '../context/context-table.js';
import type { Cell, Place, Projection } from '../following/projection.js';
import type { Queryable } from '../queryable.js';
import { Baselines } from '../statistics/baselines.js';
import { hoursReader } from '../statistics/read-hours.js';
import { readModelTables } from './batch-tables.js';
import { CellMemory } from './cell-memory.js';
import { LivingPods } from './living-pods.js';
import { PodInitsCell } from './pod-inits.cell.js';
import type { CellParts } from './pod-inits.cell.js';
import { misreadPods } from './misread-pods.js';
import { StaticTwins } from './static-twins.js';

/** Carries the version of this projection's rows. Another is another name, and rebuilds them. */
export const podInitsName = 'pod-inits-v2';

/** What the projection needs. */
export type PodInitsParts = Readonly<{
  reader: EventReader;
  /** The projection's own pool. */
  db: Queryable;
  limits: StuckLimits;
  onParked: CellParts['onParked'];
}>;

/** What happened to each pod: `happening`, `pod_init`, `init_attempt`, `finding`, `kube_event`, `gap`, context, and the statistics of workloads. */
export class PodInitsProjection implements Projection {
  readonly family = 'pod-inits';
  readonly name = podInitsName;
  readonly rules = RULES;
  readonly tables = readModelTables;

  constructor(private readonly parts: PodInitsParts) {}

  async open({ shardId, position }: Place): Promise<Cell> {
    const { reader, db, limits, onParked } = this.parts;
    const contexts = new ContextTable(db, shardId);
    const living = new LivingPods(db, shardId);
    const sources = { reader, db, contexts, shardId };
    const twins = new StaticTwins(sources);
    const parked = await readParked(db, this.name, shardId);
    const memory = new CellMemory({ sources, living, twins, parked }, position);
    await memory.open();
    const baselines = new Baselines(hoursReader(db, { shardId, name: this.name }));
    return new PodInitsCell({ shardId, name: this.name, memory, living, twins, baselines, limits, onParked });
  }

  misread(shardId: number, atMost: number): Promise<readonly string[]> {
    return misreadPods(this.parts, shardId, atMost);
  }
}

async function readParked(db: Queryable, name: string, shardId: number): Promise<ReadonlySet<string>> {
  const { rows } = await db.query<{ stream_id: string }>(
    `SELECT stream_id
     FROM quarantine
     WHERE shard_id = $1 AND name = $2`,
    [shardId, name],
  );
  return new Set(rows.map(({ stream_id }) => stream_id));
}

/** The projections that the read models of answers are kept by: they are told as far as the last of these has come. */
export const servedProjections: readonly string[] = [podInitsName];
