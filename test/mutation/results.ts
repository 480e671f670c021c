/** What earlier runs found, one line a mutant, so that a run that was ended goes on where it was. */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import type { Mutant } from './mutants.js';

/** `killer`: the spec that failed; `null` for a survivor. */
export type Result = Readonly<{ key: string; against: string; killer: string | null }>;

export const digest = (...parts: readonly (string | number)[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 20);

/** The same as long as its file is, whatever happens to others. */
export const keyOf = (mutant: Mutant, source: string): string =>
  digest(mutant.file, source, mutant.start, mutant.end, mutant.text);

export class Results {
  private readonly known = new Map<string, Result>();

  constructor(private readonly file: string) {
    mkdirSync(path.dirname(file), { recursive: true });
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
    for (const line of lines.filter(Boolean)) {
      const result = JSON.parse(line) as Result;
      this.known.set(result.key, result);
    }
  }

  /** A killed mutant stays killed until its own file changes; a survivor is tried again when anything of `against` has changed. */
  of(key: string, against: string): Result | undefined {
    const result = this.known.get(key);
    return result && (result.killer !== null || result.against === against) ? result : undefined;
  }

  add(result: Result): void {
    this.known.set(result.key, result);
    appendFileSync(this.file, `${JSON.stringify(result)}\n`);
  }
}
