import { ApiError } from './api-error.js';
import { toGroupedEvent } from './events.js';
import type { Fields, StoredObject } from './kube-object.js';
import { apiVersionOf, type Resource } from './resources.js';
import { tableOf } from './tables.js';

/** The form in which objects are answered: as they are, their metadata alone, or as the rows that kubectl prints. */
export type Form =
  | { readonly as: 'object' }
  | { readonly as: 'metadata' }
  | { readonly as: 'table'; readonly include: 'None' | 'Metadata' | 'Object' };

const negotiable = 'application/json, application/yaml, application/vnd.kubernetes.protobuf';

/**
 * The form that `Accept` asks for: the first that is known here.
 *
 * @throws ApiError 406 when none is
 */
export function formOf(accept: string, query: URLSearchParams): Form {
  const ranges = (accept || '*/*').split(',').map((range) => range.split(';').map((part) => part.trim()));
  for (const [type = '', ...parameters] of ranges) {
    const json = ['application/json', 'application/*', '*/*'].includes(type);
    const form = json ? asked(new Map(parameters.map((one) => one.split('=') as [string, string])), query) : undefined;
    if (form) return form;
  }
  const known = ranges.some(([type = '']) => type === 'application/json');
  if (known) {
    const message = `only the following media types are accepted: ${negotiable}`;
    throw new ApiError({ code: 406, reason: 'NotAcceptable', message });
  }
  const message = `406: Not Acceptable\n\nAvailable representations: ${negotiable}, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch`;
  throw new ApiError({ code: 406, reason: 'NotAcceptable', message, details: {} });
}

function asked(parameters: Map<string, string>, query: URLSearchParams): Form | undefined {
  const as = parameters.get('as');
  if (as === undefined) return { as: 'object' };
  if (parameters.get('g') !== 'meta.k8s.io' || parameters.get('v') !== 'v1') return undefined;
  if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return { as: 'metadata' };
  if (as !== 'Table') return undefined;
  const include = query.get('includeObject');
  return { as: 'table', include: include === 'None' || include === 'Object' ? include : 'Metadata' };
}

const partial = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' };

/** An object as the API version of its path shows it, without `kind` and `apiVersion`. */
const versioned = (resource: Resource, object: StoredObject): Fields =>
  resource.group === 'events.k8s.io' ? toGroupedEvent(object) : object;

/** One object as the answer to a GET, or in a frame of a watch. */
export function encodeObject(resource: Resource, object: StoredObject, form: Form, now: number): Fields {
  if (form.as === 'object')
    return { kind: resource.kind, apiVersion: apiVersionOf(resource), ...versioned(resource, object) };
  if (form.as === 'metadata') return { ...partial, metadata: object.metadata };
  return encodeTable(resource, [object], { form, now, metadata: { resourceVersion: object.metadata.resourceVersion } });
}

type TableParts = { form: Extract<Form, { as: 'table' }>; now: number; metadata: Fields };

function encodeTable(
  resource: Resource,
  objects: readonly StoredObject[],
  { form, now, metadata }: TableParts,
): Fields {
  const { columnDefinitions, cells } = tableOf(resource.name);
  const rows = objects.map((object) => ({
    cells: cells(object, now),
    object: rowObject(resource, object, form.include),
  }));
  return { kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata, columnDefinitions, rows };
}

function rowObject(resource: Resource, object: StoredObject, include: 'None' | 'Metadata' | 'Object'): Fields | null {
  if (include === 'None') return null;
  if (include === 'Metadata') return { ...partial, metadata: object.metadata };
  return { kind: resource.kind, apiVersion: apiVersionOf(resource), ...versioned(resource, object) };
}

/** What stands around the items of a list. */
export type ListMetadata = {
  resourceVersion: string;
  continue?: string;
  remainingItemCount?: number;
  shardInfo?: { selector: string };
};

/** A list. Its items name no kind of their own, but those that are metadata alone do. */
export function encodeList(
  resource: Resource,
  objects: readonly StoredObject[],
  { form, metadata: all, now }: { form: Form; metadata: ListMetadata; now: number },
): Fields {
  const { shardInfo, ...rest } = all;
  // Only a list of whole objects says which part it is.
  const metadata = form.as === 'object' && shardInfo ? all : rest;
  if (form.as === 'table') return encodeTable(resource, objects, { form, now, metadata });
  if (form.as === 'metadata') {
    const items = objects.map((object) => ({ ...partial, metadata: object.metadata }));
    return { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata, items };
  }
  const items = objects.map((object) => versioned(resource, object));
  return { kind: `${resource.kind}List`, apiVersion: apiVersionOf(resource), metadata, items };
}

/** The object of a BOOKMARK: a position in the shape of the kind, and nothing else. */
export function encodeBookmark(resource: Resource, form: Form, metadata: Fields, empty: Fields): Fields {
  if (form.as === 'object') return { kind: resource.kind, apiVersion: apiVersionOf(resource), ...empty, metadata };
  if (form.as === 'metadata') return { ...partial, metadata };
  const { cells } = tableOf(resource.name);
  const nothing = { metadata: { name: '' } } as unknown as StoredObject;
  const { resourceVersion } = metadata;
  const rows = [{ cells: cells(nothing, 0), object: form.include === 'None' ? null : { ...partial, metadata } }];
  return { kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata: { resourceVersion }, columnDefinitions: null, rows };
}
