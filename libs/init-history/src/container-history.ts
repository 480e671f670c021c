/** What is known of one init container: its instances, what it waits for, what was missed. */
import type { Basis } from './account.js';
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
  categorySource: string | null;
  /** The recorder's clock when it was seen. */
  observedAt: string;
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

export type ImageChange = Readonly<{
  from: string | null;
  to: string | null;
  running: string | null;
  position: number;
}>;

/** A cycle that went on without this init container, and whose kubelet it was. */
export type Skip = Readonly<{ cycle: number; kubeletVersion: string | null; position: number }>;

export type InitContainerHistory = Readonly<{
  name: string;
  attempts: readonly AttemptHistory[];
  /** Instances that began and were never shown, by cycle. */
  missed: Readonly<Record<string, number>>;
  /** Cycles in which the kubelet said that it exited normally without knowing the instance (semantics 1.6). */
  saidDone: readonly number[];
  skips: readonly Skip[];
  waiting: WaitingHistory | null;
  waits: readonly WaitSpan[];
  waitSeq: number;
  resets: number;
  /** A changed image that no instance was started with yet, and the instance that ran when it was changed. */
  imageChange: ImageChange | null;
}>;

/** An init container of which nothing was seen. */
export const unseen = (name: string): InitContainerHistory => ({
  name,
  attempts: [],
  missed: {},
  saidDone: [],
  skips: [],
  waiting: null,
  waits: [],
  waitSeq: 0,
  resets: 0,
  imageChange: null,
});

/** The attempts of one container in one cycle. */
export const attemptsIn = (container: InitContainerHistory, cycle: number): readonly AttemptHistory[] =>
  container.attempts.filter((attempt) => attempt.cycle === cycle);

/** The attempt of this container id. */
export const attemptOf = (container: InitContainerHistory, containerId: string): AttemptHistory | undefined =>
  container.attempts.findLast((attempt) => attempt.containerId === containerId);

/** Instances that were missed over all cycles. */
export const missedIn = (container: InitContainerHistory): number =>
  Object.values(container.missed).reduce((sum, count) => sum + count, 0);
