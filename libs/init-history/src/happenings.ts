/**
 * What can happen to a pod's initialization (semantics 8.1). Derived from observations, never stored as fact; a better
 * reading is a new happening that `supersedes` the other.
 */
import type { Basis, CycleCause } from './account.js';
import type { OwnerReference } from './context.js';
import type { GapCause, Via } from './observations.js';
import type { Category } from './taxonomy.js';

/** Version of the derivation below. It changes with every change of what is read from the same observations. */
export const RULES = '1';

/** Whose clock stamped a time. Only times of one clock may be subtracted without a word about skew (semantics 1.4). */
export type Clock = 'node' | 'apiserver' | 'emitter' | 'watcher';

/** What every happening says. */
export type Told = Readonly<{
  /** Deterministic: made of facts alone (semantics 8.3). */
  id: string;
  /** Best known time, RFC 3339; null where there is none. */
  at: string | null;
  /** The field that `at` came from. */
  atSource: string;
  /** What `at` was cut to, in milliseconds. */
  precisionMs: number;
  clock: Clock;
  /** The recorder's clock when the observation came. */
  observedAt: string;
  via: Via;
  basis: Basis;
  /** Of an inferred happening: the name of the rule. */
  rule: string | null;
  container: string | null;
  /** 1-based; 0 before the node accepted the pod. */
  cycle: number;
  /** Positions of the observations that prove it. */
  evidence: readonly number[];
  /** Position of the gap after which this was learnt: when it happened nobody looked. Null where somebody did. */
  gap: number | null;
  supersedes: string | null;
  rules: string;
}>;

type Tells<Type extends string, Data = unknown> = Told & Readonly<{ type: Type }> & Readonly<Data>;

export type DeclaredInitContainer = Readonly<{
  index: number;
  name: string;
  kind: 'regular' | 'sidecar';
  image: string;
  restartPolicy: string | null;
}>;

export type PodFirstObserved = Tells<
  'PodFirstObserved',
  {
    uid: string;
    namespace: string;
    name: string;
    owners: readonly OwnerReference[];
    createdAt: string | null;
    node: string | null;
    restartPolicy: string | null;
    activeDeadlineSeconds: number | null;
    initContainers: readonly DeclaredInitContainer[];
    /** Of a mirror pod: the static pod's uid, which its Events carry. */
    mirrorOf: string | null;
    /** False if the node had already accepted the pod when it was found. */
    historyComplete: boolean;
  }
>;
export type SchedulingBlocked = Tells<'SchedulingBlocked', { reason: string; message: string | null }>;
export type PodScheduled = Tells<'PodScheduled', { node: string | null }>;
export type PodAcceptedByNode = Tells<'PodAcceptedByNode', { node: string | null; hostIP: string | null }>;
export type PodRejectedByNode = Tells<'PodRejectedByNode', { reason: string; message: string | null }>;
/** `includesFirstImagePull`: kubelets of 1.29 to 1.35 write the condition only after the first pull (semantics 1.2). */
export type SandboxReady = Tells<
  'SandboxReady',
  { ordinal: number; podIP: string | null; includesFirstImagePull: boolean }
>;
export type SandboxLost = Tells<'SandboxLost', { seenFalse: boolean }>;
/** `notBefore`: where `at` is only an upper bound, the time before which it did not begin. */
export type InitializationStarted = Tells<
  'InitializationStarted',
  { cause: CycleCause; bootId: string | null; notBefore: string | null }
>;
export type InitContainerWaiting = Tells<
  'InitContainerWaiting',
  { index: number; reason: string; message: string | null; category: Category; waitSeq: number }
>;
export type InitContainerStarted = Tells<
  'InitContainerStarted',
  {
    index: number;
    attempt: number;
    containerId: string;
    restartCount: number;
    image: string | null;
    imageId: string | null;
  }
>;
export type InitContainerFinished = Tells<
  'InitContainerFinished',
  {
    index: number;
    attempt: number;
    containerId: string;
    startedAt: string | null;
    exitCode: number | null;
    signal: number | null;
    reason: string | null;
    message: string | null;
    outcome: 'succeeded' | 'failed';
    category: Category | null;
    from: 'state' | 'lastState';
  }
>;
/** An instance of which no end will be told: a synthetic termination stands in its place (semantics 1.6). */
export type InitContainerOutcomeUnknown = Tells<
  'InitContainerOutcomeUnknown',
  { index: number; containerId: string | null; restartCount: number; reason: string | null; message: string | null }
>;
export type InitContainerBackoffEntered = Tells<
  'InitContainerBackoffEntered',
  { index: number; kind: 'crash' | 'image'; delaySeconds: number | null }
>;
export type InitContainerAttemptsMissed = Tells<
  'InitContainerAttemptsMissed',
  { index: number; count: number; from: number; to: number }
>;
export type RestartCounterReset = Tells<'RestartCounterReset', { index: number; from: number; to: number }>;
export type SidecarStarted = Tells<'SidecarStarted', { index: number; containerId: string; notBefore: string | null }>;
export type InitContainerSkipped = Tells<'InitContainerSkipped', { index: number; containerId: string | null }>;
export type InitializationCompleted = Tells<
  'InitializationCompleted',
  { proof: 'containers' | 'condition' | 'appContainer'; notBefore: string | null; attempts: number }
>;
export type InitializationFailed = Tells<
  'InitializationFailed',
  { category: Category; reason: string | null; message: string | null; exitCode: number | null }
>;
export type AbortCause =
  'deleted' | 'evicted' | 'preempted' | 'deadline' | 'nodeShutdown' | 'nodeLost' | 'beganAgain' | 'unknown';
export type InitializationAborted = Tells<
  'InitializationAborted',
  { cause: AbortCause; category: Category; reason: string | null; message: string | null }
>;
export type AppContainersStarted = Tells<'AppContainersStarted', { containerId: string }>;
export type ConditionChanged = Tells<
  'ConditionChanged',
  { condition: string; from: string | null; to: string | null; reason: string | null; message: string | null }
>;
export type DisruptionAnnounced = Tells<'DisruptionAnnounced', { reason: string; message: string | null }>;
export type InitContainerSpecChanged = Tells<
  'InitContainerSpecChanged',
  { from: string | null; to: string | null; generation: number | null }
>;
export type PodDeletionRequested = Tells<'PodDeletionRequested', { graceSeconds: number | null }>;
export type PodDeleted = Tells<
  'PodDeleted',
  {
    how: 'deleted' | 'missing';
    between: Readonly<{ lastSeen: string; foundMissing: string }> | null;
    phase: string | null;
  }
>;
export type ClusterEventRecorded = Tells<
  'ClusterEventRecorded',
  {
    eventUid: string;
    reason: string;
    eventType: string | null;
    message: string | null;
    reporter: string | null;
    count: number;
    delta: number;
    firstAt: string | null;
    combined: boolean;
    parsed: ParsedEvent | null;
  }
>;
export type GapNoted = Tells<'ObservationGap', { resource: string; from: string; to: string; cause: GapCause }>;

/** What the text of an Event tells in numbers (semantics 4.3). Seconds and bytes. */
export type ParsedEvent =
  | Readonly<{ kind: 'pulling'; image: string }>
  | Readonly<{
      kind: 'pulled';
      image: string;
      seconds: number | null;
      withWaiting: number | null;
      bytes: number | null;
      alreadyPresent: boolean;
    }>
  | Readonly<{ kind: 'pullBackOff'; image: string | null }>
  | Readonly<{ kind: 'restartBackOff'; container: string | null }>
  | Readonly<{ kind: 'pullFailed'; image: string | null }>;

export type Happening =
  | PodFirstObserved
  | SchedulingBlocked
  | PodScheduled
  | PodAcceptedByNode
  | PodRejectedByNode
  | SandboxReady
  | SandboxLost
  | InitializationStarted
  | InitContainerWaiting
  | InitContainerStarted
  | InitContainerFinished
  | InitContainerOutcomeUnknown
  | InitContainerBackoffEntered
  | InitContainerAttemptsMissed
  | RestartCounterReset
  | SidecarStarted
  | InitContainerSkipped
  | InitializationCompleted
  | InitializationFailed
  | InitializationAborted
  | AppContainersStarted
  | ConditionChanged
  | DisruptionAnnounced
  | InitContainerSpecChanged
  | PodDeletionRequested
  | PodDeleted
  | ClusterEventRecorded
  | GapNoted;

export type HappeningType = Happening['type'];
