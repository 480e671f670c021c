import { describe, expect, it } from 'vitest';
import { decide } from './decide.js';
import type { TakeOver } from './decide.js';

const at = (rules: string, version = 1) => ({ name: `pod-inits-v${version}`, rules });
const decided = (
  inForce: ReturnType<typeof at>[],
  next: ReturnType<typeof at>[] = [],
  takeOver: TakeOver = 'newer',
): string => decide(at('2'), { inForce, next }, takeOver).what;

describe('decide', () => {
  it('follows what is ours, and what nobody has begun', () => {
    expect([decided([at('2')]), decided([])]).toEqual(['follow', 'follow']);
  });

  it('builds beside what older rules or an older version of the rows keep', () => {
    expect([decided([at('1')]), decided([at('2', 0)]), decided([at('1'), at('2')])]).toEqual([
      'build',
      'build',
      'build',
    ]);
  });

  it('stands aside for newer rules, in force or about to be', () => {
    expect([decided([at('3')]), decided([at('10')]), decided([at('2', 2)])]).toEqual([
      'standAside',
      'standAside',
      'standAside',
    ]);
    expect(decided([at('1')], [at('3')])).toBe('standAside');
  });

  it('takes back from newer rules only when it is told to', () => {
    expect([decided([at('3')], [], 'always'), decided([at('1')], [at('3')], 'always')]).toEqual(['build', 'build']);
  });

  it('builds its own anew when it is told to, unless newer ones are being built there', () => {
    expect([decided([at('2')], [], 'again'), decided([at('2')], [at('2')], 'again')]).toEqual(['rebuild', 'rebuild']);
    expect([decided([], [], 'again'), decided([at('2')], [at('3')], 'again')]).toEqual(['follow', 'follow']);
    expect([decided([at('1')], [], 'again'), decided([at('3')], [], 'again')]).toEqual(['build', 'standAside']);
  });

  it('takes over nothing when it is told so', () => {
    expect([decided([at('1')], [], 'never'), decided([at('2')], [], 'never')]).toEqual(['standAside', 'follow']);
  });
});
