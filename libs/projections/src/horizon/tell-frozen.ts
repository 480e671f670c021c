/** Tells in the log of acts what was frozen: what frozen rows come to, so that a change of theirs is found. */
import { historyAct, type ActWriters, type RowsFrozen } from '#libs/event-store';
import type { Pool } from '#libs/platform';
import { inTransaction } from '../following/transaction.js';
import type { KeptBy } from './freeze.js';
import { asHashed, columnsNow, frozenHashes, rootsOf, spanValues, type HashedColumns } from './frozen-rows.js';

/** What telling needs. */
export type Telling = Readonly<{ pool: Pool; by: KeptBy; acts: Pick<ActWriters, 'appendInSpite'> }>;

/** Nobody waits for it. */
const HOURS_MS = 4 * 3_600_000;

type Untold = Readonly<{
  shard_id: number;
  from_position: number;
  to_position: number;
  since: number | null;
  name: string;
  rules: string;
  done_to: string | null;
  frozen_at: string;
  mark: number;
}>;

/**
 * Tells of every span that is frozen and of which no act tells, or over which pods were derived again since: an erasure may have changed it.
 * Of one that is as it was told nothing is told again. Whoever is killed leaves it to the next one.
 *
 * @returns how many acts that took
 */
export async function tellFrozen({ pool, by, acts }: Telling): Promise<number> {
  const { rows } = await pool.query<Untold>(
    `SELECT span.shard_id, from_position, to_position,
            (SELECT max(before.to_position) FROM frozen_span AS before
              WHERE before.shard_id = span.shard_id AND before.to_position < span.to_position AND before.frozen_at IS NOT NULL) AS since,
            span.name, span.rules, done_to,
            to_char(frozen_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS frozen_at, mark.live_from AS mark
       FROM frozen_span AS span
       JOIN projection_bookmark AS mark ON mark.shard_id = span.shard_id AND mark.name = $1 AND mark.rules = $2
      WHERE frozen_at IS NOT NULL AND (told_by IS NULL OR told_mark IS DISTINCT FROM mark.live_from)
      ORDER BY span.shard_id, to_position`,
    [by.name, by.rules],
  );
  let told = 0;
  for (const span of rows) if (await tell({ pool, by, acts }, span)) told += 1;
  return told;
}

async function tell({ pool, by, acts }: Telling, span: Untold): Promise<boolean> {
  const columns = await columnsNow(pool);
  const roots = await hashAnew(pool, span, columns);
  const act: RowsFrozen = {
    type: 'RowsFrozen',
    at: new Date().toISOString(),
    from: span.from_position,
    to: span.to_position,
    since: span.since,
    name: span.name,
    rules: span.rules,
    doneTo: span.done_to,
    frozenAt: span.frozen_at,
    mark: span.mark,
    columns,
    ...roots,
  };
  const known = await lastTold(pool, span);
  const isTold = known !== undefined && isSame(known.act, act);
  const position = isTold
    ? known.position
    : (await acts.appendInSpite(span.shard_id, [historyAct(span.shard_id, act)])).first;
  await note(pool, by, span, position);
  return !isTold;
}

/** The hashes of the rows as they are now take the place of those that were there. */
async function hashAnew(
  pool: Pool,
  { shard_id, since, to_position: to }: Untold,
  columns: HashedColumns,
): Promise<Pick<RowsFrozen, 'rows' | 'seeds'>> {
  return inTransaction(pool, async (db) => {
    await asHashed(db);
    await db.query('DELETE FROM frozen_digest WHERE shard_id = $1 AND to_position = $2', [shard_id, to]);
    const patient = {
      text: `WITH made AS (
               INSERT INTO frozen_digest (shard_id, to_position, stream_id, name, hashes)
               SELECT $1, $3, stream_id, name, hashes FROM (${frozenHashes(columns)}) AS each
               RETURNING stream_id, name, hashes)
             ${rootsOf('SELECT * FROM made')}`,
      values: spanValues(shard_id, { since, to }),
      query_timeout: HOURS_MS,
    };
    const { rows } = await db.query<Pick<RowsFrozen, 'rows' | 'seeds'>>(patient);
    return rows[0] ?? { rows: '', seeds: '' };
  });
}

/** Where pods were derived again meanwhile, it is looked at once more. */
async function note(pool: Pool, by: KeptBy, span: Untold, position: number): Promise<void> {
  await inTransaction(pool, async (db) => {
    const { rowCount } = await db.query(
      `SELECT FROM projection_bookmark WHERE shard_id = $1 AND name = $2 AND rules = $3 AND live_from = $4 FOR SHARE`,
      [span.shard_id, by.name, by.rules, span.mark],
    );
    if (rowCount !== 1) return;
    await db.query(
      `UPDATE frozen_span SET told_by = $3, told_mark = $4
        WHERE shard_id = $1 AND to_position = $2 AND frozen_at = $5::timestamptz`,
      [span.shard_id, span.to_position, position, span.mark, span.frozen_at],
    );
  });
}

/** The last act that tells of a span, and where it is. */
async function lastTold(
  pool: Pool,
  { shard_id, to_position }: Untold,
): Promise<Readonly<{ position: number; act: RowsFrozen }> | undefined> {
  const { rows } = await pool.query<{ position: number; act: RowsFrozen }>(
    `SELECT position, body AS act
       FROM act_event
      WHERE shard_id = $1 AND type = 'RowsFrozen' AND (body->>'to')::bigint = $2
      ORDER BY position DESC LIMIT 1`,
    [shard_id, to_position],
  );
  return rows[0];
}

/** Seeds that are gone are told of by the act that told them. */
const isSame = (known: RowsFrozen, act: RowsFrozen): boolean =>
  known.rows === act.rows &&
  (known.seeds === act.seeds || act.seeds === NOTHING) &&
  known.from === act.from &&
  known.since === act.since &&
  known.name === act.name &&
  known.rules === act.rules &&
  known.frozenAt === act.frozenAt &&
  JSON.stringify(known.columns) === JSON.stringify(act.columns);

/** SHA-256 of nothing. */
const NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
