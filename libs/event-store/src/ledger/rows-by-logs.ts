/** Rows of tables that are no log, and of which the logs say what they must be. */
import { rowsAgainst, type BrokenRow, type Pool, type Told } from '#libs/platform';

/**
 * Holds holds, segments, erasures and shards against the acts and the events, row by row: which are gone, which nothing tells of, and which
 * say other things. What the service writes there of its own, as when it did so, is not in the logs, and not looked at here.
 */
export async function rowsAgainstLogs(pool: Pool): Promise<readonly BrokenRow[]> {
  const broken: BrokenRow[] = [];
  for (const told of [holds, erasures, segmentsOfActs, segmentsOfEvents])
    broken.push(...(await rowsAgainst(pool, told)));
  return [...broken, ...(await unsealedWeeks(pool)), ...(await unknownShards(pool))];
}

const holds: Told = {
  table: 'legal_hold',
  key: ['shard_id', 'hold_id'],
  by: 'act',
  told: `SELECT placed.*, EXISTS (SELECT FROM act_event AS released
                                   WHERE released.shard_id = placed.shard_id AND type = 'HoldReleased'
                                     AND body->>'holdId' = placed.hold_id::text) AS released_at
           FROM (SELECT DISTINCT ON (shard_id, body->>'holdId') shard_id, (body->>'holdId')::uuid AS hold_id,
                        (body->>'fromAt')::timestamptz AS from_at, (body->>'toAt')::timestamptz AS to_at,
                        body->>'reason' AS reason, body->>'author' AS author
                   FROM act_event
                  WHERE type = 'HoldPlaced'
                  ORDER BY shard_id, body->>'holdId', position) AS placed`,
  columns: {
    from_at: 'kept.from_at',
    to_at: 'kept.to_at',
    reason: 'kept.reason',
    author: 'kept.author',
    released_at: 'kept.released_at IS NOT NULL',
  },
};

/** Whether bodies that an act erased are gone: until then the act waits to be carried out. */
const isCarriedOut = (log: string): string =>
  `NOT EXISTS (SELECT FROM ${log} AS event
                WHERE event.shard_id = act.shard_id AND event.body IS NOT NULL
                  AND event.position IN (SELECT json_array_elements_text(act.body->'positions')::bigint))`;

const erasures: Told = {
  table: 'erasure',
  key: ['shard_id', 'position'],
  by: 'act',
  told: `SELECT shard_id, position, body->>'log' AS log,
                ARRAY(SELECT json_array_elements_text(body->'positions')::bigint ORDER BY 1) AS bodies
           FROM act_event AS act
          WHERE type = 'BodiesErased'
            AND (EXISTS (SELECT FROM erasure WHERE erasure.shard_id = act.shard_id AND erasure.position = act.position)
                 -- Of one that is of a text as well only that row says that it was carried out.
                 OR body->'told' IS NULL AND CASE body->>'log' WHEN 'event' THEN ${isCarriedOut('event')} ELSE ${isCarriedOut('act_event')} END)`,
  columns: {
    log: 'kept.log',
    bodies: `ARRAY(SELECT (each->>'position')::bigint FROM json_array_elements(kept.bodies) AS each ORDER BY 1)`,
  },
};

/** The last thing that acts say became of each week; an import counts once its events are there. */
const fates = `
  SELECT DISTINCT ON (shard_id, from_at) * FROM (
    SELECT shard_id, position, type, (body->>'fromAt')::timestamptz AS from_at, (body->>'toAt')::timestamptz AS to_at,
           (body->>'from')::bigint AS first_position, (body->>'to')::bigint AS next_position,
           decode(body->>'leaves', 'hex') AS leaves_digest, decode(body->>'archive', 'hex') AS archive_digest
      FROM act_event
     WHERE type IN ('SegmentDropped', 'SegmentImported')) AS act
   WHERE type = 'SegmentDropped'
      OR EXISTS (SELECT FROM event
                  WHERE event.shard_id = act.shard_id AND event.position = act.first_position
                    AND recorded_at >= act.from_at AND recorded_at < act.to_at)
   ORDER BY shard_id, from_at, position DESC`;

const segmentsOfActs: Told = {
  table: 'segment',
  key: ['shard_id', 'from_at'],
  by: 'act',
  among: `kept.drop_position IS NOT NULL OR kept.dropped_at IS NOT NULL
          OR EXISTS (SELECT FROM (${fates}) AS fate WHERE fate.shard_id = kept.shard_id AND fate.from_at = kept.from_at)`,
  told: `SELECT shard_id, from_at, to_at, first_position, next_position, leaves_digest,
                CASE type WHEN 'SegmentDropped' THEN position END AS drop_position,
                CASE type WHEN 'SegmentDropped' THEN archive_digest END AS archive_digest, NULL AS dropped_at
           FROM (${fates}) AS fate`,
  columns: {
    to_at: 'kept.to_at',
    first_position: 'kept.first_position',
    next_position: 'kept.next_position',
    leaves_digest: 'kept.leaves_digest',
    // A moment passes between noting it, and the act's being written.
    drop_position:
      'CASE WHEN kept.dropped_at IS NULL AND kept.drop_position IS NULL THEN told.drop_position ELSE kept.drop_position END',
    archive_digest: 'CASE WHEN kept.dropped_at IS NULL THEN told.archive_digest ELSE kept.archive_digest END',
    // It is not gone while its events are there, or after an import that took it back.
    dropped_at: `CASE WHEN kept.dropped_at IS NOT NULL
                       AND (told.drop_position IS NULL
                            OR EXISTS (SELECT FROM event
                                        WHERE event.shard_id = kept.shard_id AND event.position = kept.first_position
                                          AND recorded_at >= kept.from_at AND recorded_at < kept.to_at))
                      THEN 'there' END`,
  },
};

const segmentsOfEvents: Told = {
  table: 'segment',
  key: ['shard_id', 'from_at'],
  by: 'log',
  // Not what is going: its events may be gone before that is noted.
  among: `kept.dropped_at IS NULL
          AND NOT (kept.drop_position IS NOT NULL
                   AND kept.next_position <= (SELECT head.first_position FROM shard_head AS head WHERE head.shard_id = kept.shard_id))`,
  told: `SELECT week.shard_id, week.from_at, week.from_at + interval '7 days' AS to_at, first.position AS first_position,
                last.position + 1 AS next_position
           FROM segment AS week
          CROSS JOIN LATERAL (SELECT position FROM event WHERE event.shard_id = week.shard_id AND recorded_at >= week.from_at
                                 AND recorded_at < week.from_at + interval '7 days' ORDER BY position LIMIT 1) AS first
          CROSS JOIN LATERAL (SELECT position FROM event WHERE event.shard_id = week.shard_id AND recorded_at >= week.from_at
                                 AND recorded_at < week.from_at + interval '7 days' ORDER BY position DESC LIMIT 1) AS last
          WHERE week.dropped_at IS NULL`,
  columns: { to_at: 'kept.to_at', first_position: 'kept.first_position', next_position: 'kept.next_position' },
};

/** Weeks before others that are sealed, of which there are events and no segment. */
async function unsealedWeeks(pool: Pool): Promise<readonly BrokenRow[]> {
  const { rows } = await pool.query<{ key: BrokenRow['key'] }>(
    `SELECT json_build_object('shard_id', event.shard_id, 'from_at', date_trunc('week', recorded_at, 'UTC')) AS key
       FROM (SELECT shard_id, next_position AS position FROM segment UNION SELECT shard_id, first_position FROM shard_head) AS after
       JOIN event USING (shard_id, position)
      WHERE NOT EXISTS (SELECT FROM segment WHERE segment.shard_id = event.shard_id AND segment.first_position = event.position)
        AND EXISTS (SELECT FROM segment WHERE segment.shard_id = event.shard_id AND segment.first_position > event.position)`,
  );
  return rows.map((row) => ({
    table: 'segment',
    ...row,
    columns: [],
    says: 'the row is gone, and the events of the week are there',
  }));
}

/** Shards of which there are events, or heads, and no row. By the index, shard for shard: not by reading the logs. */
async function unknownShards(pool: Pool): Promise<readonly BrokenRow[]> {
  const shardsOf = (log: string): string => `
    (WITH RECURSIVE each AS (
       SELECT min(shard_id) AS shard_id FROM ${log}
        UNION ALL
       SELECT (SELECT min(shard_id) FROM ${log} WHERE ${log}.shard_id > each.shard_id) FROM each WHERE each.shard_id IS NOT NULL)
     SELECT shard_id FROM each)`;
  const { rows } = await pool.query<{ key: BrokenRow['key'] }>(
    `SELECT json_build_object('shard_id', shard_id) AS key
       FROM (${['event', 'act_event', 'shard_head', 'act_head', 'checkpoint'].map(shardsOf).join(' UNION ')}) AS there
      WHERE shard_id IS NOT NULL AND NOT EXISTS (SELECT FROM shard WHERE shard.shard_id = there.shard_id)
      ORDER BY shard_id`,
  );
  return rows.map((row) => ({
    table: 'shard',
    ...row,
    columns: [],
    says: 'the row is gone, and a log of the shard is there',
  }));
}
