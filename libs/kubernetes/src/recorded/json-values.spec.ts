import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonValues } from './json-values.js';

const cutAt = (bytes: Buffer, places: readonly number[]): Buffer[] => {
  const cuts = [0, ...places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return cuts.slice(1).map((end, nth) => bytes.subarray(cuts[nth], end));
};

describe('JsonValues', () => {
  it('divides a stream into the objects in it, wherever it is cut and however it is spaced', () => {
    const spaces = fc.constantFrom('', ' ', '\n', '\r\n', '\n\n  ');
    const objects = fc.array(
      fc.tuple(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), spaces, fc.boolean()),
    );
    fc.assert(
      fc.property(objects, fc.array(fc.nat()), (list, places) => {
        const texts = list.map(([object, space, pretty]) => JSON.stringify(object, undefined, pretty ? 4 : 0) + space);
        const values = new JsonValues();
        const read = cutAt(Buffer.from(texts.join('')), places).flatMap((chunk) => [...values.push(chunk)]);

        expect(read.map(({ text }) => JSON.parse(text) as unknown)).toEqual(
          list.map(([object]) => JSON.parse(JSON.stringify(object)) as unknown),
        );
        expect(read.every(({ text }) => !text.includes('\n'))).toBe(true);
        expect(values.unfinished).toBeUndefined();
      }),
    );
  });

  it('says on which line an object begins, is not complete, or none begins', () => {
    const values = new JsonValues();

    expect([...values.push(Buffer.from('{}\n\n{"a":\n1}\n{"b":'))].map(({ line }) => line)).toEqual([1, 3]);
    expect(values.unfinished).toBe(5);
    expect(() => [...new JsonValues().push(Buffer.from('{}\n]'))]).toThrow('no JSON object begins on line 2');
  });
});
