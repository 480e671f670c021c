/**
 * What is told of one pod: the shapes of `contract.md` (Pod, Cycle, InitContainer, Attempt, …), times as RFC 3339 in UTC,
 * absent values null. The answer side adds only what it alone knows (cluster name, access).
 */
import type { FindingKind } from './account/finding-kinds.js';
import type { Confidence, Dependency, Purpose } from './dependency/dependency.js';
import type { Category, PhaseOfTime } from './taxonomy.js';

export type Certainty = 'exact' | 'bounded' | 'unknown';

/** Seconds. `lo` and `hi` hold the truth wherever they are not null. */
export type Duration = Readonly<{
  seconds: number | null;
  lo: number | null;
  hi: number | null;
  certainty: Certainty;
  /** True where the two ends were stamped by different clocks: subject to their skew. One that runs always is: see there. */
  mixedClocks?: true;
  /** Positions of the gaps that it touches: meanwhile something may have gone unseen. Absent where there is none. */
  gaps?: readonly number[];
  /** True where it has not ended: it is measured up to the time that was asked about, by the clock that was asked with. */
  running?: true;
}>;

export type Basis = 'observed' | 'reconstructed' | 'inferred';

/** What decided a category. */
export type CategoryEvidence = Readonly<{
  /** The field of the object (`status.reason`), or the Event (`Event FailedMount`). */
  source: string;
  /** What it said, cut to 200 characters. */
  reason: string;
  /** Position in the shard of the observation that showed it; null where none did, for time alone decided. */
  position: number | null;
  basis: Basis;
}>;

export type Workload = Readonly<{
  apiVersion: string;
  kind: string;
  name: string;
  uid: string | null;
  /** False where the chain could not be followed to its top. */
  resolved: boolean;
}>;

export type PodState = 'pending' | 'initializing' | 'initialized' | 'failed' | 'aborted' | 'unknown';
export type CycleOutcome = 'running' | 'completed' | 'failed' | 'aborted' | 'unknown';
export type CycleCause = 'first' | 'sandboxRecreated' | 'nodeReboot' | 'restartAllContainers' | 'unknown';
export type InitContainerKind = 'regular' | 'sidecar';
export type InitContainerState = 'notReached' | 'waiting' | 'running' | 'succeeded' | 'failed' | 'skipped' | 'unknown';
export type AttemptOutcome = 'running' | 'succeeded' | 'failed' | 'unknown';

export type PodAccount = Readonly<{
  uid: string;
  namespace: string;
  namespaceUid: string | null;
  name: string;
  workload: Workload;
  revision: string | null;
  node: string | null;
  zone: string | null;
  kubeletVersion: string | null;
  labels: Readonly<Record<string, string>>;
  createdAt: string | null;
  deletedAt: string | null;
  /** The three cells that kubectl prints; `restarts` as kubectl prints it without the "(… ago)". */
  status: string | null;
  ready: string | null;
  restarts: number | null;
  /** The time of that "(… ago)"; null where kubectl prints none. */
  lastRestartAt: string | null;
  initRestarts: number;
  state: PodState;
  category: Category | null;
  categoryEvidence: CategoryEvidence | null;
  /** Since when it stands where it stands, while it is unfinished; whether that is long is for `stuckDeadline` to say. */
  stuckSince: string | null;
  duration: Duration;
  sinceCreation: Duration;
  sinceScheduled: Duration;
  toAppStarted: Duration;
  cycles: readonly Cycle[];
  findings: readonly Finding[];
  gaps: readonly Gap[];
}>;

export type Cycle = Readonly<{
  number: number;
  cause: CycleCause;
  startedAt: string | null;
  endedAt: string | null;
  outcome: CycleOutcome;
  /** Why it ended as it did; null while it runs and where it completed. */
  category: Category | null;
  categoryEvidence: CategoryEvidence | null;
  duration: Duration;
  phases: readonly PhaseSlice[];
  initContainers: readonly InitContainerAccount[];
}>;

export type PhaseSlice = Readonly<{
  phase: PhaseOfTime;
  container: string | null;
  /** Of `run`, `sidecarStartup` and `backOff`: number of the instance that ran, or is waited for after. */
  attempt: number | null;
  from: string | null;
  to: string | null;
  duration: Duration;
}>;

export type InitContainerAccount = Readonly<{
  name: string;
  index: number;
  kind: InitContainerKind;
  image: string;
  state: InitContainerState;
  /** True when it holds up nothing any more: a regular one has succeeded, a sidecar has started. */
  done: boolean;
  waitingReason: string | null;
  waitingMessage: string | null;
  category: Category | null;
  categoryEvidence: CategoryEvidence | null;
  /** What it is for, as far as its spec tells. */
  purpose: Purpose | null;
  /** What it waits for when it runs, in short; null where nothing tells. */
  waitsFor: string | null;
  /** The same, each with how it is known. */
  dependencies: readonly Dependency[];
  restartCount: number;
  missedAttempts: number;
  attempts: readonly Attempt[];
}>;

export type Attempt = Readonly<{
  /** 1-based within the container and over all cycles. */
  number: number;
  containerId: string;
  imageId: string | null;
  startedAt: string | null;
  finishedAt: string | null;
  duration: Duration;
  exitCode: number | null;
  signal: number | null;
  reason: string | null;
  message: string | null;
  outcome: AttemptOutcome;
  category: Category | null;
  categoryEvidence: CategoryEvidence | null;
  basis: Basis;
  observedAt: string;
  /** Position in the shard of the observation that first showed it. */
  position: number;
}>;

export type Finding = Readonly<{
  kind: FindingKind;
  summary: string;
  container: string | null;
  confidence: Confidence;
  evidence: readonly number[];
  at: string | null;
}>;

export type Gap = Readonly<{ resource: string; from: string; to: string; reason: string }>;
