import { setTimeout as sleep } from 'node:timers/promises';

/** What is done again and again. A step that fails is told, and tried again after longer and longer pauses. */
export type Repeated = Readonly<{
  everyMs: number;
  signal: AbortSignal;
  step: () => Promise<void>;
  onFailure: (error: unknown) => void;
}>;

const longestPauseMs = 10_000;

/** Repeats a step until `signal` ends it; resolves when the last step is over. */
export async function repeat({ everyMs, signal, step, onFailure }: Repeated): Promise<void> {
  let pauseMs = everyMs;
  while (!signal.aborted) {
    try {
      await step();
      pauseMs = everyMs;
    } catch (error) {
      // while the database is away, one line a second says no more than one in ten
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
      onFailure(error);
    }
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}
