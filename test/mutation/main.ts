import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { killSet, type KillSet } from './kill-set.js';
import { mutantsOf, type Mutant } from './mutants.js';
import { digest, keyOf, Results } from './results.js';

// npm run mutation [-- --files 'libs/init-history/src/derive/3-*.ts'] [--minutes 10] [--seed 1] [--part 1/2] [--tables] [--fresh]
const { values } = parseArgs({
  options: {
    files: { type: 'string', default: 'libs/init-history/src/{derive,evolve}/*.ts' },
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    part: { type: 'string', default: '1/1' },
    tables: { type: 'boolean', default: false },
    fresh: { type: 'boolean', default: false },
  },
});

const root = path.resolve(import.meta.dirname, '../..');
const lib = 'libs/init-history/src';
// The tables first, for they are the fastest and kill most.
const tables = [
  [`${lib}/derive/*.spec.ts`, `${lib}/{account,phases}/*.spec.ts`, `${lib}/{gaps,kube-events,status-column}.spec.ts`],
];
const laws = [[`${lib}/{laws,happening-laws}.spec.ts`], [`${lib}/corpus.spec.ts`]];
const stages = values.tables ? tables : [...tables, ...laws];

const [part = 1, parts = 1] = values.part.split('/').map(Number);
const minutes = Number(values.minutes);
if (!(part >= 1 && part <= parts)) throw new Error(`--part ${values.part}: give it as 1/2`);
if (!(minutes > 0)) throw new Error(`--minutes ${values.minutes}: give a number above 0`);

const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const files = globSync(values.files, { cwd: root }).filter((file) => !file.endsWith('.spec.ts'));
if (files.length === 0) throw new Error(`--files ${values.files}: no file is named so`);

const against = digest(...stages.flat(), ...globSync(`${lib}/**/*.*`, { cwd: root }).toSorted().map(read));
const results = new Results(path.join(root, '.cache/mutation/results.jsonl'));

type Keyed = Readonly<{ mutant: Mutant; key: string }>;
const keyed = (file: string): Keyed[] => {
  const source = read(file);
  return mutantsOf(file, source).map((mutant) => ({ mutant, key: keyOf(mutant, source) }));
};
// A part of a seed's order is a sample of all files alike, whenever the time is over.
const all = files
  .flatMap(keyed)
  .map((one) => ({ ...one, place: digest(values.seed, one.key) }))
  .toSorted((a, b) => (a.place < b.place ? -1 : 1))
  .filter((_, i) => i % parts === part - 1);

const known = ({ key }: Keyed) => results.of(key, against);
const left = values.fresh ? all : all.filter((one) => !known(one));
const tell = (text: string) => process.stdout.write(`${text}\n`);
tell(`${all.length} mutants in ${files.length} files, ${all.length - left.length} known from earlier runs`);

async function tryUntil(end: number, set: KillSet): Promise<void> {
  const broken = await set.killer(null);
  if (broken) throw new Error(`${broken} fails without any mutant: mend it first`);
  for (const { mutant, key } of left) {
    if (Date.now() > end) return;
    if (keyOf(mutant, read(mutant.file)) !== key) throw new Error(`${mutant.file} has changed meanwhile: start again`);
    const killer = await set.killer(mutant);
    results.add({ key, against, killer });
    if (!killer) tell(`survived: ${mutant.file}:${mutant.line} ${mutant.kind}`);
  }
}

if (left.length > 0) {
  const set = await killSet(stages);
  try {
    await tryUntil(Date.now() + minutes * 60_000, set);
  } finally {
    await set.close();
  }
}

const judged = all.filter(known);
const survivors = judged.filter((one) => known(one)?.killer === null);
tell(`\n| file | mutants | judged | killed | survived |\n| --- | --- | --- | --- | --- |`);
for (const file of files.toSorted()) {
  const of = (list: readonly Keyed[]) => list.filter(({ mutant }) => mutant.file === file).length;
  const row = [of(all), of(judged), of(judged) - of(survivors), of(survivors)];
  tell(`| ${path.relative(lib, file)} | ${row.join(' | ')} |`);
}
tell(`| all | ${all.length} | ${judged.length} | ${judged.length - survivors.length} | ${survivors.length} |`);
for (const { mutant } of survivors.toSorted((a, b) => (a.mutant.file < b.mutant.file ? -1 : 1))) {
  const { file, line, kind, text } = mutant;
  tell(`\n${file}:${line} ${kind}\n  ${read(file).slice(mutant.start, mutant.end)}\n  => ${text}`);
}
