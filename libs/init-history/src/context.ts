/**
 * What else was known as of a position: the last observation of the pod's node, owners, namespace and gaps, in the same
 * shard, at or before it. Never "the newest": the same prefix of the log gives the same context.
 */

import type { GapCause } from './observations.js';

/**
 * When the kubelet wrote its node's boot id, by the API server's clock: it does so before it starts any pod. In a list, the
 * write was that or an earlier one, after the look before (`notBefore`).
 */
export type Boot = Readonly<{ at: string; notBefore: string }>;

/** A pod's node as last observed. */
export type NodeContext = Readonly<{
  name: string;
  uid: string;
  bootId: string | null;
  /** When this boot id was first seen, if another one was known before it. */
  boot?: Boot;
  kubeletVersion: string | null;
  zone: string | null;
  /** The node's Ready condition. */
  ready: Readonly<{ status: string; since: string | null }> | null;
}>;

export type OwnerReference = Readonly<{
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
}>;

/** A controller as last observed: a ReplicaSet, a Job, a StatefulSet, … */
export type OwnerContext = Readonly<{
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  ownerReferences: readonly OwnerReference[];
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
}>;

export type NamespaceContext = Readonly<{ uid: string; name: string }>;

/** A span in which changes of `resource` may have gone unseen in this shard, and where the log says so. */
export type GapContext = Readonly<{ position: number; resource: string; from: string; to: string; cause: GapCause }>;

/** A mirror of a static pod, and where it was first seen. */
export type MirrorContext = Readonly<{ podUid: string; position: number }>;

/** A complete list: where the log tells of it, and as of which resourceVersion it was taken. */
export type ListContext = Readonly<{ position: number; resourceVersion: string | null }>;

export type Context = Readonly<{
  node: NodeContext | null;
  /** By uid: the pod's controller and the controllers above it, as far as they were observed. */
  owners: Readonly<Record<string, OwnerContext>>;
  namespace: NamespaceContext | null;
  /** In the order of positions. */
  gaps: readonly GapContext[];
  /** The last complete list of the pods of this pod's namespace: what is not in it had gone by then, or was not yet. */
  podsListed: ListContext | null;
  /** Of a mirror: those that stood for the same static pod, itself perhaps included, in the order of positions. */
  mirrors: readonly MirrorContext[];
  /** Minor version of the API server (36 for 1.36), which prints the STATUS column; null while it is not known. */
  serverMinor: number | null;
}>;

/** The context of a shard that observed nothing but pods. */
export const noContext: Context = {
  node: null,
  owners: {},
  namespace: null,
  gaps: [],
  podsListed: null,
  mirrors: [],
  serverMinor: null,
};
