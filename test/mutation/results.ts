/** What was judged of each mutant, one line each in `judged.tsv`, so that nobody need begin anew. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

import { mutantsOf, type Mutant } from './mutants.js';

/** `killer`: the test that failed; of a survivor, how far it came: past the tables, or past everything. */
export type Verdict = Readonly<{ killer: string }> | Readonly<{ past: 'tables' | 'everything' }>;

/** A mutant with a name that stays its own when lines above it change: file, kind, what is broken, and which of several alike. */
export type Named = Readonly<{ mutant: Mutant; name: string }>;

export function namedMutants(file: string, shown: string, source: string): readonly Named[] {
  const alike = new Map<string, number>();
  return mutantsOf(file, source).map((mutant) => {
    const broken = squeezed(source.slice(mutant.start, mutant.end));
    const name = [shown, mutant.kind, broken].join('\t');
    const before = alike.get(name) ?? 0;
    alike.set(name, before + 1);
    return { mutant, name: before === 0 ? name : `${name} (${before + 1})` };
  });
}

/** On one line; of a long text the beginning and the end, which tell it from others of its file. */
function squeezed(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length <= 90 ? line : `${line.slice(0, 60)} … ${line.slice(-27)}`;
}

export class Results {
  private readonly known = new Map<string, Verdict>();

  constructor(private readonly file: string) {
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
    for (const line of lines.filter(Boolean)) {
      const cells = line.split('\t');
      this.known.set(cells.slice(0, 3).join('\t'), verdictOf(cells[3] ?? ''));
    }
  }

  of(name: string): Verdict | undefined {
    return this.known.get(name);
  }

  set(name: string, verdict: Verdict): void {
    this.known.set(name, verdict);
  }

  /** Without the mutants that are no more. */
  write(isKept: (name: string) => boolean): void {
    const lines = [...this.known].filter(([name]) => isKept(name)).map(([name, one]) => `${name}\t${told(one)}\n`);
    writeFileSync(this.file, lines.toSorted().join(''));
  }
}

const survived = 'survived: ';

const told = (verdict: Verdict): string => ('killer' in verdict ? verdict.killer : `${survived}${verdict.past}`);

const verdictOf = (text: string): Verdict =>
  text.startsWith(survived)
    ? { past: text.slice(survived.length) === 'everything' ? 'everything' : 'tables' }
    : { killer: text };
