import { rowTypes, type Pool, type PoolClient } from '#libs/platform';

import type { LogName } from '../event.js';
import type { Erased } from './erase.js';
import { forgetUnnamedTexts } from './erasure-texts.js';
import { historyStream } from './history-acts.js';

/** Bodies that one act erased. */
export type Erasure = Readonly<{
  shardId: number;
  /** Of the act. */
  position: number;
  log: LogName;
  bodies: readonly Erased[];
  /** Whether it is of a text, which goes as well from what was told, where no event says it any more. */
  isOfText: boolean;
  /** That text; null once nothing tells it. */
  text: string | null;
}>;

/** What is still to be done about erasures. */
type Pending = Readonly<{
  /** The oldest first: what is derived from these may still say what they said. */
  erasures: readonly Erasure[];
  /** Why acts could not be carried out, as where a hold was placed after them. */
  refusals: readonly Error[];
}>;

/** Who derives something from the logs: read models from observations, alerts from acts and from what is told of pods. */
export type Deriving = 'readModels' | 'alerts';

const pendingFor: Readonly<Record<Deriving, string>> = {
  readModels: `log = 'event' AND read_models_at IS NULL`,
  alerts: `alerts_at IS NULL AND (log = 'act_event' OR read_models_at IS NOT NULL)`,
};

/**
 * The erasures after which `by` has not derived again yet. An act whose author was killed before the bodies went is carried out first.
 *
 * @param pool of the projector
 */
export async function pendingErasures(pool: Pool, by: Deriving): Promise<Pending> {
  const refusals = await carryOut(pool);
  await forgetUnnamedTexts(pool);
  type Row = Omit<Erasure, 'shardId'> & Readonly<{ shard_id: number }>;
  const { rows } = await pool.query<Row>({
    text: `SELECT shard_id, position, log, bodies, ${textOf},
                  EXISTS (SELECT FROM act_event AS act
                           WHERE act.shard_id = erasure.shard_id AND act.position = erasure.position AND act.body->'told' IS NOT NULL) AS "isOfText"
             FROM erasure
            WHERE ${pendingFor[by]}
            ORDER BY erased_at, shard_id, position`,
    types: rowTypes,
  });
  return { erasures: rows.map(({ shard_id, ...row }) => ({ shardId: shard_id, ...row })), refusals };
}

/**
 * Notes, first in the transaction in which `by` derives again, that nothing of its tells any more what these bodies said.
 *
 * @returns false where another has done so meanwhile
 */
export async function noteDerived(db: PoolClient, { shardId, position }: Erasure, by: Deriving): Promise<boolean> {
  const column = by === 'alerts' ? 'alerts_at' : 'read_models_at';
  const { rowCount } = await db.query(
    `UPDATE erasure SET ${column} = now() WHERE shard_id = $1 AND position = $2 AND ${column} IS NULL`,
    [shardId, position],
  );
  return rowCount === 1;
}

/** What an erasure is to erase from what was told, as long as it waits. */
const textOf = `(SELECT waiting.text
                   FROM act_event AS act
                   JOIN erasure_text AS waiting
                     ON waiting.shard_id = act.shard_id AND waiting.text_id::text = act.body->'told'->>'textId'
                  WHERE act.shard_id = erasure.shard_id AND act.position = erasure.position) AS text`;

/** Does what acts say that was not done. */
async function carryOut(pool: Pool): Promise<readonly Error[]> {
  const { rows } = await pool.query<{ shard_id: number; position: number }>({
    text: `SELECT act.shard_id, act.position
             FROM act_head
             JOIN act_event AS act ON act.shard_id = act_head.shard_id AND act.stream_id = $1 AND act.type = 'BodiesErased'
             LEFT JOIN erasure ON erasure.shard_id = act.shard_id AND erasure.position = act.position
            WHERE erasure.position IS NULL
            ORDER BY act.recorded_at, act.shard_id, act.position`,
    values: [historyStream],
    types: rowTypes,
  });
  const refusals: Error[] = [];
  for (const { shard_id, position } of rows) {
    try {
      await pool.query('SELECT erase_bodies($1, $2)', [shard_id, position]);
    } catch (error) {
      refusals.push(error instanceof Error ? error : new Error(String(error)));
    }
  }
  return refusals;
}
