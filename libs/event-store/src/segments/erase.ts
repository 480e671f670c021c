import { randomUUID } from 'node:crypto';

import { AuditError, rowTypes, type Pool } from '#libs/platform';

import type { LogName } from '../event.js';
import { archivedPositions, erasedPositions } from '../ledger/told-losses.js';
import { tablesOf } from '../log-tables.js';
import type { ActWriters } from './act-writers.js';
import { noteText, type ToldText } from './erasure-texts.js';
import { historyAct, type Ground } from './history-acts.js';

/** Which bodies are to be erased. */
export type Erasing = Ground &
  Readonly<{
    shardId: number;
    log: LogName;
    positions: readonly number[];
    /** Whether the recorder leaves untold what lives and says it still, until that changes; unless told, it tells it again. */
    stayAway?: boolean;
    /** A text that goes as well from what was told, where no event says it any more. */
    told?: ToldText | undefined;
    /** Of events that are not here any more, and whose bodies archives hold: an import leaves them out. */
    archived?: readonly number[];
  }>;

/** An event whose body was erased. */
export type Erased = Readonly<{ position: number; streamId: string; type: string }>;

/**
 * What may be erased: all that holds words of people. The rest is how the log itself came about (watches, gaps, forks, reducers) and what was
 * done to it (holds, drops, erasures): without that nobody could tell what is missing, and why. `erase_bodies` in the database says the same.
 */
export const ERASABLE: ReadonlySet<string> = new Set([
  'PodObserved',
  'PodGone',
  'KubeEventObserved',
  'InitLogCaptured',
  'NodeObserved',
  'OwnerObserved',
  'NamespaceObserved',
  'AlertFired',
  'AlertResolved',
]);

/** Where a text stands in a log: what can be erased of that, and what cannot. */
export type Holding = Readonly<{
  positions: readonly number[];
  kept: readonly Readonly<{ position: number; type: string }>[];
}>;

/** The events of a log whose bodies hold `text`. */
export async function eventsHolding(
  pool: Pool,
  { shardId, log }: Pick<Erasing, 'shardId' | 'log'>,
  text: string,
): Promise<Holding> {
  const { rows } = await pool.query<{ position: number; type: string }>({
    text: `SELECT position, type FROM ${tablesOf(log).log} WHERE shard_id = $1 AND strpos(body::text, $2) > 0 ORDER BY position`,
    // As JSON writes it.
    values: [shardId, JSON.stringify(text).slice(1, -1)],
    types: rowTypes,
  });
  return {
    positions: rows.filter(({ type }) => ERASABLE.has(type)).map(({ position }) => position),
    kept: rows.filter(({ type }) => !ERASABLE.has(type)),
  };
}

/** The positions of a log whose bodies hold `text` and can be erased. */
export const positionsHolding = async (...asked: Parameters<typeof eventsHolding>): Promise<readonly number[]> =>
  (await eventsHolding(...asked)).positions;

/**
 * @throws AuditError `history-kept` for one that is held, `request-invalid` for one that cannot be erased, or is not there
 */
export async function assertErasable(
  pool: Pool,
  bodies: Pick<Erasing, 'shardId' | 'log' | 'positions'>,
): Promise<void> {
  await look(pool, bodies);
}

/**
 * Erases bodies: first an act says which, why and by whom, then they go, with their salts. Their leaves stay, and with them every proof.
 * What was derived from them is still there, and noted as such: `pendingErasures` tells it, as it tells an act whose author was killed
 * before the bodies went. So is a text that is to go from what was told: it waits where `pendingErasures` finds it.
 *
 * @returns those that were erased; not those that had been erased before
 * @throws AuditError `history-kept` for one that is held, `request-invalid` for one that cannot be erased, or is not there
 */
export async function eraseBodies(
  { pool, acts }: Readonly<{ pool: Pool; acts: Pick<ActWriters, 'appendInSpite'> }>,
  { shardId, log, positions, stayAway = false, told, archived = [], reason, author }: Erasing,
): Promise<readonly Erased[]> {
  const found = await look(pool, { shardId, log, positions });
  const left = found.filter(({ isErased }) => !isErased);
  const kept = archived.length === 0 ? [] : await untold(pool, shardId, archived);
  if (left.length === 0 && kept.length === 0 && Object.keys(told?.rows ?? {}).length === 0) return [];
  const textId = told && randomUUID();
  const act = historyAct(shardId, {
    type: 'BodiesErased',
    at: new Date().toISOString(),
    log,
    positions: left.map(({ position }) => position),
    ...(stayAway && { stayAway }),
    ...(told && textId !== undefined && { told: { textId, rows: told.rows } }),
    ...(kept.length > 0 && { archived: kept }),
    reason,
    author,
  });
  const carryOut = async (): Promise<void> => {
    const { first } = await acts.appendInSpite(shardId, [act]);
    await pool.query('SELECT erase_bodies($1, $2)', [shardId, first]);
  };
  if (told && textId !== undefined) await noteText(pool, { shardId, textId, text: told.text }, carryOut);
  else await carryOut();
  return left.map(({ position, streamId, type }) => ({ position, streamId, type }));
}

/** Those of which no act says yet that their bodies were erased. */
async function untold(connection: Pool, shardId: number, positions: readonly number[]): Promise<readonly number[]> {
  const told = await erasedPositions({ connection, shardId });
  for (const position of await archivedPositions({ connection, shardId })) told.add(position);
  return positions.filter((position) => !told.has(position));
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
          remedy:
            'What was said of pods, their logs, nodes, owners and namespaces, and of alerts, is. The rest tells how the log came about, and what was done to it.',
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
