export { canonical } from './canonical.js';
export type { JsonObject } from './canonical.js';
export { subjectStream } from './identity.js';
export { KnownParts, saveKnown, type SavedKnown } from './known-parts.js';
export { agreeing, farewell, observe, type Change } from './known.js';
export { Masking, type Commands } from './masking.js';
export {
  historyForked,
  initLogCaptured,
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
  type Source,
  type Subject,
} from './observation-body.js';
export { maskedObject } from './masked-object.js';
export { decideProbes, flushProbes, isQuiet, type ProbeState } from './probes.js';
export { readParts, resourceVersionIn } from './read-parts.js';
export { REDUCER, type Reduced } from './reduced.js';
export { reduceEvent, reduceNamespace, reduceNode, reduceOwner } from './reduce-others.js';
export { reducePod } from './reduce-pod.js';
