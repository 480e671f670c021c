import { describe, expect, it } from 'vitest';
import { ManualClock, RunningClock } from './clock.js';

describe('ManualClock', () => {
  it('runs what falls due in the order of its time, and then of its making', () => {
    const clock = new ManualClock(0);
    const ran: string[] = [];
    const note = (name: string) => () => void ran.push(`${name} at ${clock.now()}`);
    clock.after(20, note('later'));
    clock.after(10, () => {
      note('first')();
      clock.after(5, note('made by first'));
    });
    clock.after(10, note('second'));
    const cancel = clock.after(15, note('cancelled'));
    cancel();
    clock.advance(15);

    expect(ran).toEqual(['first at 10', 'second at 10', 'made by first at 15']);
    expect(clock.now()).toBe(15);
  });
});

describe('RunningClock', () => {
  it('passes faster than the machine when told', async () => {
    const clock = new RunningClock({ speed: 100, startAt: 0 });
    await new Promise<void>((resolve) => void clock.after(2_000, resolve));

    expect(clock.now()).toBeGreaterThanOrEqual(1_900);
    expect(clock.now()).toBeLessThan(60_000);
  });

  it('does not stand still or run backwards', () => {
    expect(() => new RunningClock({ speed: 0 })).toThrow('speed must be above 0');
  });
});
