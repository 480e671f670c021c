import { describe, expect, it } from 'vitest';
import { repeat } from './repeat.js';

describe('repeat', () => {
  it('goes on after a failure, after longer pauses, and is quick again when all is well', async () => {
    const end = new AbortController();
    const at: number[] = [];
    const failures: unknown[] = [];
    await repeat({
      everyMs: 20,
      signal: end.signal,
      step: () => {
        at.push(performance.now());
        if (at.length === 6) end.abort();
        return at.length <= 3 ? Promise.reject(new Error(`failure ${at.length}`)) : Promise.resolve();
      },
      onFailure: (error) => failures.push(error),
    });

    const pauses = at.slice(1).map((time, nth) => time - at[nth]!);
    expect(failures).toHaveLength(3);
    expect(pauses[0]).toBeGreaterThan(35);
    expect(pauses[1]).toBeGreaterThan(75);
    expect(pauses[2]).toBeGreaterThan(155);
    expect(pauses[4]).toBeLessThan(pauses[2]!);
  });

  it('ends at once when it is told to, whatever the pause', async () => {
    const end = new AbortController();
    setTimeout(() => end.abort(), 10);
    const began = performance.now();
    await repeat({ everyMs: 60_000, signal: end.signal, step: () => Promise.resolve(), onFailure: () => undefined });

    expect(performance.now() - began).toBeLessThan(5000);
  });
});
