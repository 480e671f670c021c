export { carryAttemptForward, carryForward } from './answering/carry-forward.js';
export { foldPod, type FoldedPod, type PodAt } from './answering/fold-pod.js';
export { servedProjections } from './pod-inits/pod-inits.projection.js';
export type { HappenedAt } from './pod-inits/refold.js';
export { ProjectionsModule } from './projections.module.js';
export type { Queryable } from './queryable.js';
export { noCounts, summedColumns, type Counts } from './statistics/counts.js';
