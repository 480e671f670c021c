export { anyLife } from './any-life.js';
export { anyPod } from './any-pod.js';
export { changedParts, partsOf, writesOf, type RawPod } from './parts-of.js';
export { Watched, type LookAt } from './watch.js';
export { lifeOf, type InitOfLife, type Life, type LifeOfPod, type Run, type TrueAttempt } from './life.js';
export { end, ended, frame, frameEpoch, frameUid, passed, running, second, waiting, type Frame } from './frame.js';
export { cyclesOf, exitsOf, told, toldOf, typesOf, watched } from './told.js';
export { passesUid, severalPasses, type LifeOfPasses, type TrueRun } from './several-passes.js';
