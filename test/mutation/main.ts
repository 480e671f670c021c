import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { Judge } from './judge.js';
import { reasonOf, staleReasons } from './reasons.js';
import { namedMutants, Results, type Verdict } from './results.js';

// npm run mutation [-- --files 'libs/init-history/src/derive/3-*.ts'] [--tables] [--survivors] [--kept] [--minutes 60]
const { values } = parseArgs({
  options: {
    files: { type: 'string', default: 'libs/init-history/src/{derive,evolve}/*.ts' },
    tables: { type: 'boolean', default: false },
    survivors: { type: 'boolean', default: false },
    kept: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '600' },
  },
});

const root = path.resolve(import.meta.dirname, '../..');
const lib = 'libs/init-history/src';
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error(`--minutes ${values.minutes}: give a number above 0`);
const files = globSync(values.files, { cwd: root })
  .filter((file) => !file.endsWith('.spec.ts'))
  .toSorted();
if (files.length === 0) throw new Error(`--files ${values.files}: no file is named so`);

const tell = (text: string) => process.stdout.write(`${text}\n`);
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const short = (file: string): string => path.relative(lib, file);

const results = new Results(path.join(import.meta.dirname, 'judged.tsv'));
const all = files.flatMap((file) => namedMutants(file, short(file), read(file)));
const names = new Set(all.map(({ name }) => name));
const shortFiles = new Set(files.map(short));
const isKept = (name: string): boolean => names.has(name) || !shortFiles.has(name.split('\t')[0] ?? '');

const survived = (name: string): boolean => 'past' in (results.of(name) ?? {});
const asked = all.map(({ name }, number) => ({ name, number }));
const left = values.survivors ? asked.filter(({ name }) => !results.of(name) || survived(name)) : asked;

/** That it passed the tables says nothing against what laws and recordings said before. */
const betterOf = (judge: Judge, before: Verdict | undefined, now: Verdict): Verdict =>
  before && 'past' in now && now.past === 'tables' && !('killer' in before && judge.runs(before.killer)) ? before : now;

async function tryUntil(end: number, judge: Judge): Promise<void> {
  for (const [i, { name, number }] of left.entries()) {
    if (Date.now() > end) return;
    const before = results.of(name);
    const verdict = betterOf(judge, before, await judge.verdict(number, before));
    results.set(name, verdict);
    if ('past' in verdict) tell(`${i + 1} of ${left.length} survived: ${name.replaceAll('\t', ' | ')}`);
    if (i % 10 === 0) results.write(isKept);
  }
}

if (!values.kept) {
  const end = Date.now() + minutes * 60_000;
  const judge = await Judge.start(files, values.tables ? 'tables' : 'everything');
  try {
    await tryUntil(end, judge);
  } finally {
    judge.end();
    results.write(isKept);
  }
}

const judged = all.filter(({ name }) => results.of(name));
const survivors = judged.filter(({ name }) => survived(name));
tell(`\n| file | mutants | judged | killed | survived | of these explained |\n| --- | --- | --- | --- | --- | --- |`);
const rows = [...files.map((file) => [short(file), file] as const), ['all', null] as const];
for (const [shown, file] of rows) {
  const of = (list: typeof all) => list.filter(({ mutant }) => file === null || mutant.file === file);
  const explained = of(survivors).filter(({ name }) => reasonOf(name)).length;
  const [count, known, alive] = [of(all).length, of(judged).length, of(survivors).length];
  tell(`| ${shown} | ${count} | ${known} | ${known - alive} | ${alive} | ${explained} |`);
}

const unexplained = survivors.filter(({ name }) => !reasonOf(name));
for (const { mutant, name } of unexplained) {
  const { file, line, kind, start, end: to, text } = mutant;
  const verdict = results.of(name);
  const how = verdict && 'past' in verdict ? verdict.past : '';
  tell(`\n${file}:${line} ${kind} (past ${how})\n  ${read(file).slice(start, to)}\n  => ${text}`);
}
for (const name of staleReasons(shortFiles, new Set(survivors.map((one) => one.name)))) {
  tell(`\nNo survivor any more, take its reason out: ${name.replaceAll('\t', ' | ')}`);
}
if (unexplained.length > 0) process.exitCode = 1;
