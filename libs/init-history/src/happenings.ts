/**
 * What can happen to a pod's initialization (semantics 8.1). Derived from observations, never stored as fact; a better
 * reading is a new happening that `supersedes` the other.
 */
import type {
  ConditionChanged,
  DisruptionAnnounced,
  PodAcceptedByNode,
  PodDeleted,
  PodDeletionRequested,
  PodFirstObserved,
  PodKnownFromEvents,
  PodRejectedByNode,
  PodScheduled,
  PodSeenAgain,
  SandboxLost,
  SandboxReady,
  SchedulingBlocked,
} from './happenings/of-pod.js';
import type {
  AppContainersStarted,
  InitializationAborted,
  InitializationCompleted,
  InitializationFailed,
  InitializationStarted,
  ReinitializationSuspected,
} from './happenings/of-cycle.js';
import type {
  InitContainerResized,
  SidecarReplaced,
  InitContainerAttemptsMissed,
  InitContainerBackoffEntered,
  InitContainerFinished,
  InitContainerOutcomeUnknown,
  InitContainerSkipped,
  InitContainerSpecChanged,
  InitContainerStarted,
  InitContainerWaiting,
  RestartCounterReset,
  SidecarStarted,
} from './happenings/of-container.js';
import type { ClusterEventRecorded, GapNoted } from './happenings/of-watch.js';

export type { AbortCause } from './happenings/of-cycle.js';
export type { DeclaredInitContainer } from './happenings/of-pod.js';
export type { Clock } from './happenings/told.js';

/** Version of the derivation below. It changes with every change of what is read from the same observations. */
export const RULES = '2';

export type Happening =
  | PodFirstObserved
  | PodKnownFromEvents
  | SchedulingBlocked
  | PodScheduled
  | PodAcceptedByNode
  | PodRejectedByNode
  | SandboxReady
  | SandboxLost
  | ReinitializationSuspected
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
  | InitContainerResized
  | SidecarReplaced
  | PodDeletionRequested
  | PodDeleted
  | PodSeenAgain
  | ClusterEventRecorded
  | GapNoted;

export type HappeningType = Happening['type'];
