import { parseJson } from '#libs/kubernetes';
import { canonical, isObject, type JsonObject } from './canonical.js';
import type { Masking } from './masking.js';
import { reduceEvent, reduceNamespace, reduceNode, reduceOwner, type OwnerKind } from './reduce-others.js';
import { reducePod, specLists, statusLists } from './reduce-pod.js';
import type { Reduced } from './reduced.js';
import { toWrite } from './writes.js';

/**
 * An object as it is kept, in the API's own shape and as JSON text: without what is dropped, secrets masked. Reduced again, by
 * whomever, it gives the same parts: what was masked is recognized and left as it is.
 *
 * Undefined for an Event about anything but a pod.
 */
export function maskedObject(resource: string, raw: JsonObject, masking: Masking): string | undefined {
  const kind = { apiVersion: text(raw['apiVersion']), kind: text(raw['kind']) };
  switch (resource) {
    case 'pods':
      return textOf(kind, podOf(reducePod(raw, masking)));
    case 'nodes':
      return textOf(kind, nodeOf(reduceNode(raw, masking)));
    case 'namespaces': {
      const reduced = reduceNamespace(raw, masking);
      const { metadata, status } = partsOf(reduced);
      return textOf(kind, { metadata: identified(reduced, metadata), status });
    }
    case 'events': {
      const reduced = reduceEvent(raw, masking);
      return reduced && textOf(kind, eventOf(reduced));
    }
    default:
      return maskedOwner(raw, { apiVersion: kind.apiVersion ?? '', kind: kind.kind ?? '' }, masking);
  }
}

function maskedOwner(raw: JsonObject, kind: OwnerKind, masking: Masking): string {
  const reduced = reduceOwner(raw, kind, masking);
  const { apiVersion: _version, kind: _kind, ...metadata } = object(partsOf(reduced)['metadata']);
  return textOf(kind, { metadata: identified(reduced, metadata) });
}

type Parts = Readonly<Record<string, unknown>>;

function podOf(reduced: Reduced): JsonObject {
  const parts = partsOf(reduced);
  return {
    metadata: identified(reduced, { ...object(parts['metadata']), ...object(parts['deletion']) }),
    spec: withItems(parts['spec'], parts, specLists),
    status: withItems(withConditions(parts['status'], parts), parts, statusLists),
  };
}

function nodeOf(reduced: Reduced): JsonObject {
  const parts = partsOf(reduced);
  const { metadata, spec, nodeInfo, allocatable } = parts;
  const status = { ...object(parts['status']), nodeInfo, allocatable };
  return { metadata: identified(reduced, metadata), spec, status: withConditions(status, parts) };
}

function eventOf(reduced: Reduced): JsonObject {
  const { uid, name, namespace, creationTimestamp, ...fields } = object(partsOf(reduced)['event']);
  return { ...fields, metadata: identified(reduced, { uid, name, namespace, creationTimestamp }) };
}

/** Lists of which the surrounding part keeps the names in their order get their items back. */
function withItems(whole: unknown, parts: Parts, lists: readonly Readonly<{ key: string; prefix: string }>[]): unknown {
  if (!isObject(whole)) return undefined;
  const items = lists.flatMap(({ key, prefix }) => {
    const names = whole[key];
    return Array.isArray(names) ? [[key, names.map((name) => parts[`${prefix}${String(name)}`] ?? null)] as const] : [];
  });
  return { ...whole, ...Object.fromEntries(items) };
}

function withConditions(status: unknown, parts: Parts): unknown {
  const conditions = Object.keys(parts).filter((name) => name.startsWith('condition.'));
  if (conditions.length === 0) return status;
  return { ...object(status), conditions: conditions.map((name) => parts[name]) };
}

function identified({ resourceVersion, managedFields }: Reduced, metadata: unknown): JsonObject {
  return { ...object(metadata), resourceVersion, managedFields: managedFields.filter(isObject).map(toWrite) };
}

/** Integers beyond 2^53 come through digit for digit. */
function partsOf({ parts }: Reduced): Parts {
  return Object.fromEntries([...parts].map(([name, json]) => [name, parseJson(json)]));
}

function textOf(kind: Readonly<{ [Key in keyof OwnerKind]: string | undefined }>, members: JsonObject): string {
  return canonical({ ...kind, ...members }) ?? '{}';
}

const object = (value: unknown): JsonObject => (isObject(value) ? value : {});
const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
