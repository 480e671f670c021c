import { to as copyTo } from 'pg-copy-streams';

import type { Pool } from '#libs/platform';

import { bytesDigest, leafEntry } from '../leaf.js';
import type { LogTables } from '../log-tables.js';
import { leafHash } from '../merkle/merkle-tree.js';
import { toTimestampText } from '../microseconds.js';

/** An event as it is stored, with the leaf that it comes to. */
export type ScannedEvent = Readonly<{
  position: number;
  /** RFC 3339; `infinity`, or a number of microseconds, where it is no time of ours. */
  recordedAt: string;
  /** Whether the columns are there. */
  has: Readonly<{ body: boolean; salt: boolean; digest: boolean }>;
  leaf: Buffer;
}>;

/** Positions of one statement: none may run into a time-out, however long the log is. */
const PAGE = 65_536;
/** Handed out at a time: enough to make a tree grow without copying its edge all the time. */
const AT_ONCE = 1_024;

/**
 * Every event of a log from position `from` up to, without, `to`, in order, a thousand at a time: as many as are there. Read in PostgreSQL's
 * binary form, which spares both sides the text of what is hashed as bytes.
 */
export async function* scanLog(
  pool: Pool,
  tables: LogTables,
  shardId: number,
  { from, to }: Readonly<{ from: number; to: number }>,
): AsyncGenerator<readonly ScannedEvent[]> {
  for (let at = from; at < to; at += PAGE)
    yield* scanPage(pool, tables, shardId, { from: at, to: Math.min(to, at + PAGE) });
}

async function* scanPage(
  pool: Pool,
  tables: LogTables,
  shardId: number,
  { from, to }: Readonly<{ from: number; to: number }>,
): AsyncGenerator<readonly ScannedEvent[]> {
  const client = await pool.connect();
  let isWhole = false;
  const stream = client.query(
    copyTo(
      `COPY (SELECT position, recorded_at, stream_id, event_id, type, schema_ver, salt, body, body_digest
               FROM ${tables.log}
              WHERE shard_id = ${shardId} AND position >= ${from} AND position < ${to}
              ORDER BY position) TO STDOUT (FORMAT binary)`,
    ),
  );
  try {
    const rows = new BinaryRows();
    let events: ScannedEvent[] = [];
    for await (const chunk of stream) {
      rows.add(chunk as Buffer);
      for (let row = rows.next(); row; row = rows.next()) events.push(toEvent(row));
      if (events.length < AT_ONCE) continue;
      yield events;
      events = [];
    }
    if (events.length > 0) yield events;
    isWhole = true;
  } finally {
    // The driver's timer waits for this, which the stream does not call: a process could not end.
    (stream as { callback?: () => void }).callback?.();
    // One that is left in the middle of a COPY is of no use to the next.
    client.release(!isWhole);
  }
}

type Row = readonly (Buffer | null)[];

/** The rows of COPY's binary format, as its chunks come. */
class BinaryRows {
  /** The signature, flags, and the length of an extension that there is none of. */
  static readonly #header = 19;
  #bytes: Buffer = Buffer.alloc(0);
  #at = -BinaryRows.#header;

  add(chunk: Buffer): void {
    const isBegun = this.#at >= 0;
    this.#bytes = Buffer.concat([this.#bytes.subarray(Math.max(this.#at, 0)), chunk]);
    this.#at = isBegun ? 0 : this.#at;
    if (this.#at < 0 && this.#bytes.length >= BinaryRows.#header) this.#at = BinaryRows.#header;
  }

  /** The next row that is there as a whole. */
  next(): Row | undefined {
    const bytes = this.#bytes;
    let at = this.#at;
    if (at < 0 || at + 2 > bytes.length) return undefined;
    const fields = bytes.readInt16BE(at);
    // What follows the last row is a number below nought.
    if (fields < 0) return undefined;
    at += 2;
    const row: (Buffer | null)[] = [];
    for (let nth = 0; nth < fields; nth += 1) {
      if (at + 4 > bytes.length) return undefined;
      const length = bytes.readInt32BE(at);
      at += 4;
      if (at + Math.max(length, 0) > bytes.length) return undefined;
      row.push(length < 0 ? null : bytes.subarray(at, at + length));
      at += Math.max(length, 0);
    }
    this.#at = at;
    return row;
  }
}

/** PostgreSQL counts from 2000 on. */
const EPOCH_MICROSECONDS = 946_684_800_000_000n;
const none = Buffer.alloc(0);

function toEvent([
  position,
  recordedAt,
  streamId,
  eventId,
  type,
  schemaVersion,
  salt,
  body,
  digest,
]: Row): ScannedEvent {
  const at = Number(position?.readBigInt64BE());
  const time = toTime(recordedAt?.readBigInt64BE() ?? 0n);
  const entry = leafEntry({
    position: at,
    recordedAt: time,
    streamId: toUuid(streamId ?? none),
    eventId: toUuid(eventId ?? none),
    type: type?.toString() ?? '',
    schemaVersion: schemaVersion?.readInt16BE() ?? 0,
    digest: digest?.toString('hex') ?? bytesDigest(salt ?? none, body ?? none),
  });
  return {
    position: at,
    recordedAt: time,
    has: { body: body !== null, salt: salt !== null, digest: digest !== null },
    leaf: leafHash(entry),
  };
}

let last: Readonly<{ time: bigint; text: string }> = { time: 0n, text: '' };

/** Events of one append have the same. */
function toTime(sinceTheirEpoch: bigint): string {
  if (sinceTheirEpoch === last.time && last.text !== '') return last.text;
  last = { time: sinceTheirEpoch, text: timeText(sinceTheirEpoch) };
  return last.text;
}

function timeText(sinceTheirEpoch: bigint): string {
  const microseconds = sinceTheirEpoch + EPOCH_MICROSECONDS;
  return microseconds < 0n || microseconds > Number.MAX_SAFE_INTEGER
    ? `${microseconds} microseconds`
    : toTimestampText(Number(microseconds));
}

function toUuid(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
