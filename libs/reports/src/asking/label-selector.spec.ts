import { describe, expect, it } from 'vitest';
import { parseLabelSelector } from './label-selector.js';

describe('parseLabelSelector', () => {
  it.each([
    ['app=api', [{ key: 'app', operator: 'in', values: ['api'] }]],
    ['app==api', [{ key: 'app', operator: 'in', values: ['api'] }]],
    ['app = api', [{ key: 'app', operator: 'in', values: ['api'] }]],
    ['app=', [{ key: 'app', operator: 'in', values: [''] }]],
    ['app!=api', [{ key: 'app', operator: 'notIn', values: ['api'] }]],
    ['tier in (front, back)', [{ key: 'tier', operator: 'in', values: ['front', 'back'] }]],
    ['tier notin (front)', [{ key: 'tier', operator: 'notIn', values: ['front'] }]],
    ['app.kubernetes.io/name', [{ key: 'app.kubernetes.io/name', operator: 'exists' }]],
    ['!canary', [{ key: 'canary', operator: 'doesNotExist' }]],
    ['rank>5', [{ key: 'rank', operator: 'greaterThan', than: 5 }]],
    ['', []],
  ])('reads %j', (text, expected) => {
    expect(parseLabelSelector(text)).toEqual(expected);
  });

  it('reads several requirements, commas inside parentheses aside', () => {
    expect(parseLabelSelector('a in (x,y),!b,c=d')).toEqual([
      { key: 'a', operator: 'in', values: ['x', 'y'] },
      { key: 'b', operator: 'doesNotExist' },
      { key: 'c', operator: 'in', values: ['d'] },
    ]);
  });

  it.each(['a b', '=x', 'a in x', 'a in (x', 'a=b c', 'a,,b', 'rank>many', 'a=-x', '-a=x', 'a~b'])(
    'says what is wrong with %j',
    (text) => {
      expect(parseLabelSelector(text)).toEqual({ problem: expect.any(String) });
    },
  );
});
