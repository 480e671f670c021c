import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Collector } from './collector.js';

describe('Collector', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it('asks once for scrapes that come together, and anew for the next', async () => {
    let asked = 0;
    const collector = new Collector(
      () => Promise.resolve((asked += 1)),
      () => undefined,
    );

    expect(await Promise.all([collector.collect(), collector.collect()])).toEqual([1, 1]);
    expect(await collector.collect()).toBe(2);
  });

  it('gives up what takes longer than a scrape may, counts that each time, and asks no second time meanwhile', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const ask = vi.fn(() => promise);
    const failed = vi.fn();
    const collector = new Collector(ask, failed);

    for (let scrape = 0; scrape < 2; scrape += 1) {
      const told = collector.collect();
      await vi.advanceTimersByTimeAsync(9_000);
      expect(await told).toBeUndefined();
    }
    resolve('late');

    expect(await collector.collect()).toBe('late');
    expect([ask.mock.calls.length, failed.mock.calls.length]).toEqual([1, 2]);
  });
});
