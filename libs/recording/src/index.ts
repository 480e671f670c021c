export { damagedStates } from './kept-state/kept-states.js';
export { readMaskKey } from './mask-key.js';
export { Recorder } from './recorder.js';
export type { RecorderNeeds } from './recorder.js';
export type { RecorderStatus } from './recorder-status.js';
export { RecordingModule, recordingTarget } from './recording.module.js';
export type { RecordingTarget } from './recording.module.js';
export type { Unknown } from './rights.js';
export type { WatchStatus } from './watch-status.js';
