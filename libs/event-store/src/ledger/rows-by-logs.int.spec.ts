import { randomUUID } from 'node:crypto';

import { Client, type Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { eraseBodies } from '../segments/erase.js';
import { Holds } from '../segments/holds.js';
import { someEvents } from '../testing/events.js';
import { Weeks } from '../testing/weeks.js';
import { rowsAgainstLogs } from './rows-by-logs.js';

const ground = { reason: 'a lawsuit', author: 'alice' };
const [held, released] = [randomUUID(), randomUUID()];

let weeks: Weeks;
/** Of the owner, whom neither triggers nor grants hold back, and whose hashes beside the rows nobody looks at here. */
let judge: Client;
beforeAll(async () => {
  weeks = await Weeks.open();
  const { projection: pool } = weeks.database.database;
  for (let week = 0; week < 4; week += 1) await weeks.record(someEvents(300));
  await weeks.drop({ days: 14, owner: weeks.owner });
  const holds = new Holds(pool, weeks.acts);
  const span = { fromAt: '2026-01-20T00:00:00Z', toAt: '2026-01-21T00:00:00Z', ...ground };
  for (const holdId of [held, released]) await holds.place(weeks.shardId, { holdId, ...span });
  await holds.release(released, ground);
  const erasing = { shardId: weeks.shardId, log: 'event' as const, ...ground };
  await eraseBodies({ pool, acts: weeks.acts }, { ...erasing, positions: [1_150, 1_151] });
  judge = new Client({ connectionString: weeks.database.adminUrl });
  await judge.connect();
  await judge.query('SET timezone = UTC; SET session_replication_role = replica');
});
afterAll(async () => {
  await judge.end();
  await weeks.close();
});

/** What is found once `change` is done, of which nothing stays. */
async function after(change: string): Promise<readonly string[]> {
  await judge.query('BEGIN');
  try {
    await judge.query(change);
    return (await rowsAgainstLogs(judge as unknown as Pool)).map(
      ({ table, columns, says }) => `${table} ${columns?.join() ?? ''}: ${says}`,
    );
  } finally {
    await judge.query('ROLLBACK');
  }
}

describe('rows that the logs tell of', () => {
  it('are as the logs say', async () => {
    const { rows } = await judge.query(
      `SELECT (SELECT count(*)::int FROM segment) AS segments, (SELECT count(*)::int FROM segment WHERE dropped_at IS NOT NULL) AS dropped,
              (SELECT count(*)::int FROM legal_hold) AS holds, (SELECT count(*)::int FROM erasure) AS erasures`,
    );

    expect(rows).toEqual([{ segments: 4, dropped: 1, holds: 2, erasures: 1 }]);
    expect(await after('SELECT 1')).toEqual([]);
  });

  const isHeld = `hold_id = '${held}'`;
  const isOpen = `from_at = '2026-01-19T00:00:00Z'`;
  const isGone = `from_at = '2026-01-05T00:00:00Z'`;
  it.each([
    [`DELETE FROM legal_hold WHERE ${isHeld}`, 'legal_hold : the row is gone, and the act that tells of it is there'],
    [
      `UPDATE legal_hold SET released_at = now() WHERE ${isHeld}`,
      'legal_hold released_at: it is not what the act says',
    ],
    [`UPDATE legal_hold SET released_at = NULL`, 'legal_hold released_at: it is not what the act says'],
    [
      `UPDATE legal_hold SET to_at = to_at - interval '1 day' WHERE ${isHeld}`,
      'legal_hold to_at: it is not what the act says',
    ],
    [
      `UPDATE legal_hold SET from_at = from_at + interval '1 day' WHERE ${isHeld}`,
      'legal_hold from_at: it is not what the act says',
    ],
    [
      `UPDATE legal_hold SET reason = 'b', author = 'c' WHERE ${isHeld}`,
      'legal_hold reason,author: it is not what the act says',
    ],
    [
      `INSERT INTO legal_hold SELECT shard_id, gen_random_uuid(), from_at, to_at, reason, author FROM legal_hold WHERE ${isHeld}`,
      'legal_hold : no act tells of it',
    ],
    [`DELETE FROM erasure`, 'erasure : the row is gone, and the act that tells of it is there'],
    [`UPDATE erasure SET log = 'act_event'`, 'erasure log: it is not what the act says'],
    [`UPDATE erasure SET bodies = json_build_array(bodies->0)`, 'erasure bodies: it is not what the act says'],
    [`INSERT INTO erasure SELECT shard_id, 0, log, bodies FROM erasure`, 'erasure : no act tells of it'],
    [`DELETE FROM segment WHERE ${isGone}`, 'segment : the row is gone, and the act that tells of it is there'],
    [`DELETE FROM segment WHERE ${isOpen}`, 'segment : the row is gone, and the events of the week are there'],
    [`UPDATE segment SET dropped_at = now() WHERE ${isOpen}`, 'segment : no act tells of it'],
    [`UPDATE segment SET drop_position = 0 WHERE ${isOpen}`, 'segment : no act tells of it'],
    [
      `UPDATE segment SET drop_position = drop_position + 1 WHERE ${isGone}`,
      'segment drop_position: it is not what the act says',
    ],
    [
      `UPDATE segment SET archive_digest = leaves_digest WHERE ${isGone}`,
      'segment archive_digest: it is not what the act says',
    ],
    [
      `UPDATE segment SET leaves_digest = sha256('') WHERE ${isGone}`,
      'segment leaves_digest: it is not what the act says',
    ],
    [
      `UPDATE segment SET next_position = next_position + 1 WHERE ${isOpen}`,
      'segment next_position: it is not what the log says',
    ],
    [
      `UPDATE segment SET first_position = first_position + 1 WHERE ${isOpen}`,
      'segment first_position: it is not what the log says',
    ],
    [
      `UPDATE segment SET to_at = to_at + interval '1 day' WHERE ${isOpen}`,
      'segment to_at: it is not what the log says',
    ],
    [
      `INSERT INTO segment (shard_id, from_at, to_at, first_position, next_position, leaves_digest, edge_leaves)
       SELECT shard_id, '2026-06-01', '2026-06-08', 9000, 9001, leaves_digest, edge_leaves FROM segment WHERE ${isOpen}`,
      'segment : no log tells of it',
    ],
    [`DELETE FROM shard`, 'shard : the row is gone, and a log of the shard is there'],
    [
      `DELETE FROM shard; DELETE FROM shard_head; DELETE FROM act_head; DELETE FROM checkpoint`,
      'shard : the row is gone, and a log of the shard is there',
    ],
  ])('are found: %s', async (change, told) => {
    expect(await after(change)).toContain(told);
  });
});
