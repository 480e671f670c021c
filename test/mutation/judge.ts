/** Finds the test that fails for a mutant, soonest where tests that fail often and are over soon come first. */
import { globSync } from 'node:fs';
import path from 'node:path';

import type { Covered, CoveredTest } from './protocol.js';
import type { Verdict } from './results.js';
import { Runner } from './runners.js';

const root = path.resolve(import.meta.dirname, '../..');
const lib = 'libs/init-history/src';
const slow = new Set(
  ['laws', 'laws-of-cycles', 'laws-of-order', 'happening-laws', 'corpus', 'corpus-cuts', 'phases/truth'].map(
    (name) => `${lib}/${name}.spec.ts`,
  ),
);
/** It alone takes ten times as long as all other tables. */
const leftOut = 'with 200 init containers';

export type Stage = 'tables' | 'everything';

const specsOf = (stage: Stage): readonly string[] => {
  const all = globSync(`${lib}/**/*.spec.ts`, { cwd: root }).toSorted();
  return stage === 'tables' ? all.filter((spec) => !slow.has(spec)) : all;
};

type Numbered = [number, CoveredTest];

export class Judge {
  private readonly kills = new Map<number, number>();
  private readonly byMutant = new Map<number, Numbered[]>();
  private readonly loaded: ReadonlySet<number>;
  private readonly tests: readonly Numbered[];

  private constructor(
    private readonly files: readonly string[],
    private readonly stage: Stage,
    private runner: Runner,
    covered: Covered,
  ) {
    this.loaded = new Set(covered.loaded);
    this.tests = [...covered.tests.entries()].filter(([, one]) => !one.name.includes(leftOut));
    for (const numbered of this.tests) {
      for (const mutant of numbered[1].mutants) {
        const those = this.byMutant.get(mutant) ?? [];
        this.byMutant.set(mutant, those);
        those.push(numbered);
      }
    }
  }

  static async start(files: readonly string[], stage: Stage): Promise<Judge> {
    const runner = Runner.start({ files, specs: specsOf(stage), on: null });
    return new Judge(files, stage, runner, await runner.covered());
  }

  /** `before`: what an earlier run said; the test that failed then is the first to be run. */
  async verdict(mutant: number, before?: Verdict): Promise<Verdict> {
    const known = before && 'killer' in before ? before.killer : null;
    // What modules come by while they load has no test of its own: any may tell.
    const candidates = this.loaded.has(mutant) ? this.tests : (this.byMutant.get(mutant) ?? []);
    const worth = ([number, one]: Numbered): number =>
      nameOf(one) === known ? Infinity : ((this.kills.get(number) ?? 0) + 0.5) / (one.ms + 0.2);
    const ordered = candidates.toSorted((a, b) => worth(b) - worth(a));
    const by = await (this.loaded.has(mutant) ? this.loadedWith(mutant, ordered) : this.warm(mutant, ordered));
    if (by === null) return { past: this.stage };
    if (by === 'process') return { killer: 'the process ends or hangs' };
    this.kills.set(by, (this.kills.get(by) ?? 0) + 1);
    const test = ordered.find(([number]) => number === by);
    return { killer: test ? nameOf(test[1]) : 'unknown' };
  }

  /** Whether a test of this name is among those that are run. */
  runs(name: string): boolean {
    return this.tests.some(([, one]) => nameOf(one) === name);
  }

  end(): void {
    this.runner.end();
  }

  private async warm(mutant: number, tests: readonly Numbered[]): Promise<number | null | 'process'> {
    const by = await this.runner.killer(mutant, tests);
    if (by === 'process') {
      this.runner.end();
      this.runner = Runner.start({ files: this.files, specs: specsOf(this.stage), on: null });
      await this.runner.covered();
    }
    return by;
  }

  private async loadedWith(mutant: number, tests: readonly Numbered[]): Promise<number | null | 'process'> {
    const runner = Runner.start({ files: this.files, specs: specsOf(this.stage), on: mutant });
    try {
      return await runner.killer(mutant, tests);
    } finally {
      runner.end();
    }
  }
}

const nameOf = ({ spec, name }: CoveredTest): string =>
  `${path.relative(lib, spec)}: ${name.split(' > ').at(-1)?.replaceAll(/\s+/g, ' ')}`;
