import { describe, expect, it } from 'vitest';
import { mutantsOf, mutated } from './mutants.js';

describe('the mutants of a source', () => {
  it.each([
    ['a comparison is turned, not negated too', 'if (a === b) f();', ['if ((a !== b)) f();']],
    ['a condition is negated', 'const x = seen ? 1 : 2;', ['const x = !(seen) ? 1 : 2;']],
    ['a bound moves by one', 'const x = a < b;', ['const x = (a <= b);']],
    ['what stood before an operator stays together', 'x = a && b && c;', ['x = (a && b || c);', 'x = (a || b) && c;']],
    ['a negation is dropped', 'if (!a) f();', ['if ((a)) f();']],
    ['each element and spread of a list goes in turn', 'x = [a, ...b];', ['x = [...b];', 'x = [a];']],
    ['a filter is dropped', 'x = y.filter(f).map(g);', ['x = y.map(g);']],
    ['what stands in for null is dropped', 'x = a ?? b;', ['x = (a);']],
    ['a property that is spread is dropped', 'x = { ...a };', ['x = { ...{} };']],
    ['true and false change places', 'x = true;', ['x = false;']],
    ['types stay as they are', 'type X = [a, true];', []],
  ])('%s', (_, source, expected) => {
    expect(mutantsOf('a.ts', source).map((one) => mutated(source, one))).toEqual(expected);
  });

  it('tells where one is', () => {
    expect(mutantsOf('a.ts', 'let x;\nx = a + 1;')).toEqual([
      { file: 'a.ts', line: 2, kind: '+ to -', start: 11, end: 16, text: '(a - 1)' },
    ]);
  });
});
