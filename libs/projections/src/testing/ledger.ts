import { EventReader, EventWriter, Shards } from '#libs/event-store';
import type { NewEvent } from '#libs/event-store';
import type { Observation } from '#libs/init-history';
import type { Pool } from '#libs/platform';
import { freshDatabase } from '#testing/platform';
import type { FreshDatabase } from '#testing/platform';
import { asUuid } from '../context/pod-names.js';
import type { Projection } from '../following/projection.js';
import { ShardFollower } from '../following/shard-follower.js';
import { readModelTables } from '../pod-inits/batch-tables.js';
import type { FoldFailure } from '../pod-inits/pod-loader.js';
import { PodInitsProjection } from '../pod-inits/pod-inits.projection.js';

/** An observation and the stream it belongs to. */
export type Seen = Readonly<{ streamId: string; observation: Observation }>;

/** Limits of a stuck initialization that tests may rely on. */
const limits = { defaultSeconds: 300, floorSeconds: 60, factor: 1.5, minSamples: 3 };

/** A shard in a database of its own, and the means to project it. What is appended is recorded at the time at which it was received. */
export class Ledger {
  readonly reader: EventReader;
  readonly failures: FoldFailure[] = [];
  #microseconds = 0;
  #events = 0;

  private constructor(
    private readonly database: FreshDatabase,
    readonly shardId: number,
    private readonly writer: (now: () => number) => Promise<EventWriter>,
  ) {
    this.reader = new EventReader(database.database.projection);
  }

  #opened: Promise<EventWriter> | undefined;

  static async open(): Promise<Ledger> {
    const database = await freshDatabase();
    const shardId = await new Shards(database.pool).register({
      origin: 'test',
      clusterUid: 'test',
      clusterName: 'test',
      source: 'recording',
      identity: 'namespaceUid',
      server: null,
      serverVersion: null,
      unknowns: [],
    });
    return new Ledger(database, shardId, (now) => EventWriter.open(database.pool, shardId, { now }));
  }

  /** With the rights of the projector, and no others. */
  get pool(): Pool {
    return this.database.database.projection;
  }

  /** With the rights of the recorder. */
  get recorderPool(): Pool {
    return this.database.database.ingest;
  }

  /** @param together how many events are recorded at a time, that is, at the same time */
  async append(seen: readonly Seen[], together = 1): Promise<void> {
    this.#opened ??= this.writer(() => this.#microseconds);
    const writer = await this.#opened;
    for (let from = 0; from < seen.length; from += together) {
      const some = seen.slice(from, from + together);
      this.#microseconds = Date.parse(some.at(-1)?.observation.receivedAt ?? '') * 1000;
      await writer.append(some.map(({ streamId, observation }) => this.#event(streamId, observation)));
    }
  }

  /** The projection, whose `rules` may be others than those in force: a change of them rebuilds. */
  projection(rules?: string): Projection {
    const projection = new PodInitsProjection({
      reader: this.reader,
      db: this.pool,
      limits,
      onParked: (failure) => void this.failures.push(failure),
    });
    const { name, family, tables } = projection;
    return { name, family, tables, rules: rules ?? projection.rules, open: (place) => projection.open(place) };
  }

  follower(projection = this.projection()): ShardFollower {
    return new ShardFollower({ projection, shardId: this.shardId, pool: this.pool, reader: this.reader });
  }

  /** Projects all that is recorded, by a follower with an empty memory unless one is given. */
  async project(follower = this.follower()): Promise<void> {
    while ((await follower.step()).outcome === 'moved');
  }

  /** Every row of the read models, as text. */
  async readModels(): Promise<Readonly<Record<string, readonly string[]>>> {
    const dump: Record<string, string[]> = {};
    for (const table of readModelTables) {
      const { rows } = await this.pool.query<{ text: string }>(
        `SELECT to_jsonb(row)::text AS text FROM ${table} AS row WHERE shard_id = $1 ORDER BY 1`,
        [this.shardId],
      );
      dump[table] = rows.map(({ text }) => text);
    }
    return dump;
  }

  async rows<Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return (await this.pool.query<Row>(text, [...values])).rows;
  }

  async close(): Promise<void> {
    await (await this.#opened)?.close();
    await this.database.close();
  }

  #event(streamId: string, observation: Observation): NewEvent {
    const eventId = `00000000-0000-5000-8000-${String(this.#events++).padStart(12, '0')}`;
    return {
      streamId: asUuid(streamId),
      eventId,
      type: observation.type,
      schemaVersion: 1,
      body: JSON.stringify(observation),
    };
  }
}
