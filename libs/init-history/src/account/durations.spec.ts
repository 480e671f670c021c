import { describe, expect, it } from 'vitest';
import { between, running, unknownDuration } from './durations.js';

const at = (second: string): { at: string } => ({ at: `2026-11-21T08:00:${second}Z` });

describe('a duration', () => {
  it('of two stamps cut to whole seconds holds d - 1 to d + 1', () => {
    expect(between(at('01'), at('06'))).toEqual({ seconds: 5, lo: 4, hi: 6, certainty: 'exact' });
  });

  it('is never below zero, also where the clocks of its ends differ', () => {
    expect(between(at('01'), at('01'))).toEqual({ seconds: 0, lo: 0, hi: 1, certainty: 'exact' });
    expect(between(at('06'), at('01'), true)).toEqual({
      seconds: 0,
      lo: 0,
      hi: 0,
      certainty: 'exact',
      mixedClocks: true,
    });
  });

  it('is bounded where an end is only known to lie in a span', () => {
    const to = { ...at('20'), notBefore: '2026-11-21T08:00:10Z' };
    expect(between(at('01'), to)).toEqual({ seconds: 19, lo: 8, hi: 20, certainty: 'bounded' });
    const from = { ...at('10'), notBefore: '2026-11-21T08:00:05Z' };
    expect(between(from, at('20'))).toEqual({ seconds: 10, lo: 9, hi: 16, certainty: 'bounded' });
  });

  it('is unknown without both ends', () => {
    expect(between({ at: null }, at('06'))).toEqual(unknownDuration);
    expect(running({ at: null }, 0)).toEqual(unknownDuration);
  });

  it('that runs ends at the time that was asked about, and says so', () => {
    const now = Date.parse('2026-11-21T08:00:06.500Z');
    expect(running(at('01'), now)).toEqual({ seconds: 5.5, lo: 4.5, hi: 5.5, certainty: 'exact', running: true });
  });

  it('that runs is not negative when the asking clock is behind', () => {
    expect(running(at('06'), Date.parse('2026-11-21T08:00:01Z'))).toMatchObject({ seconds: 0, lo: 0 });
  });
});
