import { describe, expect, it } from 'vitest';
import { betweenBounds, by, durationBetween, durationUntil, stamped, type Edge } from './edge.js';

const time = (second: string): string => `2026-11-21T08:00:${second}Z`;
const edge = (found: Edge | null): Edge => {
  if (!found) throw new Error('no edge');
  return found;
};
const node = (second: string): Edge => edge(stamped(time(second), 'node'));

describe('a duration', () => {
  it('of two stamps cut to whole seconds holds d - 1 to d + 1', () => {
    expect(durationBetween(node('01'), node('06'))).toEqual({ seconds: 5, lo: 4, hi: 6, certainty: 'exact' });
  });

  it('of stamps with a fraction is known to the millisecond', () => {
    expect(durationBetween(node('01.250'), node('06.000'))).toEqual({
      seconds: 4.75,
      lo: 4.75,
      hi: 4.75,
      certainty: 'exact',
    });
  });

  it('is never below zero, also where the clocks of its ends differ', () => {
    expect(durationBetween(node('01'), node('01'))).toEqual({ seconds: 0, lo: 0, hi: 1, certainty: 'exact' });
    expect(durationBetween(node('06'), edge(stamped(time('01'), 'apiserver')))).toEqual({
      seconds: 0,
      lo: 0,
      hi: 0,
      certainty: 'exact',
      mixedClocks: true,
    });
  });

  it('is bounded where an end is only known to lie in a span', () => {
    const to = edge(by(time('20'), time('10'), 'node'));
    expect(durationBetween(node('01'), to)).toEqual({ seconds: 19, lo: 8, hi: 20, certainty: 'bounded' });
    const from = edge(by(time('10'), time('05'), 'node'));
    expect(durationBetween(from, node('20'))).toEqual({ seconds: 10, lo: 9, hi: 16, certainty: 'bounded' });
    expect(betweenBounds(node('01'), to)).toEqual({ seconds: null, lo: 8, hi: 20, certainty: 'bounded' });
  });

  it('has no end where there is no time', () => {
    expect([stamped(null, 'node'), stamped('soon', 'node'), by(undefined, time('01'), 'node')]).toEqual([
      null,
      null,
      null,
    ]);
  });

  it('that runs ends at the time that was asked about, and says so', () => {
    const now = Date.parse(time('06.500'));
    expect(durationUntil(node('01'), now)).toEqual({
      seconds: 5.5,
      lo: 4.5,
      hi: 5.5,
      certainty: 'exact',
      running: true,
    });
  });

  it('that runs is not negative when the asking clock is behind', () => {
    expect(durationUntil(node('06'), Date.parse(time('01')))).toMatchObject({ seconds: 0, lo: 0, hi: 0 });
  });
});
