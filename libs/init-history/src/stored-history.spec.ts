import { describe, expect, it } from 'vitest';
import { nothingKnown, type PodHistory } from './history.js';
import { historyVersion, storedHistory } from './stored-history.js';
import { everyHappening, frameUid } from './testing/index.js';

const histories = everyHappening.map(([, play]) => play().watched.pods.get(frameUid) ?? nothingKnown);

/** Where in a history something stands; lists and names that are made of what was seen are one place each. */
function placesIn(value: unknown, at: string, places: Set<string>): void {
  if (Array.isArray(value)) for (const one of value) placesIn(one, `${at}[]`, places);
  else if (typeof value !== 'object' || value === null) places.add(at);
  else {
    for (const [name, one] of Object.entries(value))
      placesIn(one, named.has(at) ? `${at}{}` : `${at}${at === '' ? '' : '.'}${name}`, places);
  }
}

const named: ReadonlySet<string> = new Set([
  'faces',
  'containers',
  'containers{}.missed',
  'tally.restartCounts',
  'tally.begun',
  'tally.synthetic',
  'tally.created',
  'tally.apps',
  'eventCounts',
  'troubles',
]);

describe('the shape of a stored history', () => {
  it(`is that of history-shape-${historyVersion}.txt: where it changes, add the step that reads the one before`, async () => {
    const places = new Set<string>();
    for (const { parts: _pod, ...history } of [nothingKnown, ...histories]) placesIn(history, '', places);

    await expect(`${[...places].toSorted().join('\n')}\n`).toMatchFileSnapshot(`history-shape-${historyVersion}.txt`);
  });
});

describe('a stored history', () => {
  it('is what was stored, where that was this version', () => {
    for (const history of histories) {
      const read = storedHistory(JSON.parse(JSON.stringify(history)), historyVersion);
      expect(read).toEqual(history satisfies PodHistory);
    }
  });

  it.each([
    ['came after this program', {}, historyVersion + 1],
    ['has no version', {}, 0],
    ['is none', 'a text', historyVersion],
    ['is nothing', null, historyVersion],
    ['is a list', [], historyVersion],
  ])('cannot be read where it %s', (_, stored, version) => {
    expect(storedHistory(stored, version)).toBeNull();
  });
});
