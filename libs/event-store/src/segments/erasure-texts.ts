/** Texts that are being erased from what was told of events that are gone: the table `erasure_text`. */
import type { Pool, PoolClient } from '#libs/platform';

import { historyStream, type RowsTold } from './history-acts.js';

/** A text that stands in what was told where no event says it any more, and in how many rows of which table. */
export type ToldText = Readonly<{ text: string; rows: RowsTold }>;

type Noted = Readonly<{ shardId: number; textId: string; text: string }>;

/** Any number of ours: held from before a text is noted until an act names it. */
const NOTING_LOCK = 7_411_007;

/** Notes a text for whoever derives, and does `naming`, which records the act that names it. */
export async function noteText(
  pool: Pool,
  { shardId, textId, text }: Noted,
  naming: () => Promise<void>,
): Promise<void> {
  const holder = await pool.connect();
  try {
    await holder.query('SELECT pg_advisory_lock($1)', [NOTING_LOCK]);
    await holder.query('INSERT INTO erasure_text (shard_id, text_id, text) VALUES ($1, $2, $3)', [
      shardId,
      textId,
      text,
    ]);
    await naming();
  } finally {
    // With the connection goes the lock.
    holder.release(true);
  }
}

/** Forgets texts that no act names: whoever noted them was killed before he said what he would do. */
export async function forgetUnnamedTexts(pool: Pool): Promise<void> {
  const { rowCount } = await pool.query('SELECT FROM erasure_text LIMIT 1');
  if (rowCount === 0) return;
  const holder = await pool.connect();
  try {
    const { rows } = await holder.query<{ ours: boolean }>('SELECT pg_try_advisory_lock($1) AS ours', [NOTING_LOCK]);
    // Somebody notes one right now.
    if (!rows[0]?.ours) return;
    await holder.query(
      `DELETE FROM erasure_text AS noted
        WHERE NOT EXISTS (SELECT FROM act_event AS act
                           WHERE act.shard_id = noted.shard_id AND act.stream_id = $1 AND act.type = 'BodiesErased'
                             AND act.body->'told'->>'textId' = noted.text_id::text)`,
      [historyStream],
    );
  } finally {
    holder.release(true);
  }
}

/** Forgets the text of an erasure, in the transaction in which nothing tells it any more. */
export async function forgetText(
  db: PoolClient,
  { shardId, position }: Readonly<{ shardId: number; position: number }>,
): Promise<void> {
  await db.query(
    `DELETE FROM erasure_text AS noted
      USING act_event AS act
      WHERE act.shard_id = $1 AND act.position = $2 AND noted.shard_id = act.shard_id
        AND act.body->'told'->>'textId' = noted.text_id::text`,
    [shardId, position],
  );
}
