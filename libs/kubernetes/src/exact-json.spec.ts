import { assert, bigInt, boolean, constantFrom, nat, property, string, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from './exact-json.js';

describe('parsing JSON exactly', () => {
  it('keeps an integer that a double cannot hold digit for digit, wherever it stands', () => {
    const integers = tuple(nat(8), bigInt({ min: 0n, max: 10n ** 30n }), constantFrom(1n, -1n)).map(
      ([more, digits, sign]) => sign * ((digits % (9n * 10n ** BigInt(13 + more))) + 10n ** BigInt(13 + more)),
    );
    assert(
      property(string(), integers, constantFrom('', ' ', '\n\t'), boolean(), (before, integer, space, isItem) => {
        const [key, held] = [JSON.stringify(before), `${space}${integer}${space}`];
        const read = parseJson(isItem ? `[${key},${held}]` : `{"a":${key},"b":${held}}`);
        const [, value] = Object.values(read as object);
        expect(BigInt(value as bigint | number)).toBe(integer);
        expect(typeof value).toBe(Number.isSafeInteger(Number(integer)) ? 'number' : 'bigint');
      }),
      { numRuns: 2_000 },
    );
  });

  it('reads everything else as JSON.parse does', () => {
    const texts = [
      '1234567890123456',
      '12345678901234567890',
      'a1234567890123456789b',
      '1e400',
      '0.12345678901234567890',
    ];
    for (const text of texts) {
      const json = JSON.stringify({ [text]: text, list: [text, 0.123, 1e21, 123456789012345] });
      expect(parseJson(json)).toEqual(JSON.parse(json));
    }
    const numbers = '[0.12345678901234567890,1.5e3]';
    expect(parseJson(numbers)).toEqual(JSON.parse(numbers));
  });
});
