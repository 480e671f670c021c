/** Undoes what was scheduled; does nothing once it ran. */
export type Cancel = () => void;

/** The cluster's time. Everything that the simulator writes into objects, and all that its kubelets wait for, follows it. */
export type Clock = {
  /** The cluster's time, in milliseconds since the epoch. */
  now(): number;
  /** Runs `task` once so many milliseconds of the cluster's time have passed. */
  after(delayMs: number, task: () => void): Cancel;
};

/** How the cluster's time follows the machine's. */
export type ClockOptions = {
  /** How many seconds pass in the cluster in one true second; 1 unless told. */
  speed?: number;
  /** The cluster's time at the start, in milliseconds since the epoch; the machine's unless told. */
  startAt?: number;
};

/** A clock that runs with the machine's, `speed` times as fast. Its timers do not keep the process alive. */
export class RunningClock implements Clock {
  private readonly begun = performance.now();
  private readonly speed: number;
  private readonly startAt: number;

  constructor({ speed = 1, startAt = Date.now() }: ClockOptions = {}) {
    if (!(speed > 0)) throw new RangeError(`speed must be above 0, not ${speed}`);
    this.speed = speed;
    this.startAt = startAt;
  }

  now(): number {
    return this.startAt + (performance.now() - this.begun) * this.speed;
  }

  after(delayMs: number, task: () => void): Cancel {
    const timer = setTimeout(task, Math.max(0, delayMs) / this.speed);
    timer.unref();
    return () => clearTimeout(timer);
  }
}

type Waiting = { at: number; task: () => void };

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  /** In the order in which they fall due. */
  private waiting: Waiting[] = [];

  constructor(private at = Date.UTC(2026, 0, 1)) {}

  now(): number {
    return this.at;
  }

  after(delayMs: number, task: () => void): Cancel {
    const entry = { at: this.at + Math.max(0, delayMs), task };
    this.waiting.splice(this.placeFor(entry.at), 0, entry);
    return () => {
      this.waiting = this.waiting.filter((other) => other !== entry);
    };
  }

  /** Moves time on and runs, in order of their time, all tasks that fall due, those that they schedule included. */
  advance(byMs: number): void {
    const until = this.at + byMs;
    for (let next = this.nextDue(until); next; next = this.nextDue(until)) {
      this.at = next.at;
      next.task();
    }
    this.at = until;
  }

  private nextDue(until: number): Waiting | undefined {
    const [first] = this.waiting;
    return first && first.at <= until ? this.waiting.shift() : undefined;
  }

  /** Behind all that fall due no later. */
  private placeFor(at: number): number {
    let low = 0;
    for (let high = this.waiting.length; low < high;) {
      const middle = (low + high) >>> 1;
      if ((this.waiting[middle]?.at ?? 0) > at) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
