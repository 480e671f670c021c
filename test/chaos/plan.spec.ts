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
      redis: true,
    };
    const kindsIn = planOf(long).flatMap(({ faults }) => faults.map(({ kind }) => kind));

    expect(planOf(long)).toEqual(planOf({ ...long }));
    expect(planOf(long)).not.toEqual(planOf({ ...long, seed: 2 }));
    expect(kindsIn).toHaveLength(1_000);
    expect(new Set(kindsIn)).toEqual(new Set(kindNames));
  });

  it('leaves everybody alone between spells, where it is asked to', () => {
    const wanted: Wanted = { seed: 1, faults: 12, everyMs: 900, deployments: { three: 1 }, mayMount: true };
    const times = (more: Partial<Wanted>) => planOf({ ...wanted, ...more })[0]!.faults.map(({ atMs }) => atMs);
    const [whole, inSpells] = [times({}), times({ spells: { faults: 5, quietMs: 40_000 } })];

    expect(inSpells.map((at, nth) => at - whole[nth]!)).toEqual([
      ...Array.from({ length: 5 }, () => 0),
      ...Array.from({ length: 5 }, () => 40_000),
      ...Array.from({ length: 2 }, () => 80_000),
    ]);
  });
});
