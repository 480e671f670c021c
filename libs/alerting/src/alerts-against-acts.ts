/** Alerts, and what was sent of them, held against the acts that they are read from. */
import { rowsAgainst, type BrokenRow, type Pool, type PoolClient, type Told } from '#libs/platform';
import { inTransaction } from '#libs/projections';
import { alertActTypes, toAct } from './acts.js';
import { rowOf } from './alert-table.js';

/**
 * Lays the alerts of every shard once more, from its acts up to where they were read, and tells which rows are not what that comes to, are
 * gone, or are of no act; and of what was to be sent, and was, which rows are of no alert, and where attempts are missing. Where an alert
 * stands now no act says: that is for the next scan.
 */
export async function alertsAgainstActs(pool: Pool): Promise<readonly BrokenRow[]> {
  return inTransaction(pool, async (db) => {
    // The service may go on meanwhile.
    await db.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    const { rows } = await db.query<{ shard_id: number; position: string | null }>(
      `SELECT shard_id, max(position) AS position
         FROM (SELECT shard_id, position FROM alert_bookmark UNION ALL SELECT shard_id, NULL FROM alert) AS known
        GROUP BY shard_id
        ORDER BY shard_id`,
    );
    const broken: BrokenRow[] = [];
    for (const { shard_id, position } of rows)
      broken.push(...(await alertsOf(db, shard_id, position === null ? -1 : Number(position))));
    for (const told of [outbox, deliveries]) broken.push(...(await rowsAgainst(db, told)));
    return [...broken, ...(await missingAttempts(db))];
  });
}

type Row = Readonly<Record<string, unknown>>;

async function alertsOf(db: PoolClient, shardId: number, upTo: number): Promise<readonly BrokenRow[]> {
  const laid = await layBeside(db, shardId, upTo);
  return rowsAgainst(db, {
    table: 'alert',
    key: ['shard_id', 'alert_id', 'episode'],
    by: 'act',
    among: `kept.shard_id = ${shardId} AND NOT ${isBeingLaidAgain('kept')}`,
    told: `SELECT * FROM json_populate_recordset(NULL::alert, $1) AS laid WHERE NOT ${isBeingLaidAgain('laid')}`,
    columns: Object.fromEntries(toldColumns.map((column) => [column, `kept."${column}"`])),
    values: [JSON.stringify(laid)],
  });
}

const toldColumns = [
  'cluster',
  'name',
  'state',
  'namespace',
  'namespace_uid',
  'workload_kind',
  'workload_name',
  'revision',
  'container',
  'category',
  'starts_at',
  'ends_at',
  'resolution',
  'fired_position',
  'resolved_position',
  'pods',
  'threshold_seconds',
  'threshold_basis',
  'evidence',
];

/** Acts of it were erased, and it is not laid again without them yet. */
const isBeingLaidAgain = (alert: string): string => `EXISTS (
  SELECT FROM erasure, json_array_elements(erasure.bodies) AS body
   WHERE erasure.shard_id = ${alert}.shard_id AND log = 'act_event' AND alerts_at IS NULL AND body->>'streamId' = ${alert}.alert_id::text)`;

/** What laying the acts of a shard comes to, as `lay` does it. */
async function layBeside(db: PoolClient, shardId: number, upTo: number): Promise<readonly Row[]> {
  const { rows } = await db.query<{ position: string; body: string }>(
    `SELECT position, body::text AS body
       FROM act_event
      WHERE shard_id = $1 AND position <= $2 AND type = ANY ($3) AND body IS NOT NULL
      ORDER BY position`,
    [shardId, upTo, [...alertActTypes]],
  );
  const laid = new Map<string, Row>();
  for (const { position, body } of rows) {
    const row = rowIn(shardId, Number(position), body);
    const key = JSON.stringify([row?.['alert_id'], row?.['episode']]);
    const known = laid.get(key);
    if (row?.['state'] === 'firing' && !known) laid.set(key, row);
    if (row?.['state'] === 'resolved' && known?.['state'] === 'firing') laid.set(key, { ...known, ...row });
  }
  return [...laid.values()];
}

/** Undefined for a body that somebody changed into one of another shape: of that the log tells, and the alert is missing here. */
function rowIn(shardId: number, position: number, body: string): Row | undefined {
  try {
    return rowOf(shardId, position, toAct(body));
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Of a firing and an end the key and the time are made of the act; of a repetition the minute is not known any more. */
const outbox: Told = {
  table: 'outbox',
  key: ['shard_id', 'dedupe_key'],
  by: 'alert',
  told: `SELECT put.shard_id, put.dedupe_key, true AS transition,
                CASE put.transition WHEN 'fired' THEN alert.starts_at WHEN 'resolved' THEN alert.ends_at ELSE put.created_at END AS created_at
           FROM outbox AS put
           LEFT JOIN alert USING (shard_id, alert_id, episode)
          WHERE alert.alert_id IS NOT NULL
             OR EXISTS (SELECT FROM act_event AS erased
                         WHERE erased.shard_id = put.shard_id AND erased.stream_id = put.alert_id AND erased.body IS NULL)`,
  columns: {
    transition: `CASE WHEN kept.transition = 'again'
                      THEN starts_with(kept.dedupe_key, concat_ws(':', kept.alert_id, kept.episode, '')) AND right(kept.dedupe_key, length(kept.receiver) + 1) = ':' || kept.receiver
                      ELSE kept.dedupe_key = concat_ws(':', kept.alert_id, kept.episode, kept.transition, kept.receiver) END`,
    created_at: 'coalesce(kept.created_at, told.created_at)',
  },
};

const deliveries: Told = {
  table: 'delivery',
  key: ['shard_id', 'delivery_id'],
  by: 'outbox',
  told: `SELECT made.shard_id, made.delivery_id, put.receiver
           FROM delivery AS made
           JOIN outbox AS put USING (shard_id, dedupe_key)`,
  columns: { receiver: 'kept.receiver' },
};

/** What was sent is noted in the statement that counts it. */
async function missingAttempts(db: PoolClient): Promise<readonly BrokenRow[]> {
  const { rows } = await db.query<{ key: BrokenRow['key']; attempts: number; there: string }>(
    `SELECT json_build_object('shard_id', shard_id, 'dedupe_key', dedupe_key) AS key, attempts, there
       FROM outbox AS put
      CROSS JOIN LATERAL (SELECT count(*) AS there FROM delivery AS made
                           WHERE made.shard_id = put.shard_id AND made.dedupe_key = put.dedupe_key) AS counted
      WHERE attempts <> there
      ORDER BY shard_id, dedupe_key
      LIMIT 100`,
  );
  return rows.map(({ key, attempts, there }) => ({
    table: 'delivery',
    key,
    columns: [],
    says: `${there} attempts are there, and the outbox counts ${attempts}`,
  }));
}
