/** What a history keeps of small lives in which every kind of happening is told: it stands in `kept.told.txt`, which is written from it. */
import { describe, expect, it } from 'vitest';
import { nothingKnown, type PodHistory } from '../history.js';
import { everyHappening, frameUid, type Scene } from '../testing/index.js';

const historyOf = ({ watched }: Scene): PodHistory => watched.pods.get(frameUid) ?? nothingKnown;

/**
 * Subject by subject, each that is not as before the first observation; without what the last look itself leaves. What stands above,
 * word for word, is counted.
 */
function kept(): string {
  const shown = new Set<string>();
  const before: Readonly<Record<string, unknown>> = nothingKnown;

  const linesOf = ([subject, value]: readonly [string, unknown]): readonly string[] => {
    if (JSON.stringify(value) === JSON.stringify(before[subject])) return [];
    const many = Array.isArray(value) ? value : subject === 'containers' ? Object.values(value as object) : [value];
    return many.map((one) => `  ${subject} ${JSON.stringify(one)}`);
  };

  const textOf = (
    title: string,
    { parts: _pod, tally: _its, position: _last, observedAt: _when, ...subjects }: PodHistory,
  ): string => {
    const lines = Object.entries(subjects).flatMap(linesOf);
    const fresh = lines.filter((line) => !shown.has(line));
    for (const line of fresh) shown.add(line);
    return [`# ${title}: ${lines.length - fresh.length} as above`, ...fresh, ''].join('\n');
  };

  const texts = everyHappening.map(([title, play]) => textOf(title, historyOf(play())));
  return texts.join('\n').replaceAll('2026-11-21T', '');
}

describe('what is kept of a pod', () => {
  it('is as it stands in kept.told.txt', async () => {
    await expect(kept()).toMatchFileSnapshot('kept.told.txt');
  });

  it('is plain data, as is what is told of it: read back from what was stored it is the same', () => {
    for (const [title, play] of everyHappening) {
      const scene = play();
      const { parts: _pod, ...history } = historyOf(scene);
      const of = { title, history, happenings: scene.happenings };
      expect(JSON.parse(JSON.stringify(of))).toStrictEqual(of);
    }
  });
});
