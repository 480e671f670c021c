export { factsOf } from './facts.js';
export { knownBy } from './known-by.js';
export { kubeEvent, pod, running, uidOf } from './objects.js';
export { Recorders, startedRecorder, toldBy, watchingWithin } from './recorders.js';
export { SmallApi, frame } from './small-api.js';
export type { StartedRecorder, Told } from './recorders.js';
export { corpusFile, corpusLines, fileOf, recordFile } from './recordings.js';
