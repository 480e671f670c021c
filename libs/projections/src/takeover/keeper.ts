import type { Shards } from '#libs/event-store';
import { EventReader } from '#libs/event-store';
import type { Logger, Pool } from '#libs/platform';
import type { Finished } from '../erasure/finish-erasures.js';
import { carryFrozen } from '../horizon/carry.js';
import { bookmarksOf } from '../following/bookmarks.js';
import { Follower } from '../following/follower.js';
import type { FollowerParts } from '../following/follower.js';
import { labelOf } from '../following/follower-metrics.js';
import type { FollowerMetrics, Lag } from '../following/follower-metrics.js';
import { readLags } from '../following/lags.js';
import type { LeasePace } from '../following/leases.js';
import type { Projection } from '../following/projection.js';
import { Wake } from '../following/wake.js';
import { Builds, quoted } from './builds.js';
import { decide } from './decide.js';
import type { Decision, TakeOver } from './decide.js';
import { isSameReading, type Reading } from './rules-order.js';
import { compare } from './parity.js';
import type { Parity } from './parity.js';
import { refusalOf } from './refusal.js';
import { swap } from './swap.js';

/** What keeping read models needs. */
export type KeeperParts = Readonly<{
  /** The projection, whose tables are those of `pool`'s sessions. */
  projectionOn: (pool: Pool) => Projection;
  pool: Pool;
  /** Sessions that find the tables of `schemas` in this order. Ours to end. */
  poolIn: (schemas: readonly string[]) => Pool;
  shards: Pick<Shards, 'list'>;
  takeOver: TakeOver;
  /** Derives again what rests on erased bodies, where that was not done. */
  finishErasures: () => Promise<Finished>;
  logger: Logger;
  metrics: FollowerMetrics;
  pace?: Partial<Pace>;
  /** How shards are shared with other projectors. */
  leases?: Partial<LeasePace>;
}>;

/** Milliseconds. */
type Pace = Readonly<{
  /** How often it is looked who keeps the read models. */
  lookMs: number;
  /** After a comparison that found errors, or a failure. */
  retryMs: number;
  /** For so long the read models that were in force before are kept, so that one can go back to them at once. */
  keepFormerMs: number;
}>;

const usual: Pace = { lookMs: 1_000, retryMs: 30_000, keepFormerMs: 24 * 3_600_000 };

/** Events that the read models being built may be behind when it is tried to put them in force: a second's worth. */
const NEARLY_THERE = 1_000;

type Beside = Readonly<{ pool: Pool; follower: Follower; misread: () => Promise<readonly string[]> }>;

/** Pods of each shard that are read from the log once more before what was built of them is put in force. */
const SAMPLED = 100;

/** Pods, of a few by chance, whose rows do not say what their streams come to. */
async function misreadPods(projection: Projection, pool: Pool): Promise<readonly string[]> {
  const told: string[] = [];
  for (const { shardId } of await bookmarksOf(pool, projection.name)) {
    told.push(...(await projection.misread(shardId, SAMPLED)));
  }
  return told;
}

/**
 * Keeps the read models of this process's rules. Where others are in force it builds its own beside them, while answers come from those and
 * whoever keeps them goes on, compares the two, and puts its own in force in one transaction. A process that ends at any moment leaves
 * what is in force as it was, and the next one goes on where it stopped.
 */
export class Keeper {
  readonly #pace: Pace;
  readonly #wake = new Wake();
  readonly #projection: Projection;
  readonly #builds: Builds;
  readonly #logger: Logger;
  #inForce: Follower | undefined;
  #beside: Beside | undefined;
  #trouble: Error | undefined;
  /** True once this process need not build its own read models anew (any more). */
  #isRebuilt: boolean;
  #said = '';
  #stopping = false;
  #running: Promise<void> | undefined;

  constructor(private readonly parts: KeeperParts) {
    this.#pace = { ...usual, ...parts.pace };
    this.#projection = parts.projectionOn(parts.pool);
    this.#builds = new Builds(parts.pool, this.#projection.family, this.#projection.tables);
    this.#isRebuilt = parts.takeOver !== 'again';
    this.#logger = parts.logger.child({ component: 'read models', rules: this.#projection.rules });
  }

  /** Begins to keep. Returns at once. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Lets the batches that are being written end, and keeps no more. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wake.call();
    await this.#running;
    await this.#inForce?.stop();
    await this.#leaveBuild();
  }

  /** Something was appended to a shard. */
  wake(shardId: number): void {
    this.#inForce?.wake(shardId);
    this.#beside?.follower.wake(shardId);
  }

  /**
   * Whether every shard is being projected, and every stream of it.
   *
   * @throws Error what keeps the read models of this process from being in force, or the last failure of a shard
   */
  async check(): Promise<void> {
    if (this.#trouble) throw this.#trouble;
    await this.#inForce?.check();
    await this.#beside?.follower.check();
  }

  /** How far the read models in force are behind, and those that are being built. */
  async lags(): Promise<readonly Lag[]> {
    const { name } = this.#projection;
    const inForce = await readLags(this.parts.pool, name);
    if (!this.#beside) return inForce;
    return [...inForce, ...(await readLags(this.#beside.pool, name, labelOf(this.#projection, true)))];
  }

  /**
   * Resolves when the read models in force tell the event at `position`, whoever projected it.
   *
   * @throws Error when that takes longer than `patienceMs`
   */
  waitFor(shardId: number, position: number, patienceMs?: number): Promise<void> {
    return this.#followerOn(this.parts.pool).waitFor(shardId, position, patienceMs);
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      let pauseMs = this.#pace.lookMs;
      try {
        pauseMs = await this.#look();
      } catch (error) {
        this.#trouble = error instanceof Error ? error : new Error(String(error));
        if (!this.#stopping) this.#logger.warn({ error }, 'could not keep the read models; will try again');
      }
      if (!this.#stopping) await this.#wake.wait(pauseMs);
    }
  }

  /** One look at who keeps the read models, and what that asks of us. @returns milliseconds until the next */
  async #look(): Promise<number> {
    const [inForce, next] = [await this.#builds.readings('current'), await this.#builds.readings('next')];
    const takeOver = this.parts.takeOver === 'again' && this.#isRebuilt ? 'newer' : this.parts.takeOver;
    const decision = decide(this.#projection, { inForce, next }, takeOver);
    const pauseMs = await this.#do(decision, inForce);
    if (decision.what !== 'standAside') await this.#finishErasures();
    return pauseMs;
  }

  async #do(decision: Decision, inForce: readonly Reading[]): Promise<number> {
    if (decision.what === 'build' || decision.what === 'standAside') await this.#letGo();
    if (decision.what === 'follow' || decision.what === 'standAside') await this.#leaveBuild();
    switch (decision.what) {
      case 'follow':
        this.#trouble = undefined;
        this.#follow();
        await this.#dropFormer();
        return this.#pace.lookMs;
      case 'standAside':
        this.#standAside(decision);
        return this.#pace.lookMs;
      case 'rebuild':
        this.#follow();
        return this.#build(inForce);
      case 'build':
        return this.#build(inForce);
    }
  }

  /** Whoever erased may have been killed before what was derived was derived again. */
  async #finishErasures(): Promise<void> {
    const { count, refusals } = await this.parts.finishErasures();
    if (count > 0) this.#logger.info({ count }, 'derived again what rested on erased bodies');
    for (const { message } of refusals) this.#say(`an erasure is not carried out: ${message}`);
  }

  #follow(): void {
    if (this.#inForce) return;
    this.#inForce = this.#followerOn(this.parts.pool);
    this.#inForce.start();
  }

  #standAside({ for: other, because }: Extract<Decision, { what: 'standAside' }>): void {
    const remedy =
      because === 'newer'
        ? 'stop this older version, or take them back with --take-over always'
        : '--take-over newer lets this process take over';
    this.#trouble = new Error(
      `the read models are kept by rules ${other.rules} (${other.name}), not by ${this.#projection.rules}: ${remedy}`,
    );
    this.#say(this.#trouble.message);
  }

  /** Builds on, and takes over once nothing is missing. @returns milliseconds until the next look */
  async #build(inForce: readonly Reading[]): Promise<number> {
    if (this.#beside && !(await this.#builds.isBegun())) await this.#leaveBuild();
    if (!this.#beside) await this.#beginBuild();
    const beside = this.#beside;
    if (!beside || !(await this.#isNearlyThere(beside))) return this.#pace.lookMs;
    await this.#builds.makeReady();
    if (!(await this.#isNearlyThere(beside))) return this.#pace.lookMs;

    const schemas = await this.#builds.schemas();
    const isSame = inForce.every((reading) => isSameReading(reading, this.#projection));
    const parity = await compare(this.parts.pool, schemas, { isSame, misread: await beside.misread() });
    this.#tell(parity);
    if (parity.errors.length > 0 && this.parts.takeOver !== 'always') {
      const refused = { rules: this.#projection.rules, isSame };
      this.#trouble = await refusalOf(parity, refused, new EventReader(this.parts.pool));
      return this.#pace.retryMs;
    }
    const isDone = await swap(this.parts.pool, this.#builds, {
      ours: this.#projection,
      from: inForce,
      shards: parity.shards,
    });
    this.#trouble = undefined;
    if (!isDone) return this.#pace.lookMs;
    await this.#leaveBuild();
    // What it remembers is of the read models that were in force until now.
    await this.#letGo();
    this.#isRebuilt = true;
    this.#logger.info({ from: inForce, shards: parity.shards }, 'took the read models over');
    return 0;
  }

  async #beginBuild(): Promise<void> {
    const { projectionOn, poolIn, shards, logger, metrics, leases = {} } = this.parts;
    const begun = await this.#builds.begin(this.#projection, !this.#isRebuilt);
    this.#logger.info({ begun }, 'building read models beside those in force');
    const { next, current } = await this.#builds.schemas();
    const pool = poolIn([next, current]);
    const reader = new EventReader(pool);
    const projection = projectionOn(pool);
    const carry: FollowerParts['carry'] = (db, shardId) => carryFrozen(db, { shardId, from: current, into: next });
    const follower = new Follower({
      projection,
      pool,
      reader,
      shards,
      logger,
      metrics,
      leases,
      isRebuild: true,
      carry,
    });
    this.#beside = { pool, follower, misread: () => misreadPods(projection, pool) };
    follower.start();
  }

  /** Whether the read models that are built have come as far as those in force had a moment ago, and nearly to the end of the log. */
  async #isNearlyThere({ pool }: Beside): Promise<boolean> {
    const { name } = this.#projection;
    const { current } = await this.#builds.schemas();
    const { rows } = await this.parts.pool.query<{ shard_id: number; position: number }>(
      `SELECT shard_id, max(position) AS position
       FROM ${quoted(current)}.projection_bookmark
       GROUP BY shard_id`,
    );
    const built = new Map((await bookmarksOf(pool, name)).map(({ shardId, position }) => [shardId, position]));
    if (!rows.every(({ shard_id, position }) => (built.get(shard_id) ?? -1) >= position)) return false;
    const lags = await readLags(pool, name);
    return lags.every(({ shardId, positions }) => built.has(shardId) && positions < NEARLY_THERE);
  }

  #tell({ shards, differences, errors }: Parity): void {
    for (const difference of differences) this.#logger.debug(difference, 'a pod is read otherwise');
    for (const error of errors) this.#logger.error({ error }, 'the read models that were built are not whole');
    this.#logger.info({ shards }, 'compared the read models that were built with those in force');
  }

  async #dropFormer(): Promise<void> {
    const { rows } = await this.parts.pool.query<{ old: boolean }>(
      `SELECT coalesce(max(taken_at) < now() - make_interval(secs => $1), true) AS old
       FROM takeover`,
      [this.#pace.keepFormerMs / 1_000],
    );
    if (rows[0]?.old !== true) return;
    // One table a transaction: what is dropped is off the disk at once, and nobody waits for more than one.
    while (!this.#stopping && (await this.#builds.dropFormer()));
  }

  async #letGo(): Promise<void> {
    await this.#inForce?.stop();
    this.#inForce = undefined;
  }

  async #leaveBuild(): Promise<void> {
    const beside = this.#beside;
    this.#beside = undefined;
    await beside?.follower.stop();
    await beside?.pool.end();
  }

  #followerOn(pool: Pool): Follower {
    const { projectionOn, shards, logger, metrics, leases = {} } = this.parts;
    return new Follower({
      projection: projectionOn(pool),
      pool,
      reader: new EventReader(pool),
      shards,
      logger,
      metrics,
      leases,
    });
  }

  /** What has not changed is said once. */
  #say(text: string): void {
    if (this.#said !== text) this.#logger.warn(text);
    this.#said = text;
  }
}
