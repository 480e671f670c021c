import { hash } from 'node:crypto';

import { leafHash } from './merkle/merkle-tree.js';

/** What an event's leaf says of it. `digest` stands for the body, so that the body can be erased and the leaf remain. */
export type LeafFields = Readonly<{
  position: number;
  recordedAt: string;
  streamId: string;
  eventId: string;
  type: string;
  schemaVersion: number;
  /** Hexadecimal. */
  digest: string;
}>;

/** SHA-256 of salt and body, hexadecimal: without the salt nobody can find out by guessing what an erased body said. */
export function bodyDigest(salt: Buffer, body: string): string {
  const most = salt.length + body.length * MOST_BYTES_A_CHARACTER;
  const bytes = most <= scratch.length ? scratch : Buffer.allocUnsafe(most);
  salt.copy(bytes);
  const length = salt.length + bytes.write(body, salt.length);
  return hash('sha256', bytes.subarray(0, length));
}

/** The same of a body that is there as bytes. */
export function bytesDigest(salt: Buffer, body: Buffer): string {
  const length = salt.length + body.length;
  const bytes = length <= scratch.length ? scratch : Buffer.allocUnsafe(length);
  salt.copy(bytes);
  body.copy(bytes, salt.length);
  return hash('sha256', bytes.subarray(0, length));
}

/** UTF-8 needs at most three bytes for each unit of a JavaScript string. */
const MOST_BYTES_A_CHARACTER = 3;
/** Holds salt and body while they are hashed; larger ones get a buffer of their own. */
const scratch = Buffer.allocUnsafe(64 * 1024);

/**
 * The entry of an event: one line of JSON with a fixed order of keys. This is what is proved, and what third parties
 * compute again; it can never change, other than under another `v`.
 */
export function leafEntry(leaf: LeafFields): string {
  return (
    `{"v":1,"i":${leaf.position},"s":"${leaf.streamId}","e":"${leaf.eventId}","t":${JSON.stringify(leaf.type)},` +
    `"sv":${leaf.schemaVersion},"r":"${leaf.recordedAt}","h":"${leaf.digest}"}`
  );
}

/** The hash of an event's leaf in its shard's tree. */
export function eventLeaf(leaf: LeafFields): Buffer {
  return leafHash(leafEntry(leaf));
}
