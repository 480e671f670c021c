/** A node, an owner or a namespace as it was at a position, and what a derivation is told of it. Pure. */
import type {
  NamespaceContext,
  NamespaceObserved,
  NodeContext,
  NodeObserved,
  OwnerContext,
  OwnerObserved,
  OwnerReference,
  Parts,
  Via,
} from '#libs/init-history';

export type ContextKind = 'node' | 'owner' | 'namespace';

/** One version of a subject: its parts, folded up to `position`. Rows of the table `context`. */
export type ContextVersion = Readonly<{
  kind: ContextKind;
  uid: string;
  /** Pods name nodes and namespaces by it. */
  name: string;
  position: number;
  /** RFC 3339 with microseconds, as the log gives it. */
  recordedAt: string;
  gone: boolean;
  via: Via;
  receivedAt: string;
  doc: Parts;
}>;

export type ContextObserved = NodeObserved | OwnerObserved | NamespaceObserved;

const kinds: Readonly<Record<ContextObserved['type'], ContextKind>> = {
  NodeObserved: 'node',
  OwnerObserved: 'owner',
  NamespaceObserved: 'namespace',
};

const types: Readonly<Record<ContextKind, ContextObserved['type']>> = {
  node: 'NodeObserved',
  owner: 'OwnerObserved',
  namespace: 'NamespaceObserved',
};

/** The kind of subject that an observation is about. */
export const kindOf = (observation: ContextObserved): ContextKind => kinds[observation.type];

/** The subject's next version: the observed parts laid over those of the one before. A part that is null went. */
export function nextVersion(
  before: ContextVersion | undefined,
  seen: Readonly<{ streamId: string; position: number; recordedAt: string; observation: ContextObserved }>,
): ContextVersion {
  const laid = { ...before?.doc, ...seen.observation.parts };
  const doc = Object.fromEntries(
    Object.entries({ ...laid, ...booted(before, seen.observation) }).filter(([, part]) => part !== null),
  );
  return {
    kind: kindOf(seen.observation),
    uid: seen.streamId,
    name: text(record(doc['metadata'])['name']) ?? before?.name ?? '',
    position: seen.position,
    recordedAt: seen.recordedAt,
    gone: seen.observation.gone,
    via: seen.observation.via,
    receivedAt: seen.observation.receivedAt,
    doc,
  };
}

/** Another boot id than before: when it was written, kept as a part of our own. */
function booted(before: ContextVersion | undefined, { type, parts, via, receivedAt, writes }: ContextObserved): Parts {
  const bootOf = (all: Parts | undefined): unknown => record(all?.['nodeInfo'])['bootID'];
  const [was, is] = [bootOf(before?.doc), bootOf(parts)];
  if (type !== 'NodeObserved' || before === undefined || is === undefined || was === undefined || was === is) return {};
  const kubelet = writes.find(({ manager, subresource }) => manager === 'kubelet' && subresource === 'status');
  const at = kubelet?.time ?? receivedAt;
  return { boot: { at, notBefore: via === 'watch' ? at : before.receivedAt } };
}

/**
 * The version as an input of the pods that name it. Made of the version and not of what was observed, so that a fold that reads the
 * table meets the same as one that follows the log.
 */
export function toObservation({ kind, gone, via, receivedAt }: ContextVersion): ContextObserved {
  return { type: types[kind], reducer: 0, via, resourceVersion: null, receivedAt, writes: [], gone, parts: {} };
}

/** What pods call the subject by: an owner by its uid, a node or namespace by its name. */
export const keyOf = ({ kind, uid, name }: Pick<ContextVersion, 'kind' | 'uid' | 'name'>): string =>
  kind === 'owner' ? `owner:${uid}` : `${kind}:${name}`;

/** What the derivation is told of a node. */
export function toNodeContext({ uid, name, doc }: ContextVersion): NodeContext {
  const labels = record(record(doc['metadata'])['labels']);
  const nodeInfo = record(doc['nodeInfo']);
  const ready = record(doc['condition.Ready'] ?? record(doc['conditions'])['Ready']);
  const status = text(ready['status']);
  const boot = record(doc['boot']);
  const [at, notBefore] = [text(boot['at']), text(boot['notBefore'])];
  return {
    name,
    uid,
    bootId: text(nodeInfo['bootID']),
    ...(at !== null && notBefore !== null ? { boot: { at, notBefore } } : {}),
    kubeletVersion: text(nodeInfo['kubeletVersion']),
    zone: text(labels['topology.kubernetes.io/zone']) ?? text(labels['failure-domain.beta.kubernetes.io/zone']),
    ready: status === null ? null : { status, since: text(ready['lastTransitionTime']) },
  };
}

/** What the derivation is told of a controller. */
export function toOwnerContext({ uid, name, doc }: ContextVersion): OwnerContext {
  const metadata = record(doc['metadata']);
  return {
    apiVersion: text(metadata['apiVersion']) ?? '',
    kind: text(metadata['kind']) ?? '',
    name,
    uid,
    ownerReferences: Array.isArray(metadata['ownerReferences'])
      ? (metadata['ownerReferences'] as readonly OwnerReference[])
      : [],
    labels: strings(metadata['labels']),
    annotations: strings(metadata['annotations']),
  };
}

/** What the derivation is told of a namespace. */
export const toNamespaceContext = ({ uid, name }: ContextVersion): NamespaceContext => ({ uid, name });

/** False where two versions of a subject tell the derivation the same: a taint on a node moves no pod. */
export function tellsOtherwise(before: ContextVersion | undefined, after: ContextVersion): boolean {
  return before === undefined || JSON.stringify(told(before)) !== JSON.stringify(told(after));
}

function told(version: ContextVersion): NodeContext | OwnerContext | NamespaceContext {
  switch (version.kind) {
    case 'node':
      return toNodeContext(version);
    case 'owner':
      return toOwnerContext(version);
    case 'namespace':
      return toNamespaceContext(version);
  }
}

function strings(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(record(value)).filter(([, entry]) => typeof entry === 'string');
  return Object.fromEntries(entries) as Record<string, string>;
}

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
