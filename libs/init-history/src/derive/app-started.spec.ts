/** Which app container is told to have started first (semantics 8.2 step 6). */
import { describe, expect, it } from 'vitest';
import { cyclesOf, ended, happeningsOf, passed, running, told, typesOf, watched } from '../testing/index.js';

type Bag = Record<string, unknown>;

const timeless = { containerID: 'x', restartCount: 0, state: { terminated: { exitCode: 128, containerID: 'x' } } };

describe('the first of two app containers', () => {
  const firstOf = (app: Bag, side: Bag): string | null | undefined => {
    const containerStatuses = [
      { name: 'app', ...app },
      { name: 'side', ...side },
    ];
    const spec = { containers: [{ name: 'app' }, { name: 'side' }] };
    const all = watched([{ ...passed, spec, status: { phase: 'Running', containerStatuses } }]);
    return happeningsOf(all).find(({ type }) => type === 'AppContainersStarted')?.container;
  };

  it.each<[string, Bag, Bag, string]>([
    ['is that which began first', running('app0', 10), running('side0', 12), 'app'],
    ['is that which began first, wherever it stands', running('app0', 12), running('side0', 10), 'side'],
    ['is that which began first, though it has ended', running('app0', 12), ended('side0', [9, 11], 1), 'side'],
    ['is none of which no time is known', timeless, running('side0', 12), 'side'],
    ['is none of which no time is known, wherever it stands', running('app0', 12), timeless, 'app'],
  ])('%s', (_, app, side, container) => {
    expect(firstOf(app, side)).toBe(container);
  });
});

describe('an app container of an earlier cycle', () => {
  it('is not one of the next, though no time tells when it began', () => {
    const app = timeless;
    const all = watched([
      { a: running('a0', 3) },
      { ...passed, app },
      { ...passed, app, ready: ['False', 98] },
      { ...passed, app, ready: ['True', 100], a: ended('a1', [101, 102], 0, 1) },
    ]);
    expect(cyclesOf(told(all))).toEqual(['first completed', 'sandboxRecreated running']);
    expect(typesOf(all).filter((type) => type === 'AppContainersStarted')).toHaveLength(1);
  });
});
