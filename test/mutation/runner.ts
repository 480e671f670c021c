/** A process that loads specs and the sources that they test once, and runs tests with one mutant after another. */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import * as fc from 'fast-check';
import ts from 'typescript';

import { mutantsOf } from './mutants.js';
import { switched, switchName } from './switched.js';
import type { Test } from './collected.js';
import type { Answer, Covered, CoveredTest, Judge, Order } from './protocol.js';

const root = path.resolve(import.meta.dirname, '../..');

/** The same few lives for each mutant, and no search for the smallest. */
fc.configureGlobal({ seed: 1, numRuns: 25, endOnFailure: true });

const state = { on: -1, asked: 0, most: Infinity, seen: new Set<number>() };

Object.assign(globalThis, {
  [switchName](number: number): boolean {
    if (++state.asked > state.most) throw new Error('goes round without end');
    if (state.on === -1) state.seen.add(number);
    return number === state.on;
  },
});

const { files, specs, on } = JSON.parse(process.argv[2] ?? '') as Order;
state.on = on ?? -1;

const numbers = new Map<string, number>(); // of each file's first mutant
let next = 0;
for (const file of files) {
  numbers.set(path.join(root, file), next);
  next += mutantsOf(file, readFileSync(path.join(root, file), 'utf8')).length;
}
const collectedUrl = pathToFileURL(path.join(import.meta.dirname, 'collected.ts')).href;

registerHooks({
  resolve: (specifier, context, nextResolve) =>
    specifier === 'vitest' && context.parentURL !== collectedUrl
      ? { url: collectedUrl, format: 'module', shortCircuit: true }
      : nextResolve(specifier, context),
  load(url, context, nextLoad) {
    const file = url.startsWith('file:') ? fileURLToPath(url) : url;
    const first = numbers.get(file);
    if (first === undefined) return nextLoad(url, context);
    const text = readFileSync(file, 'utf8');
    const mutants = mutantsOf(file, text);
    const source = switched(
      text,
      mutants,
      mutants.map((_, i) => first + i),
    );
    const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ESNext };
    return { format: 'module', source: ts.transpileModule(source, { compilerOptions }).outputText, shortCircuit: true };
  },
});

const { collected, beginSpec, running } = await import('./collected.js');

let before = new Set<unknown>();
async function run({ spec, before: steps, body }: Test): Promise<void> {
  running.spec = path.join(root, spec);
  for (const step of steps) {
    if (before.has(step)) continue;
    await step();
    before.add(step);
  }
  await body();
}

/** Runs each test without a mutant: which mutants it comes by, how long it takes. */
async function cover(): Promise<Covered> {
  const loaded = [...state.seen];
  const ofSteps = new Map<unknown, ReadonlySet<number>>();
  const tests: CoveredTest[] = [];
  for (const test of collected) {
    state.seen = new Set();
    state.asked = 0;
    const fresh = test.before.filter((step) => !before.has(step));
    const begun = performance.now();
    await run(test);
    for (const step of fresh) ofSteps.set(step, new Set(state.seen));
    const seen = new Set([...state.seen, ...test.before.flatMap((step) => [...(ofSteps.get(step) ?? [])])]);
    const { spec, name } = test;
    tests.push({ spec, name, ms: performance.now() - begun, asked: state.asked, mutants: [...seen] });
  }
  return { loaded, tests };
}

/** The first of the tests that fails with the mutant. */
async function killer({ mutant, tries }: Judge): Promise<number | null> {
  before = new Set();
  state.on = mutant;
  try {
    for (const { test, most } of tries) {
      const one = collected[test];
      if (!one) throw new Error(`No test has the number ${test}`);
      state.asked = 0;
      state.most = most;
      if (!(await passes(one))) return test;
    }
    return null;
  } finally {
    state.on = -1;
    state.most = Infinity;
  }
}

const passes = (test: Test): Promise<boolean> =>
  run(test).then(
    () => true,
    () => false,
  );

const say = (answer: Answer): void => {
  process.send?.(answer);
};

for (const spec of specs) {
  beginSpec(spec);
  await import(pathToFileURL(path.join(root, spec)).href);
}
process.on('message', (judge: Judge) => {
  void killer(judge).then((by) => say({ by }));
});
if (on === null) say({ covered: await cover() });
