import { Identities, seededRandom } from '../api/random.js';

/** Chance that repeats itself: the same seed gives the same sequence. */
export class Random {
  /** At least 0, below 1. */
  readonly next: () => number;
  readonly identities: Identities;

  constructor(private readonly seed: number) {
    this.next = seededRandom(seed);
    this.identities = new Identities(seed ^ 0x5bd1e995);
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** A whole number from `low` up to and including `high`. */
  whole(low: number, high: number): number {
    return Math.floor(this.between(low, high + 1));
  }

  pick<T>(items: readonly [T, ...T[]]): T {
    return items[Math.floor(this.next() * items.length)] ?? items[0];
  }

  /** Another sequence, that depends on this one's seed and on `name` alone. */
  branch(name: string): Random {
    let hash = this.seed ^ 0x811c9dc5;
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
    return new Random(hash >>> 0);
  }
}
