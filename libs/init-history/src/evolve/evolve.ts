/** Folds one happening into a pod's history. It never throws and never rejects: what has no use changes nothing. */
import type { Happening } from '../happenings.js';
import type { PodHistory } from '../history.js';
import {
  counterReset,
  finished,
  missed,
  outcomeUnknown,
  sidecarStarted,
  skipped,
  specChanged,
  started,
  awaits,
} from './containers.js';
import { appStarted, begun, completed, ended } from './cycles.js';
import { withEvent } from './events.js';
import type { Of } from './of.js';
import {
  accepted,
  blocked,
  conditionChanged,
  deleted,
  deletionRequested,
  disrupted,
  firstObserved,
  knownFromEvents,
  sandboxLost,
  sandboxReady,
  scheduled,
  seenAgain,
  suspected,
} from './pod.js';

type Fold<Type extends Happening['type']> = (history: PodHistory, happening: Of<Type>) => PodHistory;

/** Told for the reader: what it says is in the parts, or in another happening. */
const nothing = (history: PodHistory): PodHistory => history;

/** One fold for each type of happening: the compiler asks for the one that is missing. */
const folds: { readonly [Type in Happening['type']]: Fold<Type> } = {
  PodFirstObserved: firstObserved,
  PodKnownFromEvents: knownFromEvents,
  SchedulingBlocked: blocked,
  PodScheduled: scheduled,
  PodAcceptedByNode: accepted,
  PodRejectedByNode: nothing,
  SandboxReady: sandboxReady,
  SandboxLost: sandboxLost,
  ReinitializationSuspected: suspected,
  InitializationStarted: begun,
  InitContainerWaiting: awaits,
  InitContainerStarted: started,
  InitContainerFinished: finished,
  InitContainerOutcomeUnknown: outcomeUnknown,
  InitContainerBackoffEntered: nothing,
  InitContainerAttemptsMissed: missed,
  RestartCounterReset: counterReset,
  SidecarStarted: sidecarStarted,
  InitContainerSkipped: skipped,
  InitializationCompleted: completed,
  InitializationFailed: ended,
  InitializationAborted: ended,
  AppContainersStarted: appStarted,
  ConditionChanged: conditionChanged,
  DisruptionAnnounced: disrupted,
  InitContainerSpecChanged: specChanged,
  InitContainerResized: nothing,
  SidecarReplaced: nothing,
  PodDeletionRequested: deletionRequested,
  PodDeleted: deleted,
  PodSeenAgain: seenAgain,
  ClusterEventRecorded: withEvent,
  ObservationGap: nothing,
};

/** Folds one happening in. */
export function evolve(history: PodHistory, happening: Happening): PodHistory {
  // The table's type says that a happening's type names the fold that takes it; the compiler cannot follow that.
  const fold = folds[happening.type] as (known: PodHistory, told: Happening) => PodHistory;
  return fold(history, happening);
}
