/** What can happen to a pod as a whole: found, scheduled, taken by a node, given a sandbox, deleted (semantics 8.1). */
import type { MirrorContext, OwnerReference } from '../context.js';
import type { Trace } from '../unseen-pod.js';

import type { RestartRule } from '../pod-view.js';
import type { Tells } from './told.js';

export type DeclaredInitContainer = Readonly<{
  index: number;
  name: string;
  kind: 'regular' | 'sidecar';
  image: string;
  restartPolicy: string | null;
  /** When it is restarted, by exit code, before its policy is asked (KEP-5307). */
  restartRules: readonly RestartRule[];
}>;

export type PodFirstObserved = Tells<
  'PodFirstObserved',
  {
    uid: string;
    namespace: string;
    name: string;
    labels: Readonly<Record<string, string>>;
    owners: readonly OwnerReference[];
    createdAt: string | null;
    node: string | null;
    restartPolicy: string | null;
    activeDeadlineSeconds: number | null;
    initContainers: readonly DeclaredInitContainer[];
    /** Of a mirror pod: the static pod's uid, which its Events carry. */
    mirrorOf: string | null;
    /** The mirror that stood for the same static pod before, where one was seen. */
    mirrorBefore: MirrorContext | null;
    /** False if the node had already accepted the pod when it was found. */
    historyComplete: boolean;
  }
>;

export type SchedulingBlocked = Tells<'SchedulingBlocked', { reason: string; message: string | null }>;

export type PodScheduled = Tells<'PodScheduled', { node: string | null }>;

export type PodAcceptedByNode = Tells<
  'PodAcceptedByNode',
  { node: string | null; hostIP: string | null; kubeletVersion: string | null }
>;

export type PodRejectedByNode = Tells<'PodRejectedByNode', { reason: string; message: string | null }>;

/** `includesFirstImagePull`: kubelets of 1.29 to 1.35 write the condition only after the first pull (semantics 1.2). */
export type SandboxReady = Tells<
  'SandboxReady',
  { ordinal: number; podIP: string | null; kubeletVersion: string | null; includesFirstImagePull: boolean }
>;

/** `seenFalse`: the loss was written; else only a moved time tells of it (semantics 1.4). `hadRun`: a container had. */
export type SandboxLost = Tells<'SandboxLost', { seenFalse: boolean; hadRun: boolean; podIP: string | null }>;

export type ConditionChanged = Tells<
  'ConditionChanged',
  { condition: string; from: string | null; to: string | null; reason: string | null; message: string | null }
>;

export type DisruptionAnnounced = Tells<'DisruptionAnnounced', { reason: string; message: string | null }>;

export type PodDeletionRequested = Tells<'PodDeletionRequested', { graceSeconds: number | null }>;

export type PodDeleted = Tells<
  'PodDeleted',
  {
    how: 'deleted' | 'missing';
    between: Readonly<{ lastSeen: string; foundMissing: string }> | null;
    phase: string | null;
    /** True where an initialization was under way, which this ended. */
    endedIt: boolean;
  }
>;

/** A pod that no frame showed, told from its Events: they came, and a list that was taken later does not have it. */
export type PodKnownFromEvents = Tells<
  'PodKnownFromEvents',
  {
    uid: string;
    namespace: string;
    name: string;
    node: string | null;
    /** Names of init containers, as far as Events give them. */
    initContainers: readonly string[];
    proven: readonly Trace[];
  }
>;

/** A pod that was told to be gone is there: a list had left it out, or an older state was restored. */
export type PodSeenAgain = Tells<'PodSeenAgain', { afterHow: 'deleted' | 'missing' }>;
