/** Runs specs against one mutant after another, in one Vitest whose modules are made anew where a mutant changes them. */
import path from 'node:path';

import { defaultServerConditions, type Plugin } from 'vite';
import { createVitest, type TestSequencer, type TestSpecification } from 'vitest/node';

import { mutated, type Mutant } from './mutants.js';

const root = path.resolve(import.meta.dirname, '../..');
const conditions = ['source', ...defaultServerConditions];

export type KillSet = Readonly<{
  /** The spec that failed, `null` if all passed; without a mutant, of the sources as they are. */
  killer(mutant: Mutant | null): Promise<string | null>;
  close(): Promise<void>;
}>;

/** `stages`: globs of specs; those of a later stage are run only if all of the earlier ones passed. */
export async function killSet(stages: readonly (readonly string[])[]): Promise<KillSet> {
  let current: Mutant | null = null;
  const kills = new Map<string, number>();
  const killsOf = ({ moduleId }: TestSpecification): number => kills.get(moduleId) ?? 0;
  class DeadliestFirst implements TestSequencer {
    shard(specs: TestSpecification[]): TestSpecification[] {
      return specs;
    }
    sort(specs: TestSpecification[]): TestSpecification[] {
      return specs.toSorted((a, b) => killsOf(b) - killsOf(a));
    }
  }
  const mutate: Plugin = {
    name: 'mutate',
    enforce: 'pre',
    transform: (code, id) =>
      current && id === path.join(root, current.file) ? { code: mutated(code, current), map: null } : null,
  };
  const vitest = await createVitest(
    {
      config: false,
      root,
      watch: false,
      include: stages.flat(),
      reporters: [{}],
      pool: 'forks',
      isolate: false,
      maxWorkers: 1,
      fsModuleCache: false, // it would hand out modules as they were without the mutant
      bail: 1,
      sequence: { sequencer: DeadliestFirst },
      testNamePattern: /^(?!.*200 init containers)/, // it alone takes ten times as long as all other tables
      testTimeout: 120_000,
      setupFiles: [path.join(import.meta.dirname, 'few-runs.ts')],
    },
    { resolve: { conditions }, ssr: { resolve: { conditions } }, plugins: [mutate] },
  );
  await vitest.standalone();
  const all = await vitest.globTestSpecifications();
  const staged = stages.map((globs) =>
    all.filter(({ moduleId }) => globs.some((glob) => path.matchesGlob(path.relative(root, moduleId), glob))),
  );
  staged.forEach((specs, i) => {
    if (specs.length === 0) throw new Error(`No spec is named ${stages[i]?.join(' or ')}: mend the stages of main.ts`);
  });

  return {
    async killer(mutant) {
      const touched = [current, mutant].flatMap((one) => (one ? [path.join(root, one.file)] : []));
      current = mutant;
      for (const file of touched) vitest.invalidateFile(file);
      for (const specs of staged) {
        const { testModules, unhandledErrors } = await vitest.runTestSpecifications(specs);
        const failed = testModules.find((one) => one.state() === 'failed');
        if (failed) {
          kills.set(failed.moduleId, (kills.get(failed.moduleId) ?? 0) + 1);
          return path.relative(root, failed.moduleId);
        }
        if (unhandledErrors.length > 0) return 'an error outside of tests';
      }
      return null;
    },
    close: () => vitest.close(),
  };
}
