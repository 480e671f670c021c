import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const { scripts } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
  scripts: Record<string, string>;
};

/** Much that lives, and much that is soon over: as a list is. Prints the most that the young generation took, in MB. */
const list = `
  const { getHeapSpaceStatistics } = require('node:v8');
  const young = () => getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size;
  const live = Array.from({ length: 400_000 }, (_, nth) => ({ nth, text: 'pod ' + nth }));
  const page = [];
  let most = 0;
  for (let nth = 0; nth < 1_000_000; nth += 1) {
    page[nth % 50_000] = { nth, parts: [nth, nth + 1], text: 'part ' + nth };
    if (nth % 1_000 === 0) most = Math.max(most, young());
  }
  process.stdout.write(String(live.length && most / 1_048_576));
`;

describe('the recorder, as package.json starts it', () => {
  it('is told to collect garbage before it has heaped up', { timeout: 60_000 }, () => {
    const [, ...words] = scripts['start:recorder']?.split(' ') ?? [];
    const flags = words.filter((word) => word.startsWith('--'));
    const most = (told: readonly string[]) => Number(execFileSync(process.execPath, [...told, '--eval', list]));

    expect(words.at(-1)).toBe('dist/apps/recorder/src/main.js');
    expect(most(flags)).toBeLessThanOrEqual(48);
  });
});
