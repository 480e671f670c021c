export type {
  HistoryForked,
  GapCause,
  InitLogCaptured,
  KubeEvent,
  KubeEventObserved,
  Look,
  NamespaceObserved,
  NodeObserved,
  Observation,
  ObservationGap,
  ObservationType,
  OwnerObserved,
  Parts,
  PodGone,
  PodObserved,
  ReducerChanged,
  Via,
  WatchOpened,
  Write,
} from './observations.js';
export { schemaVersions } from './observations.js';
export type {
  Attempt,
  AttemptOutcome,
  Basis,
  CategoryEvidence,
  Certainty,
  Cycle,
  CycleCause,
  CycleOutcome,
  Duration,
  Finding,
  Gap,
  InitContainerAccount,
  InitContainerKind,
  InitContainerState,
  PhaseSlice,
  PodAccount,
  PodState,
  Workload,
} from './account.js';
export {
  confidences,
  dependencyKinds,
  purposes,
  type Confidence,
  type Dependency,
  type DependencyKind,
  type Purpose,
} from './dependency/dependency.js';
export { waitClusters, type Wait, type WaitCluster } from './dependency/wait-clusters.js';
export { categories, phasesOfTime, type Category, type PhaseOfTime } from './taxonomy.js';
export {
  noContext,
  type Context,
  type GapContext,
  type MirrorContext,
  type NamespaceContext,
  type NodeContext,
  type OwnerContext,
  type OwnerReference,
} from './context.js';
export { RULES, type Clock, type DeclaredInitContainer, type Happening, type HappeningType } from './happenings.js';
export type { MissingObject, ParsedEvent } from './kube-events/parsed-event.js';
export { isTold, isUnresolved, nothingKnown, type PodHistory } from './history.js';
export { historyVersion, storedHistory } from './stored-history.js';
export { changed, layOver, staticPodUid, viewOf, type PodView } from './snapshot.js';
export { advance, type Advanced, type Input, type Recorded } from './advance.js';
export { gapsTouching } from './gaps.js';
export { evolve } from './evolve/evolve.js';
export { findingKinds, type FindingKind } from './account/finding-kinds.js';
export { podAccount } from './account/pod-account.js';
export { withinCycle } from './account/phases.js';
export { contextNames, declaredInitContainers, type ContextNames } from './context-names.js';
export { statusColumn, type StatusCells } from './status-column.js';
export { currentContainer, stuckDeadline, type Baseline, type StuckDeadline, type StuckLimits } from './stuck.js';
export { workloadOf, revisionOf } from './workload.js';
export {
  addTo,
  bucketBounds,
  bucketIndex,
  emptyHistogram,
  histogramSchema,
  merge,
  quantile,
  type Histogram,
  type Quantile,
} from './histogram.js';
export { uuidv5 } from './uuid.js';
