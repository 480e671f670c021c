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
  'IMAGE_CHANGED',
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
  'acceptance',
  'volumesAndSandbox',
  'pullQueue',
  'pull',
  'create',
  'run',
  'backOff',
  'sidecarStartup',
  'appPull',
  'unaccounted',
] as const;
export type PhaseOfTime = (typeof phasesOfTime)[number];

/** What a termination is judged by. */
type Ended = Readonly<{ exitCode?: number; reason?: string }>;

/** Signal by the convention that a shell reports 128 + n; the kubelet itself sets none (semantics 1.3). */
export const signalOf = (exitCode: number | null): number | null =>
  exitCode !== null && exitCode > 128 && exitCode < 160 ? exitCode - 128 : null;

/** Did it fail? By its exit code, or whatever that is by OOMKilled (semantics 2.1; recorded 1.36.3: oom/hungry-child). */
export const failed = (ended: Ended): boolean => ended.reason === 'OOMKilled' || (ended.exitCode ?? 0) !== 0;

const endCategories: Readonly<Record<string, Category>> = {
  OOMKilled: 'OOM',
  StartError: 'START',
  ContainerCannotRun: 'START',
  Unknown: 'NODE_OR_RUNTIME_LOST',
  'seccomp killed': 'SECURITY',
  ContainerStatusUnknown: 'UNKNOWN_OUTCOME',
  RestartingAllContainers: 'RESTART_ALL',
};

const lookUp = (table: Readonly<Record<string, Category>>, reason: string): Category | null =>
  Object.hasOwn(table, reason) ? (table[reason] ?? null) : null;

/** A category, the member of the object that decided it, and what that said. */
export type Decision = Readonly<{ category: Category; member: string; reason: string }>;

/** More of a reason is not told: reasons are an open set, and some are whole errors (semantics 3.1, "any other text"). */
const longestReason = 200;

export const cappedReason = (reason: string): string =>
  reason.length > longestReason ? `${reason.slice(0, longestReason - 1)}…` : reason;

/** What a failed termination is decided by (semantics 3.2); null of one that did not fail. The reason is the runtime's. */
export function decideEnd(ended: Ended): Decision | null {
  if (!failed(ended)) return null;
  const reason = ended.reason ?? '';
  const category = lookUp(endCategories, reason);
  return category
    ? { category, member: 'reason', reason: cappedReason(reason) }
    : { category: 'CRASH', member: 'exitCode', reason: String(ended.exitCode ?? 0) };
}

/** Category of a failed termination; null of one that did not fail. */
export const categoryOfEnd = (ended: Ended): Category | null => decideEnd(ended)?.category ?? null;

const waitingCategories: Readonly<Record<string, Category>> = {
  PodInitializing: 'PENDING',
  ContainerCreating: 'PENDING',
  ErrImagePull: 'IMAGE_PULL',
  ImagePullBackOff: 'IMAGE_PULL',
  ErrImageNeverPull: 'IMAGE_PULL',
  InvalidImageName: 'IMAGE_PULL',
  RegistryUnavailable: 'IMAGE_PULL',
  SignatureValidationFailed: 'IMAGE_PULL',
  ImageInspectError: 'RUNTIME',
  CreateContainerConfigError: 'CONFIG',
  CreateContainerError: 'RUNTIME',
  PreCreateHookError: 'RUNTIME',
  PreStartHookError: 'RUNTIME',
  RunContainerError: 'START',
  PostStartHookError: 'HOOK',
  RestartingAllContainers: 'RESTART_ALL',
};

/** Category of a waiting reason (semantics 3.1); that of a crash loop is its last instance's. Reasons are an open set. */
export function categoryOfWaiting(reason: string, lastEnd: Ended | undefined): Category {
  if (reason === 'CrashLoopBackOff') return (lastEnd && categoryOfEnd(lastEnd)) ?? 'CRASH';
  if (reason === '') return 'RUNTIME';
  return lookUp(waitingCategories, reason) ?? 'UNKNOWN';
}

/** Reasons with which a kubelet refuses a pod (semantics 3.4); `OutOf…` covers extended resources. */
const admissionReasons: ReadonlySet<string> = new Set([
  'NodeAffinity',
  'UnexpectedAdmissionError',
  'TopologyAffinityError',
  'PodOSSelectorNodeLabelDoesNotMatch',
  'PodOSNotSupported',
  'InvalidNodeInfo',
  'InitContainerRestartPolicyForbidden',
  'SupplementalGroupsPolicyNotSupported',
  'PodLevelResourcesNotSupported',
  'PodFeatureUnsupported',
  'AppArmor',
  'SysctlForbidden',
  'VolumeAttachmentLimitExceeded',
]);

export const isAdmissionReason = (reason: string): boolean =>
  admissionReasons.has(reason) || reason.startsWith('OutOf');

const podCategories: Readonly<Record<string, Category>> = {
  DeadlineExceeded: 'DEADLINE',
  Evicted: 'EVICTION',
  Preempting: 'PREEMPTION',
  Terminated: 'NODE_SHUTDOWN',
  NodeShutdown: 'NODE_SHUTDOWN',
  NodeLost: 'NODE_LOST',
};

/** Category of a pod-level `status.reason` (semantics 3.4, 3.5); null where it names none. */
export const categoryOfPodReason = (reason: string): Category | null =>
  lookUp(podCategories, reason) ?? (isAdmissionReason(reason) ? 'ADMISSION' : null);

const disruptionCategories: Readonly<Record<string, Category>> = {
  PreemptionByScheduler: 'PREEMPTION',
  DeletionByTaintManager: 'NODE_LOST',
  DeletionByPodGC: 'NODE_LOST',
};

/** Category of a DisruptionTarget reason (semantics 1.1, 3.3). */
export const categoryOfDisruption = (reason: string): Category => lookUp(disruptionCategories, reason) ?? 'EVICTION';

const troubleCategories: Readonly<Record<string, Category>> = {
  FailedMount: 'VOLUME',
  FailedAttachVolume: 'VOLUME',
  FailedMapVolume: 'VOLUME',
  FailedPrepareDynamicResources: 'DRA',
  FailedResourceClaimCreation: 'DRA',
  FailedCreatePodSandBox: 'SANDBOX',
  NetworkNotReady: 'SANDBOX',
  FailedPodSandBoxStatus: 'SANDBOX',
  FailedCreatePodContainer: 'SANDBOX',
};

/** The order of semantics 3.5 among what can hold up a sandbox: where two were told in the same second, the first decides. */
export const troublesInOrder: readonly Category[] = ['VOLUME', 'DRA', 'SANDBOX'];

/** Category of an Event that explains why there is no sandbox yet (semantics 3.5); null of any other Event. */
export const categoryOfTrouble = (reason: string): Category | null => lookUp(troubleCategories, reason);
