import { describe, expect, it } from 'vitest';
import type { PodAccount } from '../account.js';
import { noContext, type GapContext } from '../context.js';
import { ended, passed, running, second, told, watched, type Frame } from '../testing/index.js';

/** Accepted at second 1, a from 3 to 5, b from 6 to 8, the app at 9. */
const frames: readonly Frame[] = [{ a: running('a0', 3) }, { a: ended('a0', [3, 5]), b: running('b0', 6) }, passed];

const gap = (position: number, from: number, to: number, resource = 'pods'): GapContext => ({
  position,
  resource,
  from: second(from),
  to: second(to),
  cause: 'expired',
});

const withGaps = (...gaps: readonly GapContext[]): PodAccount => {
  const context = { ...noContext, gaps };
  return told(watched(frames, context), context);
};

/** What touches a gap, by name. */
const touched = (account: PodAccount): Record<string, readonly number[]> => {
  const cycle = account.cycles[0];
  const all = {
    duration: account.duration,
    sinceCreation: account.sinceCreation,
    sinceScheduled: account.sinceScheduled,
    toAppStarted: account.toAppStarted,
    cycle: cycle?.duration,
    ...Object.fromEntries(
      (cycle?.phases ?? []).map((one) => [`${one.phase} ${one.container ?? ''}`.trim(), one.duration]),
    ),
    ...Object.fromEntries(
      (cycle?.initContainers ?? []).flatMap(({ name, attempts }) =>
        attempts.map((one) => [`attempt ${name}`, one.duration]),
      ),
    ),
  };
  return Object.fromEntries(Object.entries(all).flatMap(([name, one]) => (one?.gaps ? [[name, one.gaps]] : [])));
};

describe('a gap', () => {
  it('is joined to each duration that it touches, and to no other', () => {
    expect(touched(withGaps(gap(7, 6, 7)))).toEqual({
      duration: [7],
      sinceCreation: [7],
      sinceScheduled: [7],
      toAppStarted: [7],
      cycle: [7],
      'run b': [7],
      'attempt b': [7],
      // It ends in the second in which the gap begins.
      unaccounted: [7],
    });
  });

  it('before or after is joined to nothing', () => {
    expect(touched(withGaps(gap(7, -60, -1), gap(8, 30, 40)))).toEqual({});
    expect(withGaps(gap(8, 30, 40))).toMatchObject({ duration: withGaps().duration });
  });

  it('between the end of initialization and the app is joined to what ends there', () => {
    expect(touched(withGaps(gap(7, 9, 9.5)))).toEqual({ toAppStarted: [7], 'appPull app': [7] });
  });

  it('of Events is joined to what Events tell of, and to nothing that statuses tell', () => {
    expect(touched(withGaps(gap(7, 1, 9, 'events')))).toEqual({ unaccounted: [7], 'appPull app': [7] });
  });

  it('is one of several', () => {
    expect(withGaps(gap(7, 1, 2), gap(9, 4, 5)).duration.gaps).toEqual([7, 9]);
  });
});
