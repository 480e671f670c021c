/** Pods as the follower last left them: bounded, disposable. What is dropped is folded again from its stream. */
import type { Deadline } from './pod-init-rows.js';
import type { PodFold } from './pod-fold.js';
import type { InForce } from './version-ledger.js';

/** A threshold stays what it was while the pod stands where it stands, so that an incident does not teach its own limit. */
export type Standing = Readonly<{ place: string; deadline: Deadline | null }>;

/** A pod and the versions of its rows that are in force. */
export type PodState = Readonly<{
  fold: PodFold;
  inits: ReadonlyMap<string, InForce>;
  attempts: ReadonlyMap<string, InForce>;
  findings: ReadonlyMap<string, InForce>;
  standing: Standing | null;
  /** What was told last, by `tellingOf`; null when that is not known. */
  telling: string | null;
}>;

/** Least recently used first out; never within a batch, for what a batch changed is not in the tables yet. */
export class PodCache {
  readonly #states = new Map<string, PodState>();

  constructor(private readonly limit: number) {}

  has(uid: string): boolean {
    return this.#states.has(uid);
  }

  /** The pod, which is then the last to go. */
  find(uid: string): PodState | undefined {
    const state = this.#states.get(uid);
    if (!state) return undefined;
    this.#states.delete(uid);
    this.#states.set(uid, state);
    return state;
  }

  set(uid: string, state: PodState): void {
    this.#states.delete(uid);
    this.#states.set(uid, state);
  }

  delete(uid: string): void {
    this.#states.delete(uid);
  }

  trim(): void {
    for (const uid of this.#states.keys()) {
      if (this.#states.size <= this.limit) return;
      this.#states.delete(uid);
    }
  }
}
