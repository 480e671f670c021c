import { describe, expect, it } from 'vitest';
import { goSeconds } from './go-duration.js';

describe('a duration of Go', () => {
  it.each([
    ['850ms', 0.85],
    ['12.5s', 12.5],
    ['1m2.345s', 62.345],
    ['1h0m3s', 3603],
    ['0s', 0],
    ['1.234567891s', 1.234567891],
    ['37µs', 0.000037],
  ])('%s is %d seconds', (text, seconds) => {
    expect(goSeconds(text)).toBe(seconds);
  });

  it.each(['', 's', '12', '1x', '-1s', '1s later'])('is not %j', (text) => {
    expect(goSeconds(text)).toBeNull();
  });
});
