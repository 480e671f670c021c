import { AuditError, rowTypes, type Pool, type PoolClient } from '#libs/platform';

import type { Bookmark, Head, LogName, Recorded } from './event.js';
import { tablesOf, type LogTables } from './log-tables.js';

type EventRow = Readonly<{
  shard_id: number;
  position: number;
  recorded_at: string;
  stream_id: string;
  event_id: string;
  type: string;
  schema_ver: number;
  body: string | null;
}>;

const COLUMNS = 'shard_id, position, recorded_at, stream_id, event_id, type, schema_ver, body::text AS body';

/** Reads a log. Whatever it answers was committed, in the order of positions, which is the order of commits. */
export class EventReader {
  readonly #tables: LogTables;

  /** @param connection a pool, or a client whose transaction everything is read in */
  constructor(
    private readonly connection: Pool | PoolClient,
    log: LogName = 'event',
  ) {
    this.#tables = tablesOf(log);
  }

  /** Where the log ends; undefined for a shard that has no log of this kind. */
  async head(shardId: number): Promise<Head | undefined> {
    type Row = Readonly<{
      size: number;
      first_position: number;
      recorded_at: string;
      epoch: number;
      watch_epoch: number;
    }>;
    const row = (
      await this.#rows<Row>(
        'head',
        `SELECT size, first_position, recorded_at, epoch, watch_epoch FROM ${this.#tables.head} WHERE shard_id = $1`,
        [shardId],
      )
    )[0];
    return (
      row && {
        size: row.size,
        firstPosition: row.first_position,
        recordedAt: row.recorded_at,
        epoch: row.epoch,
        watchEpoch: row.watch_epoch,
      }
    );
  }

  /**
   * Up to `limit` events that follow `after`, which is a bookmark or a bare position: exclusive, -1 for the beginning, which is the first
   * event that retention left.
   *
   * @throws AuditError `log-has-hole` when an event is missing that was there: rows were removed behind our back; `history-expired` for a
   *   bookmark in what retention dropped
   */
  async readAfter(shardId: number, after: Bookmark | number, limit: number): Promise<readonly Recorded[]> {
    const { position: mark, recordedAt } = typeof after === 'number' ? { position: after } : after;
    // The head first: what it counts is there, and what is appended meanwhile can wait for the next page.
    const { size, firstPosition } = (await this.head(shardId)) ?? { size: 0, firstPosition: 0 };
    const position = mark === -1 ? firstPosition - 1 : mark;
    if (position < firstPosition - 1) throw expired(shardId, position, firstPosition);
    const expected = Math.min(limit, size - 1 - position);
    if (expected <= 0) return [];
    const rows = await this.#rows<EventRow>(
      'read-after',
      `SELECT ${COLUMNS}
         FROM ${this.#tables.log}
        WHERE shard_id = $1
          AND position > $2
          AND position <= $3
          AND recorded_at >= $4 -- implied by the position; it leaves the partitions before it out
        ORDER BY position`,
      [shardId, position, position + expected, recordedAt ?? '-infinity'],
    );
    assertDense(rows, shardId, position + 1, expected);
    return rows.map(toRecorded);
  }

  /** The events of several subjects in one order, up to and with position `upTo` where that is given. */
  async readStreams(shardId: number, streamIds: readonly string[], upTo?: number): Promise<readonly Recorded[]> {
    const rows = await this.#rows<EventRow>(
      'read-streams',
      `SELECT ${COLUMNS}
         FROM ${this.#tables.log}
        WHERE shard_id = $1 AND stream_id = ANY ($2::uuid[]) AND position <= $3
        ORDER BY position`,
      [shardId, streamIds, upTo ?? Number.MAX_SAFE_INTEGER],
    );
    return rows.map(toRecorded);
  }

  /** Whether the event at `position` is there, or the log ends before it. */
  async isKept(shardId: number, position: number): Promise<boolean> {
    const rows = await this.#rows<{ kept: boolean }>(
      'is-kept',
      `SELECT EXISTS (SELECT FROM ${this.#tables.log} WHERE shard_id = $1 AND position = $2)
              OR EXISTS (SELECT FROM ${this.#tables.head} WHERE shard_id = $1 AND size <= $2) AS kept`,
      [shardId, position],
    );
    return rows[0]?.kept ?? false;
  }

  /** Prepared, so that the plan is made once and leaves out partitions at run time. */
  async #rows<Row extends object>(name: string, text: string, values: readonly unknown[]): Promise<readonly Row[]> {
    const query = { name: `${this.#tables.log}-${name}`, text, values: [...values], types: rowTypes };
    return (await this.connection.query<Row>(query)).rows;
  }
}

const expired = (shardId: number, position: number, first: number): AuditError =>
  new AuditError(
    'history-expired',
    `The events of shard ${shardId} after ${position} were dropped: what is kept begins at ${first}.`,
    { remedy: 'Begin anew, from the first event that is kept.' },
  );

function assertDense(rows: readonly EventRow[], shardId: number, first: number, expected: number): void {
  const hole = rows.findIndex((row, nth) => row.position !== first + nth);
  if (hole === -1 && rows.length === expected) return;
  throw new AuditError(
    'log-has-hole',
    `The log of shard ${shardId} has no event ${first + (hole === -1 ? rows.length : hole)}.`,
    {
      remedy: 'Somebody removed rows behind our back. Restore the database from a backup.',
    },
  );
}

function toRecorded(row: EventRow): Recorded {
  return {
    shardId: row.shard_id,
    position: row.position,
    recordedAt: row.recorded_at,
    streamId: row.stream_id,
    eventId: row.event_id,
    type: row.type,
    schemaVersion: row.schema_ver,
    body: row.body,
  };
}
