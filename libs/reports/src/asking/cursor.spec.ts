import { describe, expect, it } from 'vitest';
import { askedHash, cursorOf, cursorToken, placeOf, placeToken } from './cursor.js';

const place = { positions: { '2': 7, '1': -1 }, asOf: 1_763_700_000_000 };

describe('tokens', () => {
  it('come back as the place they were made of, whatever the order of the shards', () => {
    expect(placeOf(placeToken(place))).toEqual(place);
    expect(placeToken({ ...place, positions: { '1': -1, '2': 7 } })).toBe(placeToken(place));
  });

  it('come back as the cursor they were made of', () => {
    const cursor = { after: ['2026-11-21T00:00:00.000001Z', 3, null], asked: 'abc', place };

    expect(cursorOf(cursorToken(cursor))).toEqual(cursor);
  });

  it('hold what time it is in a recording, whatever the order of the shards', () => {
    const recorded = { ...place, recorded: { '2': 1_760_000_000_000, '1': 1_750_000_000_000 } };
    const cursor = { after: [], asked: 'abc', place: recorded };

    expect(placeOf(placeToken(recorded))).toEqual(recorded);
    expect(cursorOf(cursorToken(cursor))).toEqual(cursor);
    expect(placeToken({ ...recorded, recorded: { '1': 1_750_000_000_000, '2': 1_760_000_000_000 } })).toBe(
      placeToken(recorded),
    );
  });

  it.each([
    '',
    'x',
    '!!!',
    Buffer.from('{}').toString('base64url'),
    Buffer.from('{"k":[],"f":1,"p":{}}').toString('base64url'),
    `${cursorToken({ after: [], asked: 'a', place })}x`,
    'A'.repeat(20_000),
  ])('are refused when they are not ours: %#', (token) => {
    expect(cursorOf(token)).toBeUndefined();
    expect(placeOf(token)).toBeUndefined();
  });
});

describe('askedHash', () => {
  it('is the same for every page and another for every filter', () => {
    const first = askedHash('pods', { namespace: ['a'], limit: 2 });

    expect(askedHash('pods', { namespace: ['a'], limit: 100, cursor: 'x' })).toBe(first);
    expect(askedHash('pods', { namespace: ['b'], limit: 2 })).not.toBe(first);
    expect(askedHash('stuck', { namespace: ['a'], limit: 2 })).not.toBe(first);
  });
});
