import { describe, expect, it } from 'vitest';

import { parseTilePath, tileIndex } from './tile-paths.js';

describe('paths of tiles', () => {
  it.each([
    ['0/000', { level: 0, index: 0, width: 256 }],
    ['1/x001/x234/067', { level: 1, index: 1_234_067, width: 256 }],
    ['0/273.p/112', { level: 0, index: 273, width: 112 }],
    ['entries/x001/000.p/1', { level: 'entries', index: 1_000, width: 1 }],
    ['63/000', { level: 63, index: 0, width: 256 }],
  ])('%s', (path, wanted) => {
    expect(parseTilePath(path)).toEqual(wanted);
    expect(path).toContain(tileIndex(wanted.index));
  });

  it.each([
    '',
    '0',
    '0/0',
    '0/00',
    '00/000',
    '64/000',
    '0/1234',
    '0/x000/001',
    '0/000.p/0',
    '0/000.p/256',
    '0/000.p/01',
    'entries/',
    '-1/000',
    '0/000/001',
    '0/000.p/',
  ])('%j is none', (path) => expect(parseTilePath(path)).toBeUndefined());
});
