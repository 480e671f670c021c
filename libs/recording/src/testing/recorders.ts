import { expect, vi } from 'vitest';
import { EventReader, Shards } from '#libs/event-store';
import type { Recorded } from '#libs/event-store';
import { connect } from '#libs/kubernetes';
import { Metrics, silentLogger } from '#libs/platform';
import type { Pool } from '#libs/platform';
import { freshDatabase } from '#testing/platform';
import type { FreshDatabase } from '#testing/platform';
import { Recorder } from '../recorder.js';
import type { RecorderNeeds } from '../recorder.js';

/** A recorder that runs, and what its log holds. */
export type StartedRecorder = Readonly<{
  recorder: Recorder;
  metrics: Metrics;
  /** Everything recorded so far, bodies parsed. */
  told(): Promise<readonly Told[]>;
}>;

/** An event of the log, as tests compare it. */
export type Told = Readonly<{ type: string; streamId: string; eventId: string; body: Record<string, unknown> }>;

/** Starts a recorder of the cluster that a kubeconfig leads to. */
export function startedRecorder(kubeconfig: string, pool: Pool, choice: Partial<RecorderNeeds> = {}): StartedRecorder {
  const metrics = new Metrics();
  const recorder = new Recorder({
    cluster: choice.cluster ?? connect({ kubeconfig }),
    source: 'kubernetes',
    namespaces: [],
    pool,
    logger: silentLogger,
    metrics,
    masking: { key: 'a key for tests', commands: 'masked' },
    ...choice,
  });
  recorder.start();
  return { recorder, metrics, told: () => toldBy(pool) };
}

/** A database, and the recorders that a test has started on it. */
export class Recorders {
  /** The oldest first. */
  readonly started: StartedRecorder[] = [];

  private constructor(private readonly database: FreshDatabase) {}

  static async open(): Promise<Recorders> {
    return new Recorders(await freshDatabase());
  }

  get pool(): Pool {
    return this.database.pool;
  }

  start(kubeconfig: string, choice?: Partial<RecorderNeeds>): StartedRecorder {
    const one = startedRecorder(kubeconfig, this.pool, choice);
    this.started.push(one);
    return one;
  }

  /** Everything recorded so far: in one shard, or in all. */
  told(shardId?: number): Promise<readonly Told[]> {
    return toldBy(this.pool, shardId);
  }

  /** Stops them all, and drops the database. */
  async close(): Promise<void> {
    await Promise.all(this.started.map(({ recorder }) => recorder.stop()));
    await this.database.close();
  }
}

/** Waits for so long until a recorder of all namespaces watches these, nodes, pods and Events. */
export const watchingWithin =
  (milliseconds: number) =>
  ({ recorder }: StartedRecorder): Promise<void> =>
    vi.waitFor(
      () => expect(recorder.status.watches.map(({ state }) => state)).toEqual(Array(4).fill('watching')),
      milliseconds,
    );

/** What the log of a shard holds, or the logs of all. */
export async function toldBy(pool: Pool, shardId?: number): Promise<readonly Told[]> {
  const reader = new EventReader(pool);
  const ids = shardId === undefined ? (await new Shards(pool).list()).map((shard) => shard.shardId) : [shardId];
  const events = await Promise.all(ids.map((id) => reader.readAfter(id, -1, 100_000)));
  return events.flat().map(toTold);
}

function toTold({ type, streamId, eventId, body }: Recorded): Told {
  return { type, streamId, eventId, body: JSON.parse(body ?? 'null') as Record<string, unknown> };
}
