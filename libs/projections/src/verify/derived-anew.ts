import { EventReader, Shards } from '#libs/event-store';
import { RULES, type StuckLimits } from '#libs/init-history';
import { AuditError, type Pool, type PoolClient } from '#libs/platform';
import { bookmarksOf, type Bookmark } from '../following/bookmarks.js';
import { ShardFollower } from '../following/shard-follower.js';
import { readModelTables, toldTables } from '../pod-inits/batch-tables.js';
import { readBegun } from '../horizon/begun-at.js';
import { carryFrozen } from '../horizon/carry.js';
import { podInitsName, PodInitsProjection } from '../pod-inits/pod-inits.projection.js';
import type { Queryable } from '../queryable.js';
import { inTransaction } from '../following/transaction.js';
import { quoted } from '../takeover/builds.js';
import { frozenAsTold, type FrozenAsTold } from './frozen-as-told.js';
import { differingRows, type DifferingRow } from './differing-rows.js';
import { comparedSinceErasure, erasedSinceBuilt } from './since-erasure.js';

/** What deriving read models anew needs. */
export type DerivingParts = Readonly<{
  /** Of the projector. */
  pool: Pool;
  /** Of the tables; he makes the place in which they are derived, and takes it away. */
  owner: Pool;
  /** Sessions of the projector that find the tables of `schemas` in this order. Ours to end. */
  poolIn: (schemas: readonly string[]) => Pool;
  /** Those that the service keeps them with. */
  limits: StuckLimits;
  shard?: number | undefined;
}>;

/** A shard that was looked at: what its read models were held against, up to which position. `rows`: of them all, those that were compared. */
export type DerivedAnew = Readonly<{
  shardId: number;
  position: number;
  rows: number;
  differing: readonly DifferingRow[];
  /**
   * Since when, RFC 3339, what erasures leave as it was known is not compared (`comparedSinceErasure`); absent where all is. Read models that
   * are built anew (`--take-over again`) are compared whole.
   */
  erasedAt?: string;
  /** Frozen rows that were held against the acts that tell of them; absent where nothing is frozen. */
  frozen?: Omit<FrozenAsTold, 'differing'>;
  /** Why nothing could be derived. */
  passedOver: string | null;
}>;

/** Any number of ours: two never derive at once. */
const LOCK = 7_411_004;

/**
 * Derives the read models of each shard once more, from the log alone and beside those in force, and compares the two row by row and column
 * by column. What is frozen is held against the acts that tell of it, and what was told since is derived upon it. The service may go on meanwhile. What is derived here is gone afterwards.
 *
 * @throws AuditError `rules-unusable` where they are kept by rules of another version, `not-ready` where somebody else is at it
 */
export async function deriveAnew(parts: DerivingParts): Promise<readonly DerivedAnew[]> {
  const { owner, poolIn } = parts;
  const place = await owner.connect();
  try {
    const { rows } = await place.query<{ schema: string; mine: boolean }>(
      'SELECT current_schema() AS schema, pg_try_advisory_lock($1) AS mine',
      [LOCK],
    );
    const [{ schema, mine } = { schema: 'public', mine: false }] = rows;
    if (!mine) throw new AuditError('not-ready', 'Another process derives these read models right now.');
    const beside = `${schema}_verify`;
    await makePlace(place, schema, beside);
    const derived = poolIn([beside, schema]);
    try {
      return await deriveShards(parts, derived, { schema, beside });
    } finally {
      await derived.end();
      await place.query(`DROP SCHEMA IF EXISTS ${quoted(beside)} CASCADE`);
    }
  } finally {
    // With the session goes the lock, a moment later than whoever asks again at once.
    await place.query('SELECT pg_advisory_unlock($1)', [LOCK]).catch(() => undefined);
    place.release(true);
  }
}

/** One that was killed may have left its own. */
async function makePlace(db: Queryable, schema: string, beside: string): Promise<void> {
  await db.query(`DROP SCHEMA IF EXISTS ${quoted(beside)} CASCADE`);
  await db.query(`CREATE SCHEMA ${quoted(beside)}`);
  await db.query(`GRANT USAGE ON SCHEMA ${quoted(beside)} TO initledger_projector`);
  for (const table of [...readModelTables, 'projection_bookmark', 'quarantine']) {
    const made = `${quoted(beside)}.${quoted(table)}`;
    await db.query(`CREATE UNLOGGED TABLE ${made} (LIKE ${quoted(schema)}.${quoted(table)} INCLUDING ALL)`);
    await db.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${made} TO initledger_projector`);
  }
}

type Place = Readonly<{ schema: string; beside: string }>;

async function deriveShards(parts: DerivingParts, derived: Pool, place: Place): Promise<readonly DerivedAnew[]> {
  const told: DerivedAnew[] = [];
  for (const { shardId } of await new Shards(parts.pool).list())
    if (parts.shard === undefined || parts.shard === shardId)
      told.push(...(await deriveShard(parts, derived, { shardId, ...place })));
  return told;
}

/** Nothing for a shard of which nothing is told yet. */
async function deriveShard(
  parts: DerivingParts,
  derived: Pool,
  place: Place & Readonly<{ shardId: number }>,
): Promise<readonly DerivedAnew[]> {
  const { shardId, schema, beside } = place;
  const { pool, limits } = parts;
  const reader = new EventReader(derived);
  const mark = await markOf(pool, shardId);
  if (!mark) return [];
  const { position } = mark;
  const { horizon } = await readBegun(pool, shardId);
  const before = await frozenOf(pool, shardId);
  const passedOver = await whyNot(pool, { shardId, horizon, frozen: before });
  if (passedOver !== null) return [{ shardId, position, rows: 0, ...shown(before), passedOver }];
  const carry = (db: PoolClient) => carryFrozen(db, { shardId, from: schema, into: beside });
  const projection = new PodInitsProjection({ reader, db: derived, limits, onParked: () => undefined });
  const bounded = new ReaderUpTo(derived);
  const follower = new ShardFollower({ projection, shardId, pool: derived, reader: bounded, isRebuild: true, carry });
  const deriveUpTo = async (to: number): Promise<void> => {
    bounded.to = to;
    while ((await follower.step()).outcome === 'moved');
  };
  await deriveUpTo(position);
  return inTransaction(pool, async (db) => {
    // The read models in force as of one moment, up to which the others are brought.
    await db.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    await db.query('SET LOCAL idle_in_transaction_session_timeout = 0');
    const now = (await markOf(db, shardId))?.position ?? position;
    await deriveUpTo(now);
    const erasedAt = await erasedSinceBuilt(db, shardId);
    const { rows, differing } = await compareAll(db, derived, { ...place, isErased: erasedAt !== null });
    const frozen = shown(await frozenAsTold(db, shardId));
    const all = [...differing, ...frozen.differing];
    const told = { shardId, position: now, rows, ...frozen, differing: all, passedOver: null };
    return [erasedAt === null ? told : { ...told, erasedAt }];
  });
}

/** Of all tables, those in force against those that were derived. */
async function compareAll(
  db: PoolClient,
  derived: Pool,
  { shardId, schema, beside, isErased }: Place & Readonly<{ shardId: number; isErased: boolean }>,
): Promise<Readonly<{ rows: number; differing: readonly DifferingRow[] }>> {
  const differing: DifferingRow[] = [];
  let rows = 0;
  for (const table of toldTables) {
    const compared = isErased ? comparedSinceErasure[table] : undefined;
    const found = await inTransaction(derived, (other) => {
      const sides = [
        { db, schema },
        { db: other, schema: beside },
      ] as const;
      return differingRows(table, shardId, sides, compared);
    });
    rows += found.rows;
    differing.push(...found.differing);
  }
  return { rows, differing };
}

/** What is derived upon frozen rows can be no better than they are. */
async function whyNot(
  db: Queryable,
  { shardId, horizon, frozen }: Readonly<{ shardId: number; horizon: number; frozen: FrozenAsTold }>,
): Promise<string | null> {
  if (frozen.differing.length > 0) return 'what is frozen is not what it was';
  if (horizon === 0 || (await isFrozenAt(db, shardId, horizon))) return null;
  return 'its oldest events were dropped before anything was frozen';
}

async function isFrozenAt(db: Queryable, shardId: number, horizon: number): Promise<boolean> {
  const { rows } = await db.query<{ frozen: boolean }>(
    `SELECT EXISTS (SELECT FROM frozen_span
                     WHERE shard_id = $1 AND to_position = $2 AND frozen_at IS NOT NULL AND NOT is_passed) AS frozen`,
    [shardId, horizon],
  );
  return rows[0]?.frozen ?? false;
}

const shown = ({ differing, ...frozen }: FrozenAsTold): Pick<DerivedAnew, 'differing' | 'frozen'> =>
  frozen.rows > 0 || frozen.untold.length > 0 ? { differing, frozen } : { differing };

function frozenOf(pool: Pool, shardId: number): Promise<FrozenAsTold> {
  return inTransaction(pool, async (db) => {
    await db.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    return frozenAsTold(db, shardId);
  });
}

/** @throws AuditError `rules-unusable` */
async function markOf(db: Queryable, shardId: number): Promise<Bookmark | undefined> {
  const mark = (await bookmarksOf(db, podInitsName)).find((each) => each.shardId === shardId);
  if (mark && mark.rules !== RULES)
    throw new AuditError('rules-unusable', `The read models are kept by rules ${mark.rules}, and these are ${RULES}.`, {
      remedy: 'Verify them by the version that keeps them.',
    });
  return mark;
}

/** A log as if it ended at `to`. */
class ReaderUpTo extends EventReader {
  to = -1;

  override async readAfter(...asked: Parameters<EventReader['readAfter']>): ReturnType<EventReader['readAfter']> {
    return (await super.readAfter(...asked)).filter(({ position }) => position <= this.to);
  }
}
