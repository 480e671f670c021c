/** Where each projection of each shard stands: the table `projection_bookmark`. */
import type { Queryable } from '../queryable.js';
import type { Projection } from './projection.js';

/** The last event projected; position -1 before the first. */
export type Bookmark = Readonly<{
  shardId: number;
  name: string;
  position: number;
  recordedAt: string | null;
  rules: string;
  /** Side effects only from here on: what lies before was told under other rules, or before there was anybody to tell. */
  liveFrom: number;
}>;

type BookmarkRow = {
  shard_id: number;
  name: string;
  position: number;
  recorded_at: string | null;
  rules: string;
  live_from: number;
};

const columns = 'shard_id, name, position, recorded_at, rules, live_from';

/**
 * The bookmark of a projection in this shard, locked; undefined before the shard was begun.
 *
 * @throws OthersKeep where other rules or another version of the projection keep the read models, of whatever shard
 */
export async function ownBookmark(
  db: Queryable,
  shardId: number,
  { name, family, rules }: Projection,
): Promise<Bookmark | undefined> {
  const { rows } = await db.query<BookmarkRow>(
    `SELECT ${columns}
     FROM projection_bookmark
     WHERE name ~ ('^' || $1 || '-v[0-9]+$')`,
    [family],
  );
  const other = rows.find((row) => row.name !== name || row.rules !== rules);
  if (other) throw new OthersKeep(toBookmark(other));
  const own = await db.query<BookmarkRow>(
    `SELECT ${columns}
     FROM projection_bookmark
     WHERE shard_id = $1 AND name = $2
     FOR UPDATE`,
    [shardId, name],
  );
  return own.rows.map(toBookmark)[0];
}

/** The read models are somebody else's: nothing has failed, and nothing is written. */
export class OthersKeep extends Error {
  constructor({ name, rules }: Bookmark) {
    super(`the read models are kept by ${name} with rules ${rules}`);
  }
}

/** The bookmarks of one projection, by shard. */
export async function bookmarksOf(db: Queryable, name: string): Promise<readonly Bookmark[]> {
  const { rows } = await db.query<BookmarkRow>(
    `SELECT ${columns}
     FROM projection_bookmark
     WHERE name = $1
     ORDER BY shard_id`,
    [name],
  );
  return rows.map(toBookmark);
}

/** A bookmark before the first event. One that another worker made in the meantime stays, and the answer is false. */
export async function beginBookmark(
  db: Queryable,
  { name, rules }: Projection,
  { shardId, liveFrom }: Readonly<{ shardId: number; liveFrom: number }>,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `INSERT INTO projection_bookmark (shard_id, name, position, rules, live_from)
     VALUES ($1, $2, -1, $3, $4)
     ON CONFLICT (shard_id, name) DO NOTHING`,
    [shardId, name, rules, liveFrom],
  );
  return rowCount === 1;
}

/** Places a bookmark that the caller's transaction began at what its tables tell. */
export async function placeBookmark(
  db: Queryable,
  { name }: Projection,
  { shardId, position }: Readonly<{ shardId: number; position: number }>,
): Promise<void> {
  await db.query('UPDATE projection_bookmark SET position = $3 WHERE shard_id = $1 AND name = $2', [
    shardId,
    name,
    position,
  ]);
}

/**
 * Moves a bookmark from where this worker knows it to `to`.
 *
 * @returns false when it does not stand there: another worker has this shard, and this one must roll back and stand aside
 */
export async function moveBookmark(
  db: Queryable,
  from: Bookmark,
  to: Readonly<{ position: number; recordedAt: string }>,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE projection_bookmark
     SET position = $1, recorded_at = $2
     WHERE shard_id = $3 AND name = $4 AND position = $5 AND rules = $6 AND live_from = $7`,
    [to.position, to.recordedAt, from.shardId, from.name, from.position, from.rules, from.liveFrom],
  );
  return rowCount === 1;
}

const toBookmark = ({ shard_id, name, position, recorded_at, rules, live_from }: BookmarkRow): Bookmark => ({
  shardId: shard_id,
  name,
  position,
  recordedAt: recorded_at,
  rules,
  liveFrom: live_from,
});
