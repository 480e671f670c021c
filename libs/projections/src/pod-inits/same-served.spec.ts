import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutRunning } from '../answering/carry-forward.js';
import { account, exactly, soFar } from '../testing/accounts.js';
import { isServedAlike } from './same-served.js';

/** Few names and values, so that two of them are often the same, or nearly. */
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<unknown>(null, true, false, 0, 1, '', 'a'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc
      .array(fc.tuple(fc.constantFrom('a', 'b', 'seconds', 'lo'), fc.option(tie('value'), { nil: undefined })), {
        maxLength: 3,
      })
      .map((entries) => Object.fromEntries(entries)),
  ),
})).value;

const text = (value: unknown): string => JSON.stringify(value);

describe('isServedAlike', () => {
  it('says what the JSON of both would say', () => {
    fc.assert(
      fc.property(json, json, (one, other) => {
        expect(isServedAlike(one, other)).toBe(text(one) === text(other));
      }),
      { numRuns: 2_000 },
    );
  });

  it('leaves out members that are undefined, and heeds the order of the others', () => {
    expect(isServedAlike({ a: 1, b: undefined }, { a: 1 })).toBe(true);
    expect(isServedAlike({ a: 1, b: 2 }, { b: 2, a: 1 })).toBe(false);
    expect(isServedAlike([1, 2], [1])).toBe(false);
    expect(isServedAlike({ 0: 1 }, [1])).toBe(false);
    expect(isServedAlike(null, {})).toBe(false);
  });

  it('passes over how long something has run, and nothing else of it', () => {
    const running = soFar(5);
    const told = account({ duration: running, sinceCreation: exactly(7) });
    const later = { ...told, duration: { ...running, seconds: 9, lo: 8, hi: 10 } };

    expect(isServedAlike(told, later)).toBe(true);
    expect(text(withoutRunning(told))).toBe(text(withoutRunning(later)));
    expect(isServedAlike(told, { ...later, duration: { ...later.duration, certainty: 'bounded' } })).toBe(false);
    expect(isServedAlike(told, { ...later, duration: exactly(5) })).toBe(false);
    expect(isServedAlike(told, { ...later, sinceCreation: exactly(8) })).toBe(false);
    expect(isServedAlike(told, { ...later, labels: { running: 'true', lo: 'a' } })).toBe(false);
  });
});
