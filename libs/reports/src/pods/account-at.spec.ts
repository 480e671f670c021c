import { describe, expect, it } from 'vitest';
import type { Duration, PhaseSlice } from '#libs/init-history';
import { account, cycle } from '#testing/projections';
import { accountAt } from './account-at.js';

const at = (second: string): number => Date.parse(`2026-11-21T11:00:${second}Z`);

const slice = (duration: Duration): PhaseSlice => ({
  phase: 'run',
  container: 'migrate',
  attempt: 1,
  from: '2026-11-21T11:00:00Z',
  to: '2026-11-21T11:00:10Z',
  duration,
});

const slicesAt = (second: string, duration: Duration) => {
  const one = cycle({ startedAt: '2026-11-21T11:00:00Z', endedAt: '2026-11-21T11:00:10Z', phases: [slice(duration)] });
  return accountAt(account({ cycles: [one] }), at(second)).cycles[0]?.phases;
};

describe('a slice of time, as it was then', () => {
  const exact: Duration = { seconds: 10, lo: 9, hi: 11, certainty: 'exact' };

  it('is not there before it began, and whole once it had ended', () => {
    expect(accountAt(account({ cycles: [cycle()] }), at('00') - 60_000).cycles).toEqual([]);
    expect(slicesAt('10', exact)).toEqual([slice(exact)]);
  });

  it('runs to that moment, which is no stamp', () => {
    expect(slicesAt('04', exact)).toEqual([
      { ...slice({ seconds: 4, lo: 3, hi: 4, certainty: 'exact', running: true }), to: null },
    ]);
  });

  it('stays as loosely known as its beginning was', () => {
    const bounded: Duration = { seconds: 10, lo: 2, hi: 16, certainty: 'bounded', mixedClocks: true };
    expect(slicesAt('07', bounded)?.[0]?.duration).toEqual({
      seconds: 7,
      lo: 0,
      hi: 13,
      certainty: 'bounded',
      running: true,
      mixedClocks: true,
    });
  });
});
