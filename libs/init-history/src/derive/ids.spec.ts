/** What happens again is another happening: no two of a pod share an id (semantics 8.3). */
import { describe, expect, it } from 'vitest';
import type { Happening } from '../happenings.js';
import { end, ended, happeningsOf, running, watched, type Frame } from '../testing/index.js';

const crashed = (n: number) => ({ lastState: { terminated: end(`a${n}`, [n * 10, n * 10 + 5], 1) } });
const sized = (id: string, cpu: string) => ({ ...running(id, 3), resources: { requests: { cpu } } });
const twoSidecars = {
  initContainers: ['a', 'b'].map((name) => ({ name, restartPolicy: 'Always' })),
};

describe('ids of their own have', () => {
  it.each<[string, Happening['type'], number, readonly Frame[]]>([
    [
      'the starts of one container',
      'InitContainerStarted',
      3,
      [
        { a: running('a0', 0) },
        { a: { ...running('a1', 10, 1), ...crashed(0) } },
        { a: { ...running('a2', 20, 2), ...crashed(1) } },
      ],
    ],
    [
      'its ends',
      'InitContainerFinished',
      3,
      [
        { a: ended('a0', [0, 5], 1) },
        { a: { ...ended('a1', [10, 15], 1, 1), ...crashed(0) } },
        { a: { ...ended('a2', [20, 25], 0, 2), ...crashed(1) } },
      ],
    ],
    [
      'the same resize of two containers',
      'InitContainerResized',
      2,
      [
        { spec: twoSidecars, a: sized('a0', '1'), b: sized('b0', '1') },
        { spec: twoSidecars, a: sized('a0', '2'), b: sized('b0', '2') },
      ],
    ],
  ])('%s', (_, type, count, frames) => {
    const told = happeningsOf(watched(frames));
    const ids = told.filter((happening) => happening.type === type).map(({ id }) => id);
    expect(ids).toHaveLength(count);
    expect(new Set(ids).size).toBe(count);
  });
});
