import { describe, expect, it } from 'vitest';
import { kindNames } from './kinds.js';
import { planOf, type Wanted } from './plan.js';

describe('a plan of faults', () => {
  it('is the same for the same seed, another for another, and has every kind in it where there is room', () => {
    const long: Wanted = {
      seed: 1,
      faults: 1_000,
      everyMs: 900,
      deployments: { three: 45, pairs: 20, standalone: 35 },
      mayMount: true,
    };
    const kindsIn = planOf(long).flatMap(({ faults }) => faults.map(({ kind }) => kind));

    expect(planOf(long)).toEqual(planOf({ ...long }));
    expect(planOf(long)).not.toEqual(planOf({ ...long, seed: 2 }));
    expect(kindsIn).toHaveLength(1_000);
    expect(new Set(kindsIn)).toEqual(new Set(kindNames));
  });
});
