import { hash } from 'node:crypto';

const uuidBytes = 16;
/** Holds namespace and name while they are hashed; a longer name gets a buffer of its own. */
const scratch = Buffer.allocUnsafe(4_096);

/** The bytes of namespaces that names are hashed in: there are two. */
const spaces = new Map<string, Buffer>();

/** Namespace of all our version 5 UUIDs: uuidv5(DNS, "initledger"). Changing it changes every identity. */
const ours = nameBased('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'initledger');

const dashed = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const bare = /^[0-9a-f]{32}$/i;

/** RFC 9562 version 5: the same name in the same namespace is the same UUID, everywhere and always. */
export function nameBased(namespace: string, name: string): string {
  const most = uuidBytes + 3 * name.length;
  const bytes = most <= scratch.length ? scratch : Buffer.allocUnsafe(most);
  bytesOf(namespace).copy(bytes);
  const length = uuidBytes + bytes.write(name, uuidBytes);
  const digest = hash('sha1', bytes.subarray(0, length), 'hex');
  // Of its seventh byte the upper half is the version; of the ninth the upper two bits are the variant.
  const variant = ((parseInt(digest.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return withDashes(`${digest.slice(0, 12)}5${digest.slice(13, 16)}${variant}${digest.slice(17, 32)}`);
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
  if (uid !== last.uid) last = { uid, stream: streamOf(uid) };
  return last.stream;
}

/** The one that was asked for last: of one frame it is asked for again and again. */
let last = { uid: '', stream: streamOf('') };

function streamOf(uid: string): string {
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
