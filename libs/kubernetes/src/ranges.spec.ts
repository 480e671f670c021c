import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutRanges, rangesText, shardHash } from './ranges.js';
import { Slice } from './slice.js';

const numbered = (count: number, name: (nth: number) => string) => Array.from({ length: count }, (_, nth) => name(nth));
const words = 'shop cart billing payments search auth gateway ingest metrics logging kafka redis orders users'.split(
  ' ',
);
const families = {
  'team-00 to team-99': numbered(100, (nth) => `team-${String(nth).padStart(2, '0')}`),
  'tenant-a to tenant-z': numbered(26, (nth) => `tenant-${String.fromCharCode(97 + nth)}`),
  'pr-1000 to pr-1999': numbered(1_000, (nth) => `pr-${1_000 + nth}`),
  'words and stages': words.flatMap((word) => ['dev', 'staging', 'prod'].map((stage) => `${word}-${stage}`)),
};

const slices = (names: readonly string[], of: number) => {
  const cuts = cutRanges(names, of);
  return numbered(of, String).map((_, nth) => new Slice(nth, of, cuts));
};
const counts = (names: readonly string[], parts: readonly Slice[]) =>
  parts.map((slice) => names.filter((name) => slice.has(name)).length);

/** As the server reads a selector, letter by letter (`apimachinery:pkg/sharding`). */
function serverMatches(selector: string, namespace: string): boolean {
  const hash = `0x${shardHash(namespace).toString(16).padStart(16, '0')}`;
  const isLess = (a: string, b: string) => (a.length === b.length ? a < b : a.length < b.length);
  return selector.split(' || ').some((range) => {
    const [, from, to] =
      /^shardRange\(object\.metadata\.namespace, '(0x[0-9a-f]{16})', '(0x[0-9a-f]{16}|0x10{16})'\)$/.exec(range) ?? [];
    if (from === undefined || to === undefined || !isLess(from, to)) throw new Error(`The server refuses ${range}`);
    return !isLess(hash, from) && isLess(hash, to);
  });
}

const namespaceName = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);

describe('the hash of a namespace', () => {
  it('is FNV-1a of 64 bits', () => {
    // The first three are published with the algorithm; the others were seen on kube-apiserver 1.36.3.
    for (const [name, hash] of [
      ['', 0xcbf29ce484222325n],
      ['a', 0xaf63dc4c8601ec8cn],
      ['foobar', 0x85944171f73967e8n],
      ['default', 0xebada5168620c5fen],
      ['kube-system', 0xdf65c7bc1d82b35en],
      ['team-00', 0x410c25d7853ec32bn],
      ['team-01', 0x410c24d7853ec178n],
      ['team-99', 0x4123a8d7855280a5n],
      ['pr-1000', 0xb4592711002fbe6fn],
      ['shop', 0x46dc5e18e28e2409n],
    ] as const)
      expect(shardHash(name)).toBe(hash);
  });
});

describe('ranges', () => {
  it.each(Object.entries(families))('divide %s evenly, where equal ranges would not', (_, names) => {
    for (const of of [2, 3, 8]) {
      const most = Math.max(...counts(names, slices(names, of)));
      expect(most / (names.length / of)).toBeLessThan(1.6);
    }
  });

  it('spread names that come later, so far as these differ in more than two characters', () => {
    const parts = slices(words, 2);

    expect(Math.max(...counts(families['pr-1000 to pr-1999'], parts))).toBeLessThan(850);
    expect(Math.min(...counts(families['words and stages'], parts))).toBeGreaterThan(10);
  });

  it('are the same for the same names, in whatever order these are told, and where none are known', () => {
    const names = families['words and stages'];

    expect(cutRanges(names.toReversed(), 3)).toEqual(cutRanges([...names, ...names], 3));
    expect(counts(names, slices([], 2)).every((count) => count > 0)).toBe(true);
  });

  it('have each namespace in exactly one slice, whatever its name, and the server leaves out what the client would', () => {
    fc.assert(
      fc.property(
        fc.array(namespaceName, { maxLength: 200 }),
        fc.integer({ min: 2, max: 128 }),
        fc.array(namespaceName, { minLength: 1, maxLength: 20 }),
        (known, of, names) => {
          const parts = slices(known, of);
          for (const name of [...names, ...known.slice(0, 5)]) {
            const own = parts.filter((slice) => slice.has(name));
            expect(own).toHaveLength(1);
            expect(parts.filter(({ selector }) => serverMatches(selector?.text ?? '', name))).toEqual(own);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('are still told apart at their very bounds', () => {
    const cuts = [shardHash('a'), shardHash('a') + 1n];
    const [first, second] = [new Slice(0, 2, cuts), new Slice(1, 2, cuts)];

    expect([first.has('a'), second.has('a')]).toEqual([false, true]);
    expect(second.selector?.text).toBe(
      "shardRange(object.metadata.namespace, '0xaf63dc4c8601ec8c', '0xaf63dc4c8601ec8d')",
    );
    expect(rangesText([], { nth: 0, of: 1 })).toBe(
      "shardRange(object.metadata.namespace, '0x0000000000000000', '0x10000000000000000')",
    );
  });

  it('fit into a request line of 8 kB', () => {
    for (const of of [2, 128])
      for (const { selector } of slices(families['pr-1000 to pr-1999'], of)) {
        const query = new URLSearchParams({ shardSelector: selector?.text ?? '' }).toString();
        expect(query.length).toBeLessThan(2_000);
      }
  });
});
