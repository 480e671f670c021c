/** In which cycle an instance began. */
import { beforeAll, describe, expect, it } from 'vitest';
import { nothingKnown, type PodHistory } from '../history.js';
import { frameUid, passed, running, second, watched } from '../testing/index.js';
import { cycleOfTime } from './cycle-of-time.js';

describe('what began', () => {
  let history: PodHistory;
  beforeAll(() => {
    const twoCycles = watched([
      { a: running('a0', 3) },
      passed,
      { ...passed, ready: ['False', 98] },
      { ...passed, ready: ['True', 100], a: running('a1', 101, 1) },
    ]);
    history = twoCycles.pods.get(frameUid) ?? nothingKnown;
  });

  it.each([
    ['between two cycles is of the first', second(50), 1],
    ['with a cycle is of it', second(98), 2],
    ['at nobody knows when is of the newest', null, 2],
    ['before the first is of it: the node’s clock may be behind', second(-5), 1],
  ])('%s', (_, began, cycle) => {
    expect(cycleOfTime(history, began)).toBe(cycle);
  });

  it('before any cycle is of none', () => {
    expect(cycleOfTime(nothingKnown, second(3))).toBe(0);
  });
});
