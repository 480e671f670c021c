export { parseJson, type JsonObject } from './canonical.js';
export { observationId, subjectStream, watchStream } from './identity.js';
export { KnownParts, type SavedKnown } from './known-parts.js';
export { farewell, lay, observe, wholly, type Change, type Known } from './known.js';
export { Masking, type Commands, type MaskingOptions } from './masking.js';
export {
  historyForked,
  kubeEventObserved,
  namespaceObserved,
  nodeObserved,
  observationGap,
  ownerObserved,
  podGone,
  podObserved,
  reducerChanged,
  watchOpened,
  type Draft,
  type Going,
  type Said,
  type Source,
  type Subject,
} from './observation-body.js';
export { decideProbes, flushProbes, isQuiet, type ProbeDecision, type ProbeState } from './probes.js';
export { readParts } from './read-parts.js';
export { REDUCER, type Reduced, type ReducedEvent } from './reduced.js';
export { reduceEvent, reduceNamespace, reduceNode, reduceOwner, type OwnerKind } from './reduce-others.js';
export { reducePod } from './reduce-pod.js';
