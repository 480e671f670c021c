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
  digest: Buffer;
}>;

/** SHA-256 of salt and body: without the salt nobody can find out by guessing what an erased body said. */
export function bodyDigest(salt: Buffer, body: Buffer): Buffer {
  return hash('sha256', Buffer.concat([salt, body]), 'buffer');
}

/**
 * The entry of an event: one line of JSON with a fixed order of keys. This is what is proved, and what third parties
 * compute again; it can never change, other than under another `v`.
 */
export function leafEntry(leaf: LeafFields): string {
  return (
    `{"v":1,"i":${leaf.position},"s":"${leaf.streamId}","e":"${leaf.eventId}","t":${JSON.stringify(leaf.type)},` +
    `"sv":${leaf.schemaVersion},"r":"${leaf.recordedAt}","h":"${leaf.digest.toString('hex')}"}`
  );
}

/** The hash of an event's leaf in its shard's tree. */
export function eventLeaf(leaf: LeafFields): Buffer {
  return leafHash(Buffer.from(leafEntry(leaf)));
}
