import { AuditError, rowTypes, type Pool, type PoolClient } from '#libs/platform';

import type { LogTables } from '../log-tables.js';
import { bodyDigest, leafEntry } from '../leaf.js';

/** A row of a log with everything that its leaf is made of. */
export type LogRow = Readonly<{
  position: number;
  recorded_at: string;
  stream_id: string;
  event_id: string;
  type: string;
  schema_ver: number;
  salt: Buffer | null;
  body: string | null;
  body_digest: Buffer | null;
}>;

const COLUMNS = 'position, recorded_at, stream_id, event_id, type, schema_ver, salt, body::text AS body, body_digest';

/** Rows from position `from` up to, without, `to`, in order: as many of them as are there. */
export async function logRows(
  connection: Pool | PoolClient,
  tables: LogTables,
  shardId: number,
  { from, to }: Readonly<{ from: number; to: number }>,
): Promise<readonly LogRow[]> {
  const { rows } = await connection.query<LogRow>({
    text: `SELECT ${COLUMNS} FROM ${tables.log} WHERE shard_id = $1 AND position >= $2 AND position < $3 ORDER BY position`,
    values: [shardId, from, to],
    types: rowTypes,
  });
  return rows;
}

/** A page holds no more bytes of bodies, unless its first alone has more. */
const PAGE_BYTES = 4 * 1024 * 1024;
const PAGE_ROWS = 1_024;

/**
 * The same in pages that fit in memory, however large bodies are; their lengths are known to the database without reading them.
 *
 * @throws AuditError `log-has-hole` where an event is missing
 */
export async function* logPages(
  connection: Pool | PoolClient,
  tables: LogTables,
  shardId: number,
  { from, to }: Readonly<{ from: number; to: number }>,
): AsyncGenerator<readonly LogRow[]> {
  for (let next = from; next < to;) {
    const { rows } = await connection.query<LogRow>({
      text: `SELECT ${COLUMNS}
               FROM (SELECT *, sum(coalesce(octet_length(body::text), 0)) OVER (ORDER BY position) AS bytes
                       FROM ${tables.log}
                      WHERE shard_id = $1 AND position >= $2 AND position < $3) AS page
              WHERE position = $2 OR bytes <= $4
              ORDER BY position`,
      values: [shardId, next, Math.min(to, next + PAGE_ROWS), PAGE_BYTES],
      types: rowTypes,
    });
    const hole = rows.findIndex(({ position }, nth) => position !== next + nth);
    if (rows.length === 0 || hole !== -1)
      throw new AuditError('log-has-hole', `The log of shard ${shardId} has no event ${next + Math.max(hole, 0)}.`, {
        remedy: 'Somebody removed rows behind our back. Restore the database from a backup.',
      });
    yield rows;
    next += rows.length;
  }
}

/** The entry that a row's leaf is the hash of. Of an erased body its digest was kept. */
export function entryOf(row: LogRow): string {
  return leafEntry({
    position: row.position,
    recordedAt: row.recorded_at,
    streamId: row.stream_id,
    eventId: row.event_id,
    type: row.type,
    schemaVersion: row.schema_ver,
    digest: row.body_digest?.toString('hex') ?? bodyDigest(row.salt ?? Buffer.alloc(0), row.body ?? ''),
  });
}
