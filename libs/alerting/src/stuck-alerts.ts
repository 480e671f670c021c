import { randomUUID } from 'node:crypto';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { EventReader, Shards, type ActWriters, type NewEvent, type Shard } from '#libs/event-store';
import { isAuditError, type Database, type HealthChecks, type Logger } from '#libs/platform';
import { readActs } from './act-reading.js';
import { actOf, type AlertAct } from './acts.js';
import { firingAlerts, lastEpisodes, noteStanding } from './alert-table.js';
import { actId } from './identity.js';
import { decide, handOver } from './decide.js';
import type { Transition } from './decide.js';
import { repeat } from './repeat.js';
import { finishAlertErasures } from './finish-erasures.js';
import { holdLease, releaseLease } from './lease.js';
import { putAgain } from './outbox.js';
import type { Receiver } from './receivers.js';
import { stuckGroups } from './stuck-groups.js';
import { canSee } from './sight.js';

const scanEveryMs = 1000;

type Parts = Readonly<{
  database: Database;
  receivers: readonly Receiver[];
  health: HealthChecks;
  logger: Logger;
  /** Shared by all that record acts in this process. */
  acts: Pick<ActWriters, 'append'>;
}>;

/** Whose deadlines are looked at. */
export type ScannedShard = Readonly<{
  shardId: number;
  cluster: string;
  source: Shard['source'];
  /** Nothing is recorded into it any more. */
  isClosed?: boolean;
}>;

/**
 * Decides once a second, for every shard, which alerts fire: nothing arrives from a cluster when nothing happens, so a
 * deadline is looked for. Each transition is an act in the log, with its evidence, before anybody is told.
 */
export class StuckAlerts implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #owner = randomUUID();
  readonly #passedOver = new Set<number>();
  readonly #held = new Set<number>();
  readonly #acts: EventReader;
  readonly #shards: Shards;
  readonly #logger: Logger;
  #running: Promise<void> = Promise.resolve();
  #stopped = new AbortController();
  #scannedAt = Date.now();

  constructor(private readonly parts: Parts) {
    this.#acts = new EventReader(parts.database.projection, 'act_event');
    this.#shards = new Shards(parts.database.projection);
    this.#logger = parts.logger.child({ component: 'alerting' });
  }

  onApplicationBootstrap(): void {
    this.parts.health.register({
      name: 'alerting',
      check: async () => {
        if (Date.now() - this.#scannedAt > 30_000) throw new Error('deadlines have not been looked at for 30 s');
      },
      remedy: 'See the errors of component "alerting" in the log; the database must be reachable.',
    });
    this.#running = repeat({
      everyMs: scanEveryMs,
      signal: this.#stopped.signal,
      step: () => this.#scanAll(),
      onFailure: (error) => this.#logger.error({ error }, 'failed to scan for stuck initializations, will try again'),
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
    for (const shardId of this.#held) await releaseLease(this.parts.database.projection, shardId, this.#owner);
  }

  async #scanAll(): Promise<void> {
    const erasures = await finishAlertErasures(this.parts.database.projection);
    if (erasures > 0) this.#logger.info({ erasures }, 'alerts tell nothing any more of erased bodies');
    for (const { shardId, clusterName, source, closedAt } of await this.#shards.list()) {
      await this.scan({ shardId, cluster: clusterName, source, isClosed: closedAt !== null }, new Date());
    }
    this.#scannedAt = Date.now();
  }

  /** One look at one shard: what is to fire or to end at `now` becomes acts, rows and deliveries. A recording is of the past: of it nobody is told. */
  async scan(shard: ScannedShard, now: Date): Promise<void> {
    if (shard.source === 'recording') return this.#passOver(shard);
    const pool = this.parts.database.projection;
    if (!(await holdLease(pool, shard.shardId, this.#owner))) return;
    this.#held.add(shard.shardId);
    await readActs({ pool, acts: this.#acts }, shard.shardId, this.parts.receivers);
    if (shard.isClosed) {
      await this.#note(shard.shardId, handOver(await firingAlerts(pool, shard.shardId)), now);
      await putAgain(pool, shard.shardId, this.parts.receivers, now);
      return;
    }
    // who cannot see can neither say that it is stuck nor that it is well; what fires goes on firing
    if (await canSee(pool, shard.shardId, now)) {
      const groups = await stuckGroups(pool, shard, now);
      const firing = await firingAlerts(pool, shard.shardId);
      const transitions = decide(groups, firing, await lastEpisodes(pool, shard.shardId));
      await this.#note(shard.shardId, transitions, now);
      await noteStanding(pool, shard.shardId, groups);
    }
    await putAgain(pool, shard.shardId, this.parts.receivers, now);
  }

  #passOver({ shardId, cluster }: ScannedShard): void {
    if (this.#passedOver.has(shardId)) return;
    this.#passedOver.add(shardId);
    this.#logger.info({ shardId, cluster }, 'no alerts are raised for a recording, which is of the past');
  }

  #note(shardId: number, transitions: readonly Transition[], now: Date): Promise<void> {
    return this.#record(
      shardId,
      transitions.map((transition) => actOf(transition, now.toISOString())),
    );
  }

  async #record(shardId: number, acts: readonly AlertAct[]): Promise<void> {
    if (acts.length === 0) return;
    try {
      await this.parts.acts.append(shardId, acts.map(toEvent));
    } catch (error) {
      if (!isAuditError(error, 'writer-fenced')) throw error;
      // somebody else wrote acts; whatever is still so will be seen at the next scan
      this.#logger.warn({ shardId }, 'another process recorded acts, stood aside');
      return;
    }
    for (const { type, alertId, episode } of acts) this.#logger.info({ shardId, alertId, episode }, `recorded ${type}`);
    await readActs({ pool: this.parts.database.projection, acts: this.#acts }, shardId, this.parts.receivers);
  }
}

function toEvent(act: AlertAct): NewEvent {
  return {
    streamId: act.alertId,
    eventId: actId(act.alertId, act.episode, act.type),
    type: act.type,
    schemaVersion: 1,
    body: JSON.stringify(act),
  };
}
