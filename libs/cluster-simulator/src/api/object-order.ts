import type { Fields, KubeObject } from './kube-object.js';

/** The order in which Go writes `metadata`. */
const metadataOrder = [
  'name',
  'generateName',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
] as const;

/** The same object with its metadata, and its first level, in the order of kube-apiserver; empty maps and lists of metadata left out. */
export function ordered(object: KubeObject): KubeObject {
  const metadata: Fields = {};
  for (const name of metadataOrder) {
    const value = object.metadata[name];
    if (value !== undefined && value !== null && value !== '' && !isEmpty(value)) metadata[name] = value;
  }
  const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, spec, status, ...rest } = object;
  return { metadata, ...(spec !== undefined && { spec }), ...rest, ...(status !== undefined && { status }) };
}

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;
