import { randomBytes } from 'node:crypto';

import { AuditError, copyText } from '#libs/platform';

import type { NewEvent } from './event.js';
import { bodyDigest, eventLeaf } from './leaf.js';
import type { MerkleTree, Tile } from './merkle/merkle-tree.js';
import { toTimestampText } from './microseconds.js';

/** An append made ready: the very bytes that are sent, and sent again where the first time may have failed. */
export type Batch = Readonly<{
  first: number;
  next: number;
  recordedAt: string;
  recordedAtMicroseconds: number;
  /** Rows in the text format of COPY. */
  rows: Buffer;
  tiles: readonly Tile[];
  tree: MerkleTree;
}>;

/** Where a batch begins: the tree so far, and the moment at which it is recorded. */
export type BatchStart = Readonly<{ shardId: number; tree: MerkleTree; recordedAtMicroseconds: number }>;

const SALT_BYTES = 16;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/u;

/**
 * Lays events out from the end of the log on.
 *
 * @throws AuditError `event-invalid` for an id that is no lower-case uuid, or a type that is empty
 */
export function toBatch(events: readonly NewEvent[], { shardId, tree, recordedAtMicroseconds }: BatchStart): Batch {
  const first = tree.size;
  const recordedAt = toTimestampText(recordedAtMicroseconds);
  const salts = randomBytes(SALT_BYTES * events.length);
  const saltTexts = salts.toString('hex');
  const leaves: Buffer[] = [];
  const rows: string[] = [];
  for (const [nth, event] of events.entries()) {
    assertWellFormed(event);
    const { streamId, eventId, type, schemaVersion } = event;
    const position = first + nth;
    const body = withoutNul(event.body);
    const salt = salts.subarray(nth * SALT_BYTES, (nth + 1) * SALT_BYTES);
    const digest = bodyDigest(salt, body);
    leaves.push(eventLeaf({ position, recordedAt, streamId, eventId, type, schemaVersion, digest }));
    rows.push(
      `${shardId}\t${position}\t${recordedAt}\t${streamId}\t${eventId}\t${copyText(type)}\t${schemaVersion}\t` +
        `\\\\x${saltTexts.slice(2 * nth * SALT_BYTES, 2 * (nth + 1) * SALT_BYTES)}\t${copyText(body)}\n`,
    );
  }
  const grown = tree.append(leaves);
  const next = first + events.length;
  return { first, next, recordedAt, recordedAtMicroseconds, rows: Buffer.from(rows.join('')), ...grown };
}

/** The columns of `Batch.rows`, in their order. */
export const BATCH_COLUMNS = 'shard_id, position, recorded_at, stream_id, event_id, type, schema_ver, salt, body';

function assertWellFormed({ streamId, eventId, type, body }: NewEvent): void {
  const problem = !UUID.test(streamId)
    ? `its stream ${streamId} is no lower-case uuid`
    : !UUID.test(eventId)
      ? `its id ${eventId} is no lower-case uuid`
      : type === ''
        ? 'it has no type'
        : body.includes('\0')
          ? 'its body holds a bare NUL, which no JSON does'
          : undefined;
  if (problem) throw new AuditError('event-invalid', `An event cannot be stored: ${problem}.`);
}

const NUL_ESCAPE = /(?<!\\)((?:\\\\)*)\\u0000/gu;

/** PostgreSQL stores an escaped NUL in `json` and then fails to read it as text: U+FFFD takes its place. */
function withoutNul(body: string): string {
  if (!body.includes('\\u0000')) return body;
  // A run of several needs a second look: a match takes the character before it along.
  let cleaned = body;
  for (let before = ''; before !== cleaned;) {
    before = cleaned;
    cleaned = cleaned.replace(NUL_ESCAPE, '$1\\ufffd');
  }
  return cleaned;
}
