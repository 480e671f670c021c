import { isObject, objectText, quoted, scalarText, type JsonObject } from './canonical.js';
import { subjectStream } from './identity.js';
import type { Masking } from './masking.js';
import { memberOf, nodeAt, type PathNode } from './path-tree.js';
import { putItems } from './reduce-pod.js';
import type { Reduced, ReducedEvent } from './reduced.js';
import { subjectOf } from './subject.js';
import { writePart } from './write-part.js';

/** What an owner is. Asked of the caller, because an object of a list, or one of metadata only, does not say it. */
export type OwnerKind = Readonly<{ apiVersion: string; kind: string }>;

const nodeParts = { metadata: nodeAt('Node.metadata'), spec: nodeAt('Node.spec'), status: nodeAt('Node.status') };
const nodeInfo = nodeAt('Node.status.nodeInfo');
const allocatable = nodeAt('Node.status.allocatable');
const nodeConditions = {
  key: 'conditions',
  prefix: 'condition.',
  named: 'type',
  item: nodeAt('Node.status.conditions[]'),
};
const namespaceParts = { metadata: nodeAt('Namespace.metadata'), status: nodeAt('Namespace.status') };
const ownerReferences = nodeAt('Pod.metadata.ownerReferences');
const event = withIdentity(nodeAt('Event'));

const templateHashes = ['pod-template-hash', 'controller-revision-hash', 'rollouts-pod-template-hash'];
const revisionAnnotations = ['deployment.kubernetes.io/revision', 'kubernetes.io/change-cause'];

/** A node: metadata, spec, nodeInfo, allocatable, and conditions Ready and of pressure, without heartbeats. */
export function reduceNode(raw: JsonObject, masking: Masking): Reduced {
  const parts = new Map<string, string>();
  const status = isObject(raw['status']) ? raw['status'] : {};
  const { nodeInfo: info, allocatable: free, conditions, ...rest } = status;
  put(parts, 'metadata', writePart(nodeParts.metadata, raw['metadata'], masking));
  put(parts, 'spec', writePart(nodeParts.spec, raw['spec'], masking));
  put(parts, 'nodeInfo', writePart(nodeInfo, info, masking));
  put(parts, 'allocatable', writePart(allocatable, free, masking));
  put(parts, 'status', unlessEmpty(writePart(nodeParts.status, rest, masking)));
  if (Array.isArray(conditions)) putItems(parts, conditions.filter(tellsOfPods), nodeConditions, masking);
  return { ...subjectOf(raw), parts };
}

/** A namespace: uid, name, labels, deletion. */
export function reduceNamespace(raw: JsonObject, masking: Masking): Reduced {
  const parts = new Map<string, string>();
  put(parts, 'metadata', writePart(namespaceParts.metadata, raw['metadata'], masking));
  put(parts, 'status', unlessEmpty(writePart(namespaceParts.status, raw['status'], masking)));
  return { ...subjectOf(raw), parts };
}

/** An owner of pods, from the whole object or from its metadata only: what leads up the chain and tells revisions apart. */
export function reduceOwner(raw: JsonObject, { apiVersion, kind }: OwnerKind, masking: Masking): Reduced {
  const metadata = isObject(raw['metadata']) ? raw['metadata'] : {};
  const text = objectText([
    ['apiVersion', quoted(apiVersion)],
    ['kind', quoted(kind)],
    ...['name', 'namespace', 'uid', 'creationTimestamp'].map((key) => [key, scalarText(metadata[key])] as const),
    ['ownerReferences', writePart(ownerReferences, metadata['ownerReferences'], masking)],
    ['labels', picked(metadata['labels'], templateHashes, quoted)],
    ['annotations', picked(metadata['annotations'], revisionAnnotations, (value) => masking.message(value).text)],
  ]);
  return { ...subjectOf(raw), parts: new Map([['metadata', text]]) };
}

/** An Event about a pod; undefined for Events about anything else. Its stream is that of the pod it names. */
export function reduceEvent(raw: JsonObject, masking: Masking): ReducedEvent | undefined {
  const about = raw['involvedObject'];
  if (!isObject(about) || about['kind'] !== 'Pod') return undefined;
  const { metadata, ...fields } = raw;
  const subject = subjectOf(raw);
  const { uid: eventUid, name, namespace } = subject;
  const creationTimestamp = isObject(metadata) ? metadata['creationTimestamp'] : undefined;
  const text = writePart(event, { ...fields, uid: eventUid, name, namespace, creationTimestamp }, masking) ?? '{}';
  const uid = typeof about['uid'] === 'string' && about['uid'] !== '' ? about['uid'] : undefined;
  const streamId = subjectStream(uid ?? `${String(about['namespace'])}/${String(about['name'])}`);
  return { ...subject, streamId, parts: new Map([['event', text]]) };
}

/** An Event is kept flat: its identity stands beside its own fields. */
function withIdentity(node: PathNode): PathNode {
  const leaf = nodeAt('Event.reason');
  const identity = ['uid', 'name', 'namespace', 'creationTimestamp'].map((key) =>
    memberOf(key, { ...leaf, path: `Event.metadata.${key}` }),
  );
  const members = [...node.members, ...identity].toSorted((a, b) => (a.key < b.key ? -1 : 1));
  return { ...node, members };
}

/** Ready and pressure: what explains why pods of the node do not start, or are evicted. */
function tellsOfPods(condition: unknown): boolean {
  const type = isObject(condition) ? condition['type'] : undefined;
  return typeof type === 'string' && (type === 'Ready' || type.endsWith('Pressure'));
}

function picked(map: unknown, keys: readonly string[], textOf: (value: string) => string): string | undefined {
  if (!isObject(map)) return undefined;
  const found = keys.flatMap((key) => {
    const value = map[key];
    return typeof value === 'string' ? [[key, textOf(value)] as const] : [];
  });
  return found.length > 0 ? objectText(found) : undefined;
}

function unlessEmpty(text: string | undefined): string | undefined {
  return text === '{}' ? undefined : text;
}

function put(parts: Map<string, string>, name: string, text: string | undefined): void {
  if (text !== undefined) parts.set(name, text);
}
