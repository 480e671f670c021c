import { setTimeout as sleep } from 'node:timers/promises';
import { errorCode, type Pool } from '#libs/platform';
import { inTransaction } from '../following/transaction.js';
import type { Queryable } from '../queryable.js';
import { quoted, takeBuildLock } from './builds.js';
import type { Builds, Schemas } from './builds.js';
import type { ShardParity } from './parity.js';
import type { Reading } from './rules-order.js';

/** What takes over from what, and how the two compared. */
export type Swap = Readonly<{ ours: Reading; from: readonly Reading[]; shards: readonly ShardParity[] }>;

/** For so long a projector of the old rules is held up, so that the new read models can come as far as it has. */
const CATCH_UP_MS = 5_000;

/** For so long questions wait behind the swap, which waits for those that are being answered; then it is tried again later. */
const LOCK_MS = 400;

/**
 * Puts the read models of `next` in force, in one transaction. Whoever was told something is told the same or later: they have read as far
 * as those in force, or nothing is done.
 *
 * @returns false when it is not the time: try again
 */
export async function swap(
  pool: Pool,
  builds: Builds,
  { ours, from, shards }: Swap,
  catchUpMs = CATCH_UP_MS,
): Promise<boolean> {
  const schemas = await builds.schemas();
  try {
    await inTransaction(pool, async (db) => {
      await takeBuildLock(db);
      await db.query('SET LOCAL lock_timeout = 5000');
      // Keeps a projector of the old rules from moving on, and nobody from being answered.
      await db.query(`LOCK TABLE ${quoted(schemas.current)}.projection_bookmark IN EXCLUSIVE MODE`);
      await caughtUp(db, schemas, ours, catchUpMs);
      await db.query(`SET LOCAL lock_timeout = ${LOCK_MS}`);
      const all = [schemas.current, schemas.next].flatMap((schema) =>
        builds.tables.map((table) => `${quoted(schema)}.${quoted(table)}`),
      );
      await db.query(`LOCK TABLE ${all.join(', ')} IN ACCESS EXCLUSIVE MODE`);
      // What goes is frozen in those in force: under these locks nothing more can go.
      if (!(await builds.areAtHorizon(db))) throw new NotNow();
      await note(db, { ours, from, shards });
      await builds.swap(db);
    });
    return true;
  } catch (error) {
    if (error instanceof NotNow || errorCode(error) === LOCK_NOT_AVAILABLE) return false;
    throw error;
  }
}

const LOCK_NOT_AVAILABLE = '55P03';

/** Rolls the transaction back: nothing has failed. */
class NotNow extends Error {}

async function caughtUp(db: Queryable, schemas: Schemas, { name, rules }: Reading, patienceMs: number): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const { rows } = await db.query<{ behind: boolean }>(
      `SELECT EXISTS (
         SELECT FROM ${quoted(schemas.current)}.projection_bookmark AS before
         LEFT JOIN ${quoted(schemas.next)}.projection_bookmark AS after
           ON after.shard_id = before.shard_id AND after.name = $1 AND after.rules = $2
         WHERE after.position IS NULL OR after.position < before.position) AS behind`,
      [name, rules],
    );
    if (rows[0]?.behind === false) return;
    if (performance.now() > deadline) throw new NotNow();
    await sleep(20);
  }
}

async function note(db: Queryable, { ours, from, shards }: Swap): Promise<void> {
  await db.query(
    `INSERT INTO takeover (shard_id, taken_at, name, from_rules, to_rules, position, pods_before, pods_after, attempts_before,
                           attempts_after, pods_differing)
     SELECT shard.shard_id, clock_timestamp(), $1, $2, $3, shard.position, shard.pods_before, shard.pods_after, shard.attempts_before,
            shard.attempts_after, shard.pods_differing
     FROM json_populate_recordset(NULL::takeover, $4) AS shard`,
    [
      ours.name,
      [...new Set(from.map(({ rules }) => rules))].join(', '),
      ours.rules,
      JSON.stringify(
        shards.map((shard) => ({
          shard_id: shard.shardId,
          position: shard.position,
          pods_before: shard.podsBefore,
          pods_after: shard.podsAfter,
          attempts_before: shard.attemptsBefore,
          attempts_after: shard.attemptsAfter,
          pods_differing: shard.podsDiffering,
        })),
      ),
    ],
  );
}
