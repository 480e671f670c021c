/** All that the observations so far say about one pod. Plain data: it may be cached, and is disposable. */
import type { Basis, CycleCause, CycleOutcome } from './account.js';
import { unseen, type InitContainerHistory } from './container-history.js';
import type { MirrorContext } from './context.js';
import type { AbortCause } from './happenings.js';
import type { ParsedEvent } from './kube-events/parsed-event.js';
import type { Parts } from './observations.js';
import type { UnseenPod } from './unseen-pod.js';
import type { Category } from './taxonomy.js';

export { attemptOf, attemptsIn, missedIn } from './container-history.js';
export type { AttemptEnd, AttemptHistory, InitContainerHistory, WaitSpan } from './container-history.js';

export type CycleHistory = Readonly<{
  number: number;
  cause: CycleCause;
  happening: string;
  startedAt: string | null;
  startNotBefore: string | null;
  observedAt: string;
  /** Of the gap after which its beginning was learnt; null where somebody looked. */
  gap: number | null;
  position: number;
  bootId: string | null;
  sandboxReadyAt: string | null;
  sandboxIncludesPull: boolean;
  outcome: CycleOutcome;
  endedAt: string | null;
  endNotBefore: string | null;
  endBasis: Basis | null;
  endHappening: string | null;
  /** Of the look that told its end. */
  endPosition: number | null;
  category: Category | null;
  categorySource: string | null;
  abortCause: AbortCause | null;
  reason: string | null;
  message: string | null;
  app: Readonly<{ container: string; startedAt: string | null }> | null;
  evidence: readonly number[];
}>;

/**
 * A sandbox that went, and the one that followed; `lostAt` is null where only a moved time told of it. `podIP` is that of
 * the old one; `suspicion` the happening that told of it as the beginning of another cycle.
 */
export type SandboxLoss = Readonly<{
  lostAt: string | null;
  readyAt: string | null;
  podIP: string | null;
  suspicion: string | null;
  position: number;
}>;

/** How a sandbox was told, to tell it better once the version of its kubelet is known. */
export type SandboxReading = Readonly<{
  happening: string;
  position: number;
  podIP: string | null;
  includesPull: boolean;
  kubeletVersion: string | null;
}>;

export type SandboxHistory = Readonly<{
  ordinal: number;
  readyAt: string | null;
  /** The reading that told of the present one; null before the first. */
  ready: SandboxReading | null;
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
  /** What its text tells: the volume, what is missing, … */
  parsed: ParsedEvent | null;
  position: number;
}>;

/** How often an Event object has counted its occurrences, and the newest of them. */
export type EventCount = Readonly<{ uid: string; count: number; at: string | null }>;

/** An Event about an image: what bounds the time that pulling it took. */
export type PullHistory = Readonly<{
  container: string | null;
  parsed: ParsedEvent;
  firstAt: string | null;
  at: string | null;
  /** Occurrences since it was seen before: of more than one only the last has a time. */
  delta: number;
  observedAt: string;
  position: number;
}>;

export type CreatedInstance = Readonly<{ containerId: string; restartCount: number; cycle: number; position: number }>;

/** What the last look's statuses counted, to see the next rise: not a happening, but what happenings are told by. */
export type Tally = Readonly<{
  restartCounts: Readonly<Record<string, number>>;
  /** Instances that had begun by restartCount. */
  begun: Readonly<Record<string, number>>;
  /** The synthetic termination that each init container showed last: it stays in `lastState` for long. */
  synthetic: Readonly<Record<string, string>>;
  /** Of each init container, the instance that was only created so far, where it was shown, and in which cycle. */
  created: Readonly<Record<string, CreatedInstance>>;
  /** Newest container id of each app container, and the cycle in which it was first seen. */
  apps: Readonly<Record<string, Readonly<{ containerId: string; cycle: number }>>>;
}>;

export type PodHistory = Readonly<{
  uid: string | null;
  /** Position of the last observation folded; null before the first. */
  position: number | null;
  observedAt: string | null;
  parts: Parts;
  /** Uid of the pod's namespace, once known: a namespace of the same name that comes later is another one. */
  namespaceUid: string | null;
  first: Readonly<{
    position: number;
    observedAt: string;
    complete: boolean;
    mirrorBefore: MirrorContext | null;
  }> | null;
  /** What Events alone told, until a frame shows the pod. */
  unseen: UnseenPod | null;
  scheduling: Readonly<{
    reason: string;
    message: string | null;
    since: string | null;
    observedAt: string;
    position: number;
  }> | null;
  /** By when the last scheduling gate was gone. */
  ungatedAt: string | null;
  /** Whether it was seen early enough to tell that it had no gates before. */
  gatesKnown: boolean;
  scheduledAt: string | null;
  /** How often it was told that it is held up. */
  blocks: number;
  acceptedAt: string | null;
  /** Of each condition: its newest stamp, and the faces that were told with it, for it may turn to and fro within a second. */
  faces: Readonly<Record<string, Readonly<{ at: string | null; told: readonly string[] }>>>;
  sandbox: SandboxHistory;
  cycles: readonly CycleHistory[];
  containers: Readonly<Record<string, InitContainerHistory>>;
  tally: Tally;
  /** An end before the node had accepted the pod, so before any cycle. */
  endedEarly: Readonly<{
    outcome: 'failed' | 'aborted' | 'unknown';
    category: Category;
    categorySource: string;
    at: string | null;
    reason: string | null;
    message: string | null;
    happening: string;
    position: number;
  }> | null;
  disruption: Readonly<{ reason: string; message: string | null; at: string | null; position: number }> | null;
  deletion: Readonly<{ requestedAt: string | null; position: number }> | null;
  gone: Readonly<{
    how: 'deleted' | 'missing';
    at: string | null;
    between: Readonly<{ lastSeen: string; foundMissing: string }> | null;
    position: number;
    happening: string;
    /** True where an initialization ended only by this. */
    endedIt: boolean;
  }> | null;
  /** How often it was told to be gone; above 1 only where that was wrong. */
  goings: number;
  /** Of Kubernetes Events, by name: annotations, which change no state. */
  eventCounts: Readonly<Record<string, EventCount>>;
  troubles: Readonly<Record<string, TroubleHistory>>;
  pulls: readonly PullHistory[];
}>;

/** Before the first observation. */
export const nothingKnown: PodHistory = {
  uid: null,
  position: null,
  observedAt: null,
  parts: {},
  namespaceUid: null,
  first: null,
  unseen: null,
  scheduling: null,
  ungatedAt: null,
  gatesKnown: false,
  scheduledAt: null,
  blocks: 0,
  acceptedAt: null,
  faces: {},
  sandbox: { ordinal: 0, readyAt: null, ready: null, lostAt: null, losses: [] },
  cycles: [],
  containers: {},
  tally: { restartCounts: {}, begun: {}, synthetic: {}, created: {}, apps: {} },
  endedEarly: null,
  disruption: null,
  deletion: null,
  gone: null,
  goings: 0,
  eventCounts: {},
  troubles: {},
  pulls: [],
};

/** The cycle that runs or ran last. */
export const newestCycle = (history: PodHistory): CycleHistory | null => history.cycles.at(-1) ?? null;

/** Number of the newest cycle; 0 before the first. */
export const cycleNumber = (history: PodHistory): number => newestCycle(history)?.number ?? 0;

/** What is known of an init container; of one that was never seen, nothing. */
export function containerOf(history: PodHistory, name: string): InitContainerHistory {
  return Object.hasOwn(history.containers, name) ? (history.containers[name] ?? unseen(name)) : unseen(name);
}

/** True once anything may be told of the pod: a frame showed it, or it is known from its Events alone. */
export const isTold = (history: PodHistory): boolean =>
  history.first !== null || (history.unseen?.happening ?? null) !== null;

/** True of a pod of which there are Events alone, and that a frame may still show: the next complete list decides. */
export const isUnresolved = (history: PodHistory): boolean => Boolean(history.unseen) && !isTold(history);

/** One of a condition's faces: it may turn, and turn back, within the second that its stamp is cut to. */
export const faceOf = (status: string | null, reason: string | null): string => `${status ?? ''}|${reason ?? ''}`;
