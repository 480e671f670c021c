import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { breaks, brokenText } from './broken.js';
import { kinds } from './kinds.js';

describe.each(Object.entries(breaks))('the break %s', (_, broken) => {
  it('fits the code of today', () => {
    const compilerOptions = { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext };
    for (const change of broken.changes) {
      const { outputText } = ts.transpileModule(readFileSync(`${change.file}.ts`, 'utf8'), { compilerOptions });
      expect(brokenText(outputText, change)).toContain(change.to);
    }
  });

  it('is looked for by faults that there are in its deployment', () => {
    expect(broken.only.filter((name) => !kinds[name]?.deployments.includes(broken.deployment))).toEqual([]);
  });
});

describe('a break', () => {
  it.each(['', 'here here'])('is refused where the code is another one: "%s"', (text) => {
    expect(() => brokenText(text, { file: 'it', from: 'here', to: 'there' })).toThrow(/it does not hold, once: here/);
  });
});
