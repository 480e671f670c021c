import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { mutantsOf, mutated } from './mutants.js';
import { switched, switchName } from './switched.js';

/** What a function body gives for each of some inputs, or the error that it ends with. */
function given(source: string, on: number): readonly unknown[] {
  const body = ts.transpile(source, { target: ts.ScriptTarget.ESNext });
  // oxlint-disable-next-line typescript/no-implied-eval -- the source is this file's own
  const run = new Function(switchName, 'a', 'b', body) as (
    asked: (number: number) => boolean,
    ...of: unknown[]
  ) => unknown;
  const inputs = [
    [0, 1],
    [1, 0],
    [2, 2],
    [null, 1],
    [[1, 2], 1],
    [{ list: [1, 2] }, 2],
  ];
  return inputs.map((input) => {
    try {
      return run((number) => number === on, ...input);
    } catch (error) {
      return String(error);
    }
  });
}

describe('a source with its mutants behind switches', () => {
  it.each([
    ['conditions in conditions', 'return a === b ? (a && b ? 1 : 2) : !a || b > 1;'],
    ['lists and what is spread', 'return [a, ...[b, a], { ...{ x: a && b }, y: true }];'],
    ['a chain that ends at what is absent', 'return a?.list.filter((x) => x === b).map((x) => x + 1) ?? "none";'],
    ['a negation in an if', 'if (!(a < b)) return [a].filter((x) => x !== 1); return a + b - 1;'],
  ])('is as it was, and as each mutant, by the switch that is on: %s', (_, source) => {
    const mutants = mutantsOf('a.ts', source);
    const text = switched(
      source,
      mutants,
      mutants.map((_one, i) => i),
    );
    expect(mutants.length).toBeGreaterThan(2);
    expect(given(text, -1)).toEqual(given(source, -1));
    for (const [i, mutant] of mutants.entries()) {
      expect([mutant.kind, given(text, i)]).toEqual([mutant.kind, given(mutated(source, mutant), -1)]);
    }
  });

  it('refuses mutants of another text', () => {
    expect(() => switched('const x = 1;', mutantsOf('a.ts', 'return a && b;'), [0])).toThrow(/of another text/);
  });
});
