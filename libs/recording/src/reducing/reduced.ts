import type { Known } from './known.js';

/**
 * Version of what is kept of an object. It rises with every change of the kept paths or of their masking,
 * so that a fold can tell a change in the cluster from a change in us.
 */
export const REDUCER = 1;

/** An object as it is kept: each part as canonical JSON text. Compared, hashed and stored are these very bytes. */
export type Reduced = Readonly<{
  uid: string;
  name: string;
  namespace: string | null;
  resourceVersion: string;
  parts: ReadonlyMap<string, string>;
  /** The fingerprint of the text of its spec, where the object came with its spec apart. */
  spec?: string | undefined;
  /** The spec's text is what it was when this became known: its parts are as they were, and their texts are left empty here. */
  carried?: Known | undefined;
  /** Raw entries of metadata.managedFields, for `writes` alone: their fieldsV1 are never kept. */
  managedFields: readonly unknown[];
}>;

/** An Event about a pod; its only part is `event`. */
export type ReducedEvent = Reduced &
  Readonly<{
    /** The stream of the pod that it is about. */
    streamId: string;
  }>;
