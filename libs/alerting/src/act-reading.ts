import type { EventReader } from '#libs/event-store';
import type { Database } from '#libs/platform';
import { inTransaction } from '#libs/projections';
import { isAlertAct, toAct } from './acts.js';
import { lay } from './alert-table.js';
import { putTransition } from './outbox.js';
import type { Receiver } from './receivers.js';

const pageSize = 200;

/**
 * Reads the acts that the table of alerts does not know yet, and puts each transition out. Rows, outbox and bookmark move in one
 * transaction, so a crash repeats or loses nothing.
 */
export async function readActs(
  database: Readonly<{ pool: Database['projection']; acts: EventReader }>,
  shardId: number,
  receivers: readonly Receiver[],
): Promise<void> {
  for (;;) {
    const read = await readPage(database, shardId, receivers);
    if (read < pageSize) return;
  }
}

async function readPage(
  { pool, acts }: Readonly<{ pool: Database['projection']; acts: EventReader }>,
  shardId: number,
  receivers: readonly Receiver[],
): Promise<number> {
  return inTransaction(pool, async (client) => {
    const bookmark = await client.query<{ position: number }>(
      // locked, so that a second reader waits and then finds the bookmark moved
      'SELECT position FROM alert_bookmark WHERE shard_id = $1 FOR UPDATE',
      [shardId],
    );
    const page = await acts.readAfter(shardId, bookmark.rows[0]?.position ?? -1, pageSize);
    for (const { position, type, body } of page) {
      // Acts of other kinds are no alert's, and of an erased one nothing is known.
      if (body === null || !isAlertAct(type)) continue;
      const act = toAct(body);
      await lay(client, shardId, position, act);
      await putTransition(client, shardId, act, receivers);
    }
    const last = page.at(-1);
    if (last) {
      await client.query('UPDATE alert_bookmark SET position = $2 WHERE shard_id = $1', [shardId, last.position]);
    }
    return page.length;
  });
}
