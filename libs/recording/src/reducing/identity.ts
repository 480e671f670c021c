import { hash } from 'node:crypto';

/** The bytes of namespaces that names are hashed in: there are two. */
const spaces = new Map<string, Buffer>();

/** Namespace of all our version 5 UUIDs: uuidv5(DNS, "initledger"). Changing it changes every identity. */
const ours = nameBased('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'initledger');

const dashed = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const bare = /^[0-9a-f]{32}$/i;

/** RFC 9562 version 5: the same name in the same namespace is the same UUID, everywhere and always. */
export function nameBased(namespace: string, name: string): string {
  const digest = hash('sha1', Buffer.concat([bytesOf(namespace), Buffer.from(name)]), 'buffer').subarray(0, 16);
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x50;
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80;
  return withDashes(digest.toString('hex'));
}

function bytesOf(namespace: string): Buffer {
  const known = spaces.get(namespace) ?? Buffer.from(namespace.replaceAll('-', ''), 'hex');
  spaces.set(namespace, known);
  return known;
}

/**
 * The stream of a subject. A uid of 32 hexadecimal digits (static pods) gets its dashes, as PostgreSQL writes it;
 * what is no UUID at all becomes one by name.
 */
export function subjectStream(uid: string): string {
  if (dashed.test(uid)) return uid.toLowerCase();
  return bare.test(uid) ? withDashes(uid.toLowerCase()) : nameBased(ours, `subject|${uid}`);
}

/** The stream of a watch: of one resource in one shard, of one namespace or of all. */
export function watchStream(shardId: number, resource: string, namespace: string | null): string {
  return nameBased(ours, `watch|${shardId}|${resource}|${namespace ?? ''}`);
}

/** What an observation is made of: the same seen twice, by whomever, has the same id. */
export type Seen = Readonly<{
  shardId: number;
  watchEpoch: number;
  uid: string;
  type: string;
  /** The resourceVersion, or what caused the observation where there is none. */
  cause: string;
  via: string;
  reducer: number;
  /** The JSON text of the parts, or of what else the observation says. */
  content: string;
}>;

/** Identity of an observation: uuidv5 of shard, watch epoch, uid, type, resourceVersion or cause, via, reducer and digest. */
export function observationId(seen: Seen): string {
  const { shardId, watchEpoch, uid, type, cause, via, reducer, content } = seen;
  return nameBased(ours, [shardId, watchEpoch, uid, type, cause, via, reducer, hash('sha256', content)].join('|'));
}

function withDashes(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}
