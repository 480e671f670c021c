/** Why an initialization failed or does not go on (semantics 3.5). One primary category for each failure or blockage. */
export const categories = [
  'SCHEDULING',
  'GATED',
  'ADMISSION',
  'DEADLINE',
  'EVICTION',
  'PREEMPTION',
  'NODE_SHUTDOWN',
  'NODE_LOST',
  'VOLUME',
  'DRA',
  'SANDBOX',
  'IMAGE_PULL',
  'CONFIG',
  'RUNTIME',
  'START',
  'HOOK',
  'SECURITY',
  'OOM',
  'CRASH',
  'RESTART_ALL',
  'DEPENDENCY_WAIT',
  'SIDECAR_NOT_STARTED',
  'DELETED',
  'NODE_OR_RUNTIME_LOST',
  'UNKNOWN_OUTCOME',
  'PENDING',
  'UNKNOWN',
] as const;
export type Category = (typeof categories)[number];

/** The slices an initialization's time is divided into; they sum to the whole. */
export const phasesOfTime = [
  'gated',
  'scheduling',
  'volumesAndSandbox',
  'pull',
  'create',
  'run',
  'backOff',
  'sidecarStartup',
  'appPull',
  'unaccounted',
] as const;
export type PhaseOfTime = (typeof phasesOfTime)[number];
