import type { KubeObject, StoredObject } from './kube-object.js';

/** Where an object is: its name, and its namespace unless its kind has none. */
export type Where = { namespace?: string; name: string };

/** The key of an object in its kind: `namespace/name`, or the name alone. */
export const keyOf = ({ namespace, name }: Where): string => (namespace ? `${namespace}/${name}` : name);

/** Where an object is, or is to be. */
export const whereOf = ({ metadata }: Pick<KubeObject, 'metadata'>): Where => ({
  ...(metadata.namespace && { namespace: metadata.namespace }),
  name: metadata.name ?? '',
});

/** Where a stored object is. */
export const nameOf = ({ metadata }: StoredObject): Where => whereOf({ metadata: { ...metadata } });
