import { setTimeout as sleep } from 'node:timers/promises';

/** How long to wait before the next try: 0.8 s, doubling to 30 s, each with jitter (as client-go's reflector does). */
export class BackOff {
  private failures = 0;

  constructor(
    private readonly firstMs = 800,
    private readonly mostMs = 30_000,
  ) {}

  /** Milliseconds to wait now; longer with each call until `reset`. */
  next(): number {
    const step = Math.min(this.firstMs * 2 ** this.failures, this.mostMs);
    this.failures += 1;
    return step * (0.5 + Math.random() / 2);
  }

  /** Something went well. */
  reset(): void {
    this.failures = 0;
  }
}

/** Waits, or until `signal` says that there is nothing to wait for. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}
