import { setTimeout as sleep } from 'node:timers/promises';
import { EventReader, EventWriter, Shards } from '#libs/event-store';
import type { NewEvent, Sealing, ShardSlice } from '#libs/event-store';
import { schemaVersions } from '#libs/init-history';
import type { Observation } from '#libs/init-history';
import type { Database, DatabaseUrls, Pool } from '#libs/platform';
import { freshDatabase, withClient } from '#testing/platform';
import type { FreshDatabase } from '#testing/platform';
import { asUuid } from '../context/pod-names.js';
import type { Projection } from '../following/projection.js';
import { ShardFollower } from '../following/shard-follower.js';
import { freeze } from '../horizon/freeze.js';
import { readModelTables } from '../pod-inits/batch-tables.js';
import type { FoldFailure } from '../pod-inits/pod-loader.js';
import type { Keeper, KeeperParts } from '../takeover/keeper.js';
import { keeperOf, projectionAs } from './keepers.js';
import type { AsRules } from './keepers.js';

/** An observation and the stream it belongs to; of this version's shape unless told. */
export type Seen = Readonly<{ streamId: string; observation: Observation; schemaVersion?: number }>;

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
  readonly #beside: Ledger[] = [];

  /**
   * @param source a recording's time ends with it
   * @param sealing what the log is sealed with; unless given it is not
   */
  static async open(source: 'kubernetes' | 'recording' = 'kubernetes', sealing?: Sealing): Promise<Ledger> {
    return Ledger.#of(await freshDatabase(), 'test', source, sealing === undefined ? {} : { sealing });
  }

  static async #of(
    database: FreshDatabase,
    name: string,
    source: 'kubernetes' | 'recording',
    more: Readonly<{ slice?: ShardSlice; sealing?: Sealing }> = {},
  ): Promise<Ledger> {
    const shardId = await new Shards(database.pool).register({
      origin: name,
      clusterUid: name,
      clusterName: name,
      source,
      identity: 'namespaceUid',
      server: null,
      serverVersion: null,
      unknowns: [],
      slice: more.slice,
    });
    const sealed = more.sealing === undefined ? {} : { sealing: more.sealing };
    return new Ledger(database, shardId, (now) => EventWriter.open(database.pool, shardId, { now, ...sealed }));
  }

  /** Another shard in the same database, which is closed with this one. */
  async beside(name: string, source: 'kubernetes' | 'recording'): Promise<Ledger> {
    const other = await Ledger.#of(this.database, name, source);
    this.#beside.push(other);
    return other;
  }

  /** A slice of the same cluster, which is closed with this one: the first of another number of slices closes those before. */
  async sliced(slice: ShardSlice): Promise<Ledger> {
    const other = await Ledger.#of(this.database, 'test', 'kubernetes', { slice });
    this.#beside.push(other);
    return other;
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
      await writer.append(some.map((each) => this.#event(each)));
    }
  }

  /** The projection into the tables of `pool`, by the rules of `as`. */
  projection(as: AsRules = {}, pool = this.pool): Projection {
    return projectionAs(as, pool, (failure) => void this.failures.push(failure));
  }

  follower(projection = this.projection(), pool = this.pool): ShardFollower {
    return new ShardFollower({ projection, shardId: this.shardId, pool, reader: this.reader });
  }

  /** Projects all that is recorded, by a follower with an empty memory unless one is given. */
  async project(follower = this.follower()): Promise<void> {
    while ((await follower.step()).outcome === 'moved');
  }

  /** A keeper of read models, as the projector's process has one. */
  keeper(as: AsRules = {}, more: Partial<KeeperParts> = {}): Keeper {
    return keeperOf(this.database.database, (pool) => this.projection(as, pool), more);
  }

  /** Freezes what was told below `horizon`, as the projector does before a week goes. */
  async freeze(horizon: number, as: AsRules = {}): Promise<void> {
    const { name, rules } = this.projection(as);
    const base = await this.rows<{ base: number }>(
      `SELECT greatest(first_position, (SELECT max(to_position) FROM frozen_span WHERE shard_id = $1 AND to_position < $2 AND frozen_at IS NOT NULL)) AS base
       FROM shard_head WHERE shard_id = $1`,
      [this.shardId, horizon],
    );
    const span = { shardId: this.shardId, from: base[0]?.base ?? 0, to: horizon };
    if (!(await freeze({ pool: this.pool, by: { name, rules } }, span)))
      throw new Error(`nothing is frozen up to ${horizon}`);
  }

  /** Drops what lies below `horizon`, as if it were a week that went. */
  async drop(horizon: number): Promise<void> {
    await withClient(this.database.adminUrl, async (client) => {
      await client.query('SET session_replication_role = replica');
      await client.query('UPDATE shard_head SET first_position = $2 WHERE shard_id = $1', [this.shardId, horizon]);
      await client.query('DELETE FROM event WHERE shard_id = $1 AND position < $2', [this.shardId, horizon]);
    });
  }

  /** Lets other rules take the read models over. */
  async takeOver(as: AsRules & { rules: string }, more: Partial<KeeperParts> = {}): Promise<void> {
    const { rules } = as;
    const keeper = this.keeper(as, more);
    keeper.start();
    try {
      for (const deadline = performance.now() + 240_000; !(await this.#isKeptBy(rules)); await sleep(10)) {
        if (performance.now() > deadline)
          throw new Error(`rules ${rules} did not take over`, { cause: await keeper.check().catch(String) });
      }
    } finally {
      await keeper.stop();
    }
  }

  /** As the owner of its tables. */
  get adminUrl(): string {
    return this.database.adminUrl;
  }

  get urls(): DatabaseUrls {
    return this.database.urls;
  }

  /** The pools of a process. */
  get pools(): Database {
    return this.database.database;
  }

  async #isKeptBy(rules: string): Promise<boolean> {
    const marks = await this.rows<{ rules: string }>('SELECT DISTINCT rules FROM projection_bookmark');
    return marks.length === 1 && marks[0]?.rules === rules;
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
    for (const ledger of [this, ...this.#beside]) await (await ledger.#opened)?.close();
    await this.database.close();
  }

  #event({ streamId, observation, schemaVersion }: Seen): NewEvent {
    const eventId = `00000000-0000-5000-8000-${String(this.#events++).padStart(12, '0')}`;
    return {
      streamId: asUuid(streamId),
      eventId,
      type: observation.type,
      schemaVersion: schemaVersion ?? schemaVersions[observation.type],
      body: JSON.stringify(observation),
    };
  }
}
