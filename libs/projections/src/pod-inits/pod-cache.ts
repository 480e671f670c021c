/** Pods as the follower last left them: bounded, disposable. What is dropped is folded again from its stream. */
import type { Deadline, Told } from './pod-init-rows.js';
import type { PodFold } from './pod-fold.js';
import type { RowsInForce } from './version-ledger.js';

/** A threshold stays what it was while the pod stands where it stands, so that an incident does not teach its own limit. */
export type Standing = Readonly<{ place: string; deadline: Deadline | null }>;

/** What is told of a pod, whenever that is. */
export type Telling = Omit<Told, 'moment'>;

/** A pod and the versions of its rows that are in force. */
export type PodState = RowsInForce &
  Readonly<{
    fold: PodFold;
    standing: Standing | null;
    /** What was told last; null when that is not known. */
    telling: Telling | null;
  }>;

/** Least recently used first out; but never what a batch changed that is not in the tables yet. */
export class PodCache {
  readonly #states = new Map<string, PodState>();
  /** Pods that the batch changed that was folded last. */
  #unwritten = new Set<string>();

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

  /** Another batch begins: the one before the last is in the tables. */
  begin(): void {
    this.#unwritten = new Set();
  }

  /** Keeps a pod as the tables have it. */
  keep(uid: string, state: PodState): void {
    this.#states.delete(uid);
    this.#states.set(uid, state);
  }

  /** Keeps a pod as this batch leaves it. */
  set(uid: string, state: PodState): void {
    this.keep(uid, state);
    this.#unwritten.add(uid);
  }

  delete(uid: string): void {
    this.#states.delete(uid);
  }

  /** Drops pods above the limit, but for those that the last batch changed. */
  trim(): void {
    let over = this.#states.size - this.limit;
    for (const uid of this.#states.keys()) {
      if (over <= 0) return;
      if (this.#unwritten.has(uid)) continue;
      this.#states.delete(uid);
      over -= 1;
    }
  }

  /** Drops pods above the limit, also those that this batch changed: only where no pod is touched twice before the commit. */
  trimAll(): void {
    this.#unwritten.clear();
    this.trim();
  }
}
