import { setTimeout as sleep } from 'node:timers/promises';
import type { ActWriters } from '#libs/event-store';
import { RULES } from '#libs/init-history';
import type { Logger, Pool } from '#libs/platform';
import { podInitsName } from '../pod-inits/pod-inits.projection.js';
import { freeze, type KeptBy } from './freeze.js';
import type { Span } from './streams.js';
import { tellFrozen, type Telling } from './tell-frozen.js';

/** What a freezer is made of. */
export type FreezerParts = Readonly<{
  pool: Pool;
  /** Whose read models it freezes: those of others it leaves alone. */
  by: KeptBy;
  /** What is frozen is told by an act; unless given, it is not. */
  acts?: Pick<ActWriters, 'appendInSpite'> | undefined;
  logger: Logger;
  everyMs?: number;
}>;

const EVERY_MS = 15_000;
/** Any number of ours: one process of several looks at a time. */
const FREEZE_LOCK = 7_411_005;

/**
 * Looks which weeks are to go, and freezes what was told of them: until that is done no week goes. It reads the log and what the read models
 * rest on, some pods at a time, and holds up nobody who follows or asks.
 */
export class Freezer {
  readonly #ending = new AbortController();
  readonly #logger: Logger;
  #running: Promise<void> | undefined;
  #failure: unknown;

  constructor(private readonly parts: FreezerParts) {
    this.#logger = parts.logger.child({ component: 'freezing' });
  }

  /** Begins to look. Returns at once. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Lets what is being written end. What is not frozen by then is gone on with by whoever looks next. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  /** @throws unknown the failure of the last look */
  check(): Promise<void> {
    // eslint-disable-next-line typescript/prefer-promise-reject-errors
    return this.#failure === undefined ? Promise.resolve() : Promise.reject(this.#failure);
  }

  /** One look. @returns what was frozen up to its end */
  async look(): Promise<readonly Span[]> {
    const { pool, by, acts } = this.parts;
    const looked = await alone(pool, async () => {
      await forgetBelow(pool);
      const frozen: Span[] = [];
      for (let next = await awaited(pool, frozen); next; next = await awaited(pool, frozen)) {
        if (!(await freeze({ pool, by, signal: this.#ending.signal }, next))) break;
        this.#logger.info({ ...next, ...by }, 'froze what was told of a week that goes');
        frozen.push(next);
      }
      if (acts) await tellFrozen({ pool, by, acts });
      return frozen;
    });
    return looked ?? [];
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      try {
        await this.look();
        this.#failure = undefined;
      } catch (error) {
        if (signal.aborted) return;
        this.#failure = error;
        this.#logger.warn({ error }, 'could not freeze what was told of a week that is to go; will try again');
      }
      await sleep(this.parts.everyMs ?? EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Tells of what an erasure left of frozen rows, unless the projector is about to. */
export async function tellFrozenAnew(telling: Omit<Telling, 'by'>): Promise<void> {
  await alone(telling.pool, () => tellFrozen({ ...telling, by: { name: podInitsName, rules: RULES } }));
}

/** One process of several works at a time; undefined where it is another. */
async function alone<Result>(pool: Pool, work: () => Promise<Result>): Promise<Result | undefined> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query<{ ours: boolean }>('SELECT pg_try_advisory_lock($1) AS ours', [FREEZE_LOCK]);
    if (!rows[0]?.ours) return undefined;
    const result = await work();
    // Not left to the end of the connection, which the server notices later: whoever is next would be turned away.
    await client.query('SELECT pg_advisory_unlock($1)', [FREEZE_LOCK]);
    return result;
  } finally {
    // With the connection goes the lock, whatever failed.
    client.release(true);
  }
}

/** What is kept of pods as of horizons that are passed: nobody begins there any more. */
async function forgetBelow(pool: Pool): Promise<void> {
  // Marked first: where archives that are imported bring the horizon back, nobody takes these for what can be gone on from.
  await pool.query(
    `UPDATE frozen_span AS span SET is_passed = true
     FROM shard_head AS head
     WHERE head.shard_id = span.shard_id AND span.to_position < head.first_position AND NOT span.is_passed`,
  );
  await pool.query(
    `DELETE FROM pod_seed
     USING shard_head AS head
     WHERE head.shard_id = pod_seed.shard_id AND pod_seed.horizon < head.first_position`,
  );
}

/** The oldest span of which nothing but this keeps a week from going, and that is not among `done`. */
async function awaited(pool: Pool, done: readonly Span[]): Promise<Span | undefined> {
  const { rows } = await pool.query<{ shard_id: number; base: number; next_position: number }>(
    `SELECT week.shard_id, week.next_position,
            greatest(head.first_position, (
              SELECT max(frozen.to_position) FROM frozen_span AS frozen
              WHERE frozen.shard_id = week.shard_id AND frozen.to_position < week.next_position AND frozen.frozen_at IS NOT NULL)) AS base
     FROM segment AS week
     JOIN shard_head AS head USING (shard_id)
     WHERE week.due_at IS NOT NULL AND week.dropped_at IS NULL AND (kept_because(week.from_at, week.to_at)).awaits_freezing
       AND NOT EXISTS (SELECT FROM frozen_span AS frozen
                       WHERE frozen.shard_id = week.shard_id AND frozen.to_position = week.next_position AND frozen.frozen_at IS NOT NULL)
     ORDER BY week.from_at, week.shard_id`,
  );
  const spans = rows.map(({ shard_id, base, next_position }) => ({ shardId: shard_id, from: base, to: next_position }));
  return spans.find(({ shardId, to }) => !done.some((span) => span.shardId === shardId && span.to === to));
}
