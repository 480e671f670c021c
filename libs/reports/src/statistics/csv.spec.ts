import { describe, expect, it } from 'vitest';
import { toCell, toCsv } from './csv.js';

describe('toCell', () => {
  it.each([
    ['=HYPERLINK("http://x")', '"\'=HYPERLINK(""http://x"")"'],
    ['+1', "'+1"],
    ['-2', "'-2"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\tx', "'\tx"],
    ['plain', 'plain'],
    ['a,b', '"a,b"'],
    ['a\nb', '"a\nb"'],
    [-2.5, '-2.5'],
    [null, ''],
    [true, 'true'],
  ])('writes %j so that no spreadsheet runs it', (value, cell) => {
    expect(toCell(value)).toBe(cell);
  });
});

describe('toCsv', () => {
  it('writes a header and lines that end in CRLF', () => {
    expect(toCsv(['a', 'b'], [{ b: 1, a: 'x' }])).toBe('a,b\r\nx,1\r\n');
  });
});
