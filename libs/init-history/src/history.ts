/** All that the observations so far say about one pod. Plain data: it may be cached, and is disposable. */
import type { Basis, CycleCause, CycleOutcome } from './account.js';
import type { AbortCause, ParsedEvent } from './happenings.js';
import type { Parts } from './observations.js';
import type { Category } from './taxonomy.js';

/** One instance of an init container, identified by its container id. */
export type AttemptHistory = Readonly<{
  containerId: string;
  cycle: number;
  /** 1-based within the container and over all cycles; missed ones are counted. */
  number: number;
  restartCount: number;
  image: string | null;
  imageId: string | null;
  startedAt: string | null;
  /** When a sidecar counted as started, and the time before which it had not. */
  sidecarStartedAt: string | null;
  sidecarNotBefore: string | null;
  end: AttemptEnd | null;
  basis: Basis;
  observedAt: string;
  position: number;
}>;

/** `outcome` unknown: a synthetic termination stands where the end would. */
export type AttemptEnd = Readonly<{
  outcome: 'succeeded' | 'failed' | 'unknown';
  finishedAt: string | null;
  exitCode: number | null;
  signal: number | null;
  reason: string | null;
  message: string | null;
  category: Category | null;
  position: number;
  happening: string;
}>;

export type WaitingHistory = Readonly<{
  cycle: number;
  reason: string;
  message: string | null;
  category: Category;
  /** When the reason was first shown, and when a reason of this category was. */
  since: string;
  categorySince: string;
  seq: number;
  position: number;
}>;

/** A span in which the current container waited for one kind of thing; open while `to` is null. */
export type WaitSpan = Readonly<{ cycle: number; category: Category; from: string; to: string | null }>;

export type InitContainerHistory = Readonly<{
  name: string;
  attempts: readonly AttemptHistory[];
  /** Instances that began and were never shown, by cycle. */
  missed: Readonly<Record<string, number>>;
  /** Cycles in which the kubelet said that it exited normally without knowing the instance (semantics 1.6). */
  saidDone: readonly number[];
  skippedIn: readonly number[];
  waiting: WaitingHistory | null;
  waits: readonly WaitSpan[];
  waitSeq: number;
  resets: number;
}>;

export type CycleHistory = Readonly<{
  number: number;
  cause: CycleCause;
  happening: string;
  startedAt: string | null;
  startNotBefore: string | null;
  observedAt: string;
  bootId: string | null;
  sandboxReadyAt: string | null;
  sandboxIncludesPull: boolean;
  outcome: CycleOutcome;
  endedAt: string | null;
  endNotBefore: string | null;
  endBasis: Basis | null;
  endHappening: string | null;
  category: Category | null;
  abortCause: AbortCause | null;
  reason: string | null;
  message: string | null;
  app: Readonly<{ container: string; startedAt: string | null }> | null;
  evidence: readonly number[];
}>;

/** A sandbox that went, and the one that followed; `lostAt` is null where only a moved time told of it. */
export type SandboxLoss = Readonly<{ lostAt: string | null; readyAt: string | null; position: number }>;

export type SandboxHistory = Readonly<{
  ordinal: number;
  readyAt: string | null;
  lostAt: string | null;
  /** Losses that no container has confirmed yet as the beginning of another cycle, oldest first. */
  losses: readonly SandboxLoss[];
}>;

/** An Event that tells something of an initialization, newest per reason and container. */
export type TroubleHistory = Readonly<{
  reason: string;
  container: string | null;
  message: string | null;
  firstAt: string | null;
  at: string | null;
  count: number;
  position: number;
}>;

export type PullHistory = Readonly<{
  container: string | null;
  parsed: ParsedEvent;
  at: string | null;
  observedAt: string;
  position: number;
}>;

/** What the last look's statuses counted, to see the next rise: not a happening, but what happenings are told by. */
export type Tally = Readonly<{
  restartCounts: Readonly<Record<string, number>>;
  /** Instances that had begun by restartCount. */
  begun: Readonly<Record<string, number>>;
  /** The synthetic termination that each init container showed last: it stays in `lastState` for long. */
  synthetic: Readonly<Record<string, string>>;
  /** Newest container id of each app container, and the cycle in which it was first seen. */
  apps: Readonly<Record<string, Readonly<{ containerId: string; cycle: number }>>>;
}>;

export type PodHistory = Readonly<{
  uid: string | null;
  /** Position of the last observation folded; null before the first. */
  position: number | null;
  observedAt: string | null;
  parts: Parts;
  first: Readonly<{ position: number; observedAt: string; complete: boolean }> | null;
  scheduling: Readonly<{ reason: string; message: string | null; since: string | null; observedAt: string }> | null;
  ungatedAt: string | null;
  scheduledAt: string | null;
  sandbox: SandboxHistory;
  cycles: readonly CycleHistory[];
  containers: Readonly<Record<string, InitContainerHistory>>;
  tally: Tally;
  /** An end before the node had accepted the pod, so before any cycle. */
  endedEarly: Readonly<{
    outcome: 'failed' | 'aborted' | 'unknown';
    category: Category;
    at: string | null;
    reason: string | null;
    message: string | null;
    happening: string;
  }> | null;
  disruption: Readonly<{ reason: string; message: string | null; at: string | null; position: number }> | null;
  deletion: Readonly<{ requestedAt: string | null; position: number }> | null;
  gone: Readonly<{
    how: 'deleted' | 'missing';
    at: string | null;
    between: Readonly<{ lastSeen: string; foundMissing: string }> | null;
    position: number;
  }> | null;
  /** Of Kubernetes Events: annotations, which change no state. */
  eventCounts: Readonly<Record<string, number>>;
  troubles: Readonly<Record<string, TroubleHistory>>;
  pulls: readonly PullHistory[];
}>;

/** Before the first observation. */
export const nothingKnown: PodHistory = {
  uid: null,
  position: null,
  observedAt: null,
  parts: {},
  first: null,
  scheduling: null,
  ungatedAt: null,
  scheduledAt: null,
  sandbox: { ordinal: 0, readyAt: null, lostAt: null, losses: [] },
  cycles: [],
  containers: {},
  tally: { restartCounts: {}, begun: {}, synthetic: {}, apps: {} },
  endedEarly: null,
  disruption: null,
  deletion: null,
  gone: null,
  eventCounts: {},
  troubles: {},
  pulls: [],
};

/** The cycle that runs or ran last. */
export const newestCycle = (history: PodHistory): CycleHistory | null => history.cycles.at(-1) ?? null;

/** Number of the newest cycle; 0 before the first. */
export const cycleNumber = (history: PodHistory): number => newestCycle(history)?.number ?? 0;

const unseen = (name: string): InitContainerHistory => ({
  name,
  attempts: [],
  missed: {},
  saidDone: [],
  skippedIn: [],
  waiting: null,
  waits: [],
  waitSeq: 0,
  resets: 0,
});

/** What is known of an init container; of one that was never seen, nothing. */
export function containerOf(history: PodHistory, name: string): InitContainerHistory {
  return Object.hasOwn(history.containers, name) ? (history.containers[name] ?? unseen(name)) : unseen(name);
}

/** The attempts of one container in one cycle. */
export const attemptsIn = (container: InitContainerHistory, cycle: number): readonly AttemptHistory[] =>
  container.attempts.filter((attempt) => attempt.cycle === cycle);

/** The attempt of this container id. */
export const attemptOf = (container: InitContainerHistory, containerId: string): AttemptHistory | undefined =>
  container.attempts.findLast((attempt) => attempt.containerId === containerId);

/** Instances that were missed over all cycles. */
export const missedIn = (container: InitContainerHistory): number =>
  Object.values(container.missed).reduce((sum, count) => sum + count, 0);
