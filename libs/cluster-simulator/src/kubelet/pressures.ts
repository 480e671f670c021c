import type { Clock } from '../api/clock.js';

/** What a node runs low on: the conditions for which its kubelet refuses pods, each for a while. */
export class Pressures {
  private readonly until = new Map<string, number>();

  constructor(private readonly clock: Clock) {}

  /** The conditions that hold now. */
  get present(): string[] {
    const now = this.clock.now();
    return [...this.until].flatMap(([condition, until]) => (until > now ? [condition] : []));
  }

  /** The condition holds for so long from now on. */
  begin(condition: string, forMs: number): void {
    this.until.set(condition, this.clock.now() + forMs);
  }

  /** Nothing holds any longer. */
  clear(): void {
    this.until.clear();
  }
}
