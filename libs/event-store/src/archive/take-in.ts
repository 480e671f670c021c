import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import type { QueryConfig } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

import { AuditError, copyText, errorCode, type Pool, type PoolClient } from '#libs/platform';

import { bodyDigest } from '../leaf.js';
import type { LogRow } from '../ledger/log-rows.js';
import { HOURS_MS } from '../segments/segments.js';
import type { ArchivePage } from './read-archive.js';

/** What is taken into a log. */
export type Taken = Readonly<{
  shardId: number;
  /** The act that says so. */
  actPosition: number;
  /** What goes with the events, as `import_segment` wants it. */
  evidence: Readonly<Record<string, unknown>>;
  /** Gives each page to `take`, and ends once all of them were proved. */
  read: (take: (page: ArchivePage) => Promise<void>) => Promise<unknown>;
  /** Events whose bodies do not come along. */
  erased: ReadonlySet<number>;
  /** What else is done in the transaction. */
  also?: ((db: PoolClient) => Promise<void>) | undefined;
}>;

const EVENT_COLUMNS = 'shard_id, position, recorded_at, stream_id, event_id, type, schema_ver, salt, body, body_digest';

/** In one transaction, so that nothing of it is there unless all is. Answers how many events came. @throws AuditError `archive-refused` */
export async function takeIn(pool: Pool, taken: Taken): Promise<number> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0');
    const came = await inTransaction(client, taken);
    await client.query('COMMIT');
    client.release();
    return came;
  } catch (error) {
    // Whatever it was in the middle of ends with the connection.
    client.release(true);
    if (errorCode(error) !== REFUSED) throw error;
    throw new AuditError('archive-refused', `Nothing was imported: ${(error as Error).message}.`, {
      cause: error,
      remedy: 'Where the log went on meanwhile, try again. Else see what `verify` says of it.',
    });
  }
}

const REFUSED = 'IL005';

async function inTransaction(client: PoolClient, taken: Taken): Promise<number> {
  const { shardId, actPosition, evidence, read, also } = taken;
  // Of one that was broken off nothing is left but by a server that was.
  for (const table of ['import_event', 'import_tile'])
    await client.query(`DELETE FROM ${table} WHERE shard_id = $1`, [shardId]);
  await read(async ({ rows, tiles }) => {
    await copy(
      client,
      `import_event (${EVENT_COLUMNS})`,
      rows.map((row) => eventText(row, taken)),
    );
    await copy(
      client,
      'import_tile (shard_id, level, index, hashes)',
      tiles.map(({ level, index, hashes }) => `${shardId}\t${level}\t${index}\t${hexText(hashes.toString('hex'))}\n`),
    );
  });
  const { rows } = await client.query<{ came: string }>({
    text: 'SELECT import_segment($1, $2, $3::json) AS came',
    values: [shardId, actPosition, JSON.stringify(evidence)],
    query_timeout: HOURS_MS,
  } as QueryConfig);
  await also?.(client);
  return Number(rows[0]?.came);
}

async function copy(client: PoolClient, table: string, lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return;
  await pipeline(Readable.from([Buffer.from(lines.join(''))]), client.query(copyFrom(`COPY ${table} FROM STDIN`)));
}

function eventText(row: LogRow, { shardId, erased }: Taken): string {
  const { position, recorded_at: at, stream_id: stream, event_id: id, type, schema_ver: version } = row;
  const isErased = row.body === null || erased.has(position);
  const said = isErased
    ? `\\N\t\\N\t${hexText(row.body_digest?.toString('hex') ?? bodyDigest(row.salt ?? Buffer.alloc(0), row.body ?? ''))}`
    : `${hexText((row.salt ?? Buffer.alloc(0)).toString('hex'))}\t${copyText(row.body ?? '')}\t\\N`;
  return `${shardId}\t${position}\t${at}\t${stream}\t${id}\t${copyText(type)}\t${version}\t${said}\n`;
}

const hexText = (hex: string): string => `\\\\x${hex}`;
