/** What every happening says, whatever happened. */
import type { Basis } from '../account.js';
import type { Via } from '../observations.js';

/** Whose clock stamped a time. Only times of one clock may be subtracted without a word about skew (semantics 1.4). */
export type Clock = 'node' | 'apiserver' | 'emitter' | 'watcher';

/** What every happening says. */
export type Told = Readonly<{
  /** Deterministic: made of facts alone (semantics 8.3). */
  id: string;
  /** Best known time, RFC 3339; null where there is none. */
  at: string | null;
  /** The field that `at` came from. */
  atSource: string;
  /** What `at` was cut to, in milliseconds. */
  precisionMs: number;
  clock: Clock;
  /** The recorder's clock when the observation came. */
  observedAt: string;
  via: Via;
  basis: Basis;
  /** Of an inferred happening: the name of the rule. */
  rule: string | null;
  container: string | null;
  /** 1-based; 0 before the node accepted the pod. */
  cycle: number;
  /** Positions of the observations that prove it. */
  evidence: readonly number[];
  /** Position of the gap after which this was learnt: when it happened nobody looked. Null where somebody did. */
  gap: number | null;
  supersedes: string | null;
  rules: string;
}>;

/** A happening of one type, with what it says beyond the common. */
export type Tells<Type extends string, Data = unknown> = Told & Readonly<{ type: Type }> & Readonly<Data>;
