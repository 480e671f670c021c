/** Which of two ways of reading the log is the later one. Pure. */
import type { Projection } from '../following/projection.js';

/** A way of reading the log into tables: the version of the rows, in the projection's name, and that of the rules. */
export type Reading = Pick<Projection, 'name' | 'rules'>;

/** Whether read models kept by `a` are what `b` would keep. */
export const isSameReading = (a: Reading, b: Reading): boolean => a.name === b.name && a.rules === b.rules;

/** Whether `a` comes after `b`: by its rules, then by the version of its rows. What is no number is no later than anything. */
export function isLater(a: Reading, b: Reading): boolean {
  const [rulesA, rulesB] = [Number(a.rules), Number(b.rules)];
  if (rulesA !== rulesB) return rulesA > rulesB;
  return versionOf(a.name) > versionOf(b.name);
}

const versionOf = (name: string): number => Number(/-v(\d+)$/.exec(name)?.[1] ?? 0);
