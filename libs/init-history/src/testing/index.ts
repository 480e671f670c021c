export { changedParts, partsOf, writesOf, type RawPod } from './parts-of.js';
export { Watched, type LookAt } from './watch.js';
