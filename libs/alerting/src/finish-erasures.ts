import { EventReader, forgetText, noteDerived, pendingErasures, type Erasure, type RowsTold } from '#libs/event-store';
import type { Database, PoolClient } from '#libs/platform';
import { countRowsHolding, inTransaction, markOf, replaceText, type WordedTable } from '#libs/projections';
import { isAlertAct, toAct } from './acts.js';
import { lay } from './alert-table.js';

/** Words that no act holds: what pods were called that stand, and what receivers answered. The rest is laid from acts, which are kept. */
const wordedTables: readonly WordedTable[] = [
  { table: 'alert', columns: ['standing'], below: 'true' },
  { table: 'delivery', columns: ['detail'], below: 'true' },
];

/** In how many rows of alerts a text stands that no act accounts for, by table; tables without any are left out. */
export async function alertRowsTelling(db: PoolClient, shardId: number, text: string): Promise<RowsTold> {
  const rows: Record<string, number> = {};
  for (const worded of wordedTables) {
    const count = await countRowsHolding(db, shardId, worded, text);
    if (count > 0) rows[worded.table] = count;
  }
  return rows;
}

/**
 * Lets alerts tell nothing that erased bodies said, each erasure in one transaction. Of erased acts: their alerts are laid again from the
 * acts that are left, and what was delivered of firings that no act tells of any more goes. Of erased observations, once read models say
 * nothing of them: their pods are taken out of where alerts stand now, and a text that goes from what was told goes from them, and is forgotten.
 *
 * @returns after how many erasures
 */
export async function finishAlertErasures(pool: Database['projection']): Promise<number> {
  const { erasures } = await pendingErasures(pool, 'alerts');
  for (const erasure of erasures) {
    await inTransaction(pool, async (db) => {
      if (!(await noteDerived(db, erasure, 'alerts'))) return;
      await (erasure.log === 'act_event' ? layAgain(db, erasure) : leaveOut(db, erasure));
      const { shardId, position, text } = erasure;
      if (text !== null) {
        for (const worded of wordedTables) await replaceText(db, shardId, worded, { text, mark: markOf(position) });
        await forgetText(db, erasure);
      }
      await db.query('SELECT sample_anew()');
    });
  }
  return erasures.length;
}

async function layAgain(db: PoolClient, { shardId, bodies }: Erasure): Promise<void> {
  const alerts = [...new Set(bodies.map(({ streamId }) => streamId))];
  // As far as they were read; what comes later is read with the bookmark, which waits for us.
  const { rows } = await db.query<{ position: number }>(
    'SELECT position FROM alert_bookmark WHERE shard_id = $1 FOR UPDATE',
    [shardId],
  );
  await db.query('DELETE FROM alert WHERE shard_id = $1 AND alert_id = ANY ($2::uuid[])', [shardId, alerts]);
  const acts = await new EventReader(db, 'act_event').readStreams(shardId, alerts, rows[0]?.position ?? -1);
  for (const { position, type, body } of acts)
    if (body !== null && isAlertAct(type)) await lay(db, shardId, position, toAct(body));
  const untold = `shard_id = $1 AND alert_id = ANY ($2::uuid[]) AND NOT EXISTS (
    SELECT FROM alert
     WHERE alert.shard_id = outbox.shard_id AND alert.alert_id = outbox.alert_id AND alert.episode = outbox.episode)`;
  await db.query(
    `DELETE FROM delivery WHERE shard_id = $1 AND dedupe_key IN (SELECT dedupe_key FROM outbox WHERE ${untold})`,
    [shardId, alerts],
  );
  await db.query(`DELETE FROM outbox WHERE ${untold}`, [shardId, alerts]);
}

/** The next scan says where they stand, if they do. */
async function leaveOut(db: PoolClient, { shardId, bodies }: Erasure): Promise<void> {
  await db.query(
    `UPDATE alert
        SET standing = (SELECT coalesce(jsonb_agg(pod), '[]') FROM jsonb_array_elements(standing) AS pod
                         WHERE pod->>'uid' <> ALL ($2::text[]))
      WHERE shard_id = $1 AND EXISTS (SELECT FROM jsonb_array_elements(standing) AS pod WHERE pod->>'uid' = ANY ($2::text[]))`,
    [shardId, [...new Set(bodies.map(({ streamId }) => streamId))]],
  );
}
