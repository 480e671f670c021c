import { describe, expect, it } from 'vitest';
import { account, attempt, cycle, exactly, soFar } from '../testing/accounts.js';
import { carryAttemptForward, carryForward, withoutRunning } from './carry-forward.js';

describe('carryForward', () => {
  const pod = account({
    duration: soFar(5),
    sinceCreation: soFar(7),
    cycles: [cycle({ outcome: 'running', duration: soFar(5) })],
  });

  it('brings what runs to a later moment, and leaves what has ended', () => {
    const later = carryForward(pod, 1_000, 61_500);

    expect(later.duration).toEqual({ seconds: 65.5, lo: 64.5, hi: 65.5, certainty: 'exact', running: true });
    expect(later.cycles[0]?.duration.seconds).toBe(65.5);
    expect(later.sinceScheduled).toEqual(exactly(7));
  });

  it('holds the truth of what was told within the second in which it began', () => {
    const justBegun = { seconds: 0.25, lo: 0, hi: 0.25, certainty: 'exact', running: true } as const;
    const { duration } = carryForward(account({ duration: justBegun }), 0, 1_000);

    expect(duration).toMatchObject({ seconds: 1.25, lo: 0.25, hi: 1.25 });
  });

  it('does not know how long at least what has run whose beginning lies in a span', () => {
    const loose = { seconds: 40, lo: 0, hi: 60, certainty: 'bounded', running: true } as const;
    expect(carryForward(account({ duration: loose }), 0, 10_000).duration).toMatchObject({
      seconds: 50,
      lo: 0,
      hi: 70,
    });
    const known = { ...loose, lo: 20 };
    expect(carryForward(account({ duration: known }), 0, 10_000).duration).toMatchObject({ lo: 30 });
  });

  it('brings what runs to an earlier moment, never below nothing', () => {
    expect(carryForward(pod, 60_000, 0).duration).toMatchObject({ seconds: 0, lo: 0, hi: 0 });
  });

  it('brings an attempt that runs', () => {
    expect(carryAttemptForward(attempt({ duration: soFar(5) }), 0, 1_000).duration.seconds).toBe(6);
    expect(carryAttemptForward(attempt(), 0, 1_000)).toEqual(attempt());
  });

  it('is of no consequence for what is served but for the time', () => {
    expect(withoutRunning(carryForward(pod, 0, 99_000))).toEqual(withoutRunning(pod));
  });
});
