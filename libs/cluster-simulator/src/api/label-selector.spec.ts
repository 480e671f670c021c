import { describe, expect, it } from 'vitest';
import { labelSelector } from './label-selector.js';

describe('labelSelector', () => {
  it.each([
    ['a', { a: '' }, true],
    ['!a', { a: '' }, false],
    ['a=b', { a: 'b' }, true],
    ['a==b, c!=d', { a: 'b', c: 'e' }, true],
    ['c!=d', {}, true],
    ['a in (b,c)', { a: 'c' }, true],
    ['a in (b,)', { a: '' }, true],
    ['a notin (b)', {}, true],
    ['a notin (b)', { a: 'b' }, false],
    ['a>3', { a: '4' }, true],
    ['a>3', { a: 'x' }, false],
    ['a<3', {}, false],
    ['example.com/in=in', { 'example.com/in': 'in' }, true],
    ['  ', { any: 'thing' }, true],
  ])('reads %j over %j', (text, labels, expected) => {
    expect(labelSelector(text)(labels)).toBe(expected);
  });

  it.each(['a in', 'a=b=c', '(', 'a,,b', 'a in (b', 'a=-b', 'a>x', '=b'])('refuses %j', (text) => {
    expect(() => labelSelector(text)).toThrow(expect.objectContaining({ code: 400 }));
  });
});
