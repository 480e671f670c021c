import { describe, expect, it } from 'vitest';
import { compareResourceVersions } from './resource-version.js';

describe('compareResourceVersions', () => {
  it.each([
    ['9', '10'],
    ['9007199254740992', '9007199254740993'],
    ['0', '1'],
  ])('puts %s before %s', (lesser, greater) => {
    expect(compareResourceVersions(lesser, greater)).toBeLessThan(0);
    expect(compareResourceVersions(greater, lesser)).toBeGreaterThan(0);
  });

  it('falls back to equality where one of them is no decimal', () => {
    expect(compareResourceVersions('abc', 'abc')).toBe(0);
    expect(compareResourceVersions('abc', '12')).toBeUndefined();
    expect(compareResourceVersions('012', '12')).toBeUndefined();
  });
});
