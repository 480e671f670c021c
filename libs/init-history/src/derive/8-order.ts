/** Step 8: in which order the happenings of one look are told (semantics 8.2 step 8). */
import type { Happening, HappeningType } from '../happenings.js';
import { millis } from '../time.js';

/** Of happenings of one time: what makes another possible comes before it. */
const kinds: readonly HappeningType[] = [
  'PodFirstObserved',
  'ObservationGap',
  'SchedulingBlocked',
  'PodScheduled',
  'PodAcceptedByNode',
  'PodRejectedByNode',
  'ConditionChanged',
  'SandboxLost',
  'SandboxReady',
  'InitContainerOutcomeUnknown',
  'InitContainerSpecChanged',
  'InitializationStarted',
  'RestartCounterReset',
  'InitContainerAttemptsMissed',
  'InitContainerStarted',
  'SidecarStarted',
  'InitContainerFinished',
  'InitContainerWaiting',
  'InitContainerBackoffEntered',
  'InitContainerSkipped',
  'InitializationCompleted',
  'AppContainersStarted',
  'DisruptionAnnounced',
  'PodDeletionRequested',
  'InitializationFailed',
  'InitializationAborted',
  'PodDeleted',
  'ClusterEventRecorded',
];

const rank = new Map(kinds.map((kind, i) => [kind, i]));

const indexOf = (happening: Happening): number => ('index' in happening ? happening.index : -1);

/** By time, a cycle before the next, then by the container's place, then by kind. */
export function inOrder(happenings: readonly Happening[]): readonly Happening[] {
  const time = (one: Happening): number => millis(one.at ?? one.observedAt) ?? 0;
  return happenings.toSorted(
    (a, b) =>
      time(a) - time(b) ||
      a.cycle - b.cycle ||
      indexOf(a) - indexOf(b) ||
      (rank.get(a.type) ?? kinds.length) - (rank.get(b.type) ?? kinds.length),
  );
}
