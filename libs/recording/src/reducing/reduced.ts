/**
 * Version of what is kept of an object. It rises with every change of the kept paths or of their masking,
 * so that a fold can tell a change in the cluster from a change in us.
 */
export const REDUCER = 1;

/** What is remembered of a live subject: eight bytes of each part, eight of each writer, and nothing more. */
export type Known = Readonly<{
  /** Names of the parts; subjects of one shape share the list. */
  layout: readonly string[];
  /** Eight bytes for each part, in the order of `layout`. */
  hashes: string;
  /** Eight bytes for each managedFields entry. */
  writes: string;
  /** The fingerprint of the text of the spec that its parts were made of; none where that is not known. */
  spec?: string | undefined;
}>;

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
