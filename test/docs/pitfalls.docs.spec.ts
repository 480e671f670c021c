import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

const page = await readFile('libs/event-store/PITFALLS.md', 'utf8');
const [, ...pitfalls] = page.split(/^## /mu);

describe('libs/event-store/PITFALLS.md', () => {
  it('tells of ten pitfalls', () => {
    expect(pitfalls.map((text) => Number.parseInt(text, 10))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it.each(pitfalls.map((text) => [text.slice(0, text.indexOf('\n')), text] as const))(
    'names tests that are there: %s',
    async (_name, text) => {
      const named = [...text.matchAll(/^- `([^`]+)`: (.+)$/gmu)];
      expect(named.length).toBeGreaterThan(0);

      const lost: string[] = [];
      for (const [, file = '', name = ''] of named) {
        const source = await readFile(file, 'utf8').catch(() => '');
        if (!["'", '"', '`'].some((quote) => source.includes(`${quote}${name}${quote}`))) lost.push(`${file}: ${name}`);
      }
      expect(lost).toEqual([]);
    },
  );
});
