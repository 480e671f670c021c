/** Stands in for Vitest while specs are collected: keeps each test as a function that can be run again and again. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { format } from 'node:util';

import { chai, expect } from 'vitest';

export { expect };

type Step = () => unknown;
type Group = Readonly<{ title: string; outer: Group | null; before: Step[] }>;

/** `before`: what `beforeAll` of its groups does, the outermost first. */
export type Test = Readonly<{ spec: string; name: string; before: readonly Step[]; body: Step }>;

export const collected: Test[] = [];
let spec = '';
let group: Group | null = null;

/** What is collected from here on is of this spec file. */
export function beginSpec(file: string): void {
  spec = file;
}

/** The spec whose test runs. */
export const running = { spec: '' };

// That of Vitest asks the worker that it is not run in.
chai.use(({ Assertion }, utils) => {
  Assertion.addMethod('toMatchFileSnapshot', function (this: Chai.AssertionStatic, file: string) {
    const kept = readFileSync(path.resolve(path.dirname(running.spec), file), 'utf8');
    this.assert(utils.flag(this, 'object') === kept, `differs from ${file}`, `does not differ from ${file}`, kept);
  });
});

const groupsOf = (one: Group | null): readonly Group[] => (one ? [...groupsOf(one.outer), one] : []);

function addGroup(title: string, body: () => void): void {
  const outer = group;
  group = { title, outer, before: [] };
  body();
  group = outer;
}

function addTest(title: string, body: Step): void {
  const groups = groupsOf(group);
  const name = [...groups.map((one) => one.title), title].join(' > ');
  collected.push({ spec, name, before: groups.flatMap(({ before }) => before), body });
}

export function beforeAll(step: Step): void {
  if (!group) throw new Error(`${spec}: beforeAll outside of a describe is not known to the mutation check`);
  group.before.push(step);
}

/** `%s` and `$key` in a title say what a row holds. */
function titled(title: string, row: unknown): string {
  const values = Array.isArray(row) ? (row as unknown[]) : [row];
  const asked = title.match(/%[sdifjo]/g)?.length ?? 0;
  return format(title, ...values.slice(0, asked)).replaceAll(/\$(\w+)/g, (text, key: string) =>
    typeof row === 'object' && row !== null && key in row ? String((row as Record<string, unknown>)[key]) : text,
  );
}

const each =
  <Body extends (...row: never[]) => unknown>(add: (title: string, body: () => void) => void) =>
  (rows: readonly unknown[]) =>
  (title: string, body: Body): void => {
    for (const row of rows) {
      const values = (Array.isArray(row) ? row : [row]) as Parameters<Body>;
      add(titled(title, row), () => body(...values) as undefined);
    }
  };

export const describe = Object.assign(addGroup, { each: each(addGroup) });
export const it = Object.assign(addTest, { each: each(addTest) });
