import { AuditError, rowTypes, type Pool } from '#libs/platform';

import type { LogName } from '../event.js';
import { tablesOf } from '../log-tables.js';
import type { ActWriters } from './act-writers.js';
import { historyAct, type Ground } from './history-acts.js';

/** Which bodies are to be erased. */
export type Erasing = Ground & Readonly<{ shardId: number; log: LogName; positions: readonly number[] }>;

/** An event whose body was erased. */
export type Erased = Readonly<{ position: number; streamId: string; type: string }>;

/** What may be erased: what was said of pods and alerts. The rest is how the log itself came about, and what was done to it. */
const ERASABLE = new Set([
  'PodObserved',
  'PodGone',
  'KubeEventObserved',
  'InitLogCaptured',
  'AlertFired',
  'AlertResolved',
]);

/** The positions of a log whose bodies hold `text`. */
export async function positionsHolding(
  pool: Pool,
  { shardId, log }: Pick<Erasing, 'shardId' | 'log'>,
  text: string,
): Promise<readonly number[]> {
  const { rows } = await pool.query<{ position: number }>({
    text: `SELECT position FROM ${tablesOf(log).log} WHERE shard_id = $1 AND strpos(body::text, $2) > 0 ORDER BY position`,
    // As JSON writes it.
    values: [shardId, JSON.stringify(text).slice(1, -1)],
    types: rowTypes,
  });
  return rows.map(({ position }) => position);
}

/**
 * Erases bodies: first an act says which, why and by whom, then they go, with their salts. Their leaves stay, and with them every proof.
 * What was derived from them is still there: whoever calls sees to that.
 *
 * @returns those that were erased; not those that had been erased before
 * @throws AuditError `history-kept` for one that is held, `request-invalid` for one that cannot be erased, or is not there
 */
export async function eraseBodies(
  { pool, acts }: Readonly<{ pool: Pool; acts: Pick<ActWriters, 'appendInSpite'> }>,
  { shardId, log, positions, reason, author }: Erasing,
): Promise<readonly Erased[]> {
  const found = await look(pool, { shardId, log, positions });
  const left = found.filter(({ isErased }) => !isErased);
  if (left.length === 0) return [];
  const act = historyAct(shardId, {
    type: 'BodiesErased',
    at: new Date().toISOString(),
    log,
    positions: left.map(({ position }) => position),
    reason,
    author,
  });
  const { first } = await acts.appendInSpite(shardId, [act]);
  await pool.query('SELECT erase_bodies($1, $2)', [shardId, first]);
  return left.map(({ position, streamId, type }) => ({ position, streamId, type }));
}

type Found = Erased & Readonly<{ isErased: boolean }>;

async function look(
  pool: Pool,
  { shardId, log, positions }: Pick<Erasing, 'shardId' | 'log' | 'positions'>,
): Promise<readonly Found[]> {
  type Row = Readonly<{ position: number; stream_id: string; type: string; erased: boolean; held: string | null }>;
  const { rows } = await pool.query<Row>({
    text: `SELECT position, stream_id, type, body IS NULL AS erased,
                  (SELECT reason FROM legal_hold
                    WHERE legal_hold.shard_id = known.shard_id AND released_at IS NULL
                      AND recorded_at >= from_at AND recorded_at < to_at
                    LIMIT 1) AS held
             FROM ${tablesOf(log).log} AS known
            WHERE shard_id = $1 AND position = ANY ($2)
            ORDER BY position`,
    values: [shardId, positions],
    types: rowTypes,
  });
  const there = new Set(rows.map(({ position }) => position));
  const missing = positions.find((position) => !there.has(position));
  if (missing !== undefined) throw new AuditError('request-invalid', `Shard ${shardId} has no event ${missing}.`);
  for (const { position, type, held } of rows) {
    if (held !== null)
      throw new AuditError('history-kept', `Event ${position} of shard ${shardId} is held: ${held}.`, {
        remedy: 'Release the hold first.',
      });
    if (!ERASABLE.has(type))
      throw new AuditError(
        'request-invalid',
        `Event ${position} of shard ${shardId} is a ${type}, which is not erased.`,
        {
          remedy: 'Only what was said of pods and alerts is.',
        },
      );
  }
  return rows.map(({ position, stream_id, type, erased }) => ({
    position,
    streamId: stream_id,
    type,
    isErased: erased,
  }));
}
