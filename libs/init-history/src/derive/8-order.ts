/** Step 8: in which order the happenings of one look are told (semantics 8.2 step 8). */
import type { Happening, HappeningType } from '../happenings.js';
import { millis } from '../time.js';

/**
 * Of happenings of one time: what makes another possible comes before it. The compiler asks for the one that is missing.
 */
const rank: Readonly<Record<HappeningType, number>> = {
  PodFirstObserved: 0,
  PodKnownFromEvents: 1,
  PodSeenAgain: 2,
  ObservationGap: 3,
  SchedulingBlocked: 4,
  PodScheduled: 5,
  PodAcceptedByNode: 6,
  PodRejectedByNode: 7,
  ConditionChanged: 8,
  SandboxLost: 9,
  SandboxReady: 10,
  ReinitializationSuspected: 11,
  InitContainerOutcomeUnknown: 12,
  InitContainerSpecChanged: 13,
  InitializationStarted: 14,
  RestartCounterReset: 15,
  InitContainerAttemptsMissed: 16,
  InitContainerStarted: 17,
  SidecarReplaced: 18,
  SidecarStarted: 19,
  InitContainerResized: 20,
  InitContainerFinished: 21,
  InitContainerWaiting: 22,
  InitContainerBackoffEntered: 23,
  InitContainerSkipped: 24,
  InitializationCompleted: 25,
  AppContainersStarted: 26,
  DisruptionAnnounced: 27,
  PodDeletionRequested: 28,
  InitializationFailed: 29,
  InitializationAborted: 30,
  PodDeleted: 31,
  ClusterEventRecorded: 32,
};

/** The container's place; what is of the whole pod comes before all of them or after, by its kind. */
function placeOf(happening: Happening): number {
  if ('index' in happening) return happening.index;
  return rank[happening.type] < rank.InitContainerStarted ? -1 : Infinity;
}

/** Infinity less Infinity is no number. */
const byPlace = (a: number, b: number): number => (a === b ? 0 : a - b);

/** By time, a cycle before the next, then by the container's place, then by kind. */
export function inOrder(happenings: readonly Happening[]): readonly Happening[] {
  const time = (one: Happening): number => millis(one.at ?? one.observedAt) ?? 0;
  return happenings.toSorted(
    (a, b) => time(a) - time(b) || a.cycle - b.cycle || byPlace(placeOf(a), placeOf(b)) || rank[a.type] - rank[b.type],
  );
}
