import { createLogger, runCommand, visitDatabase, type Print } from '#libs/platform';
import { loadDerivation, ours, rederive } from '#libs/projections';
import { readArgs, usage, type Asked } from './args.js';
import { Tally, toJsonLines, toText } from './tell.js';

async function run({ chosen, rules, form, where }: Asked, print: Print): Promise<0 | 1> {
  const derivation = rules === undefined ? ours : await loadDerivation(rules);
  const visited = await visitDatabase(where, createLogger('warn', 'people'));
  try {
    const tally = new Tally();
    for await (const pod of rederive(visited.pool, chosen, derivation)) {
      tally.add(pod);
      if (pod.differences.length === 0 && pod.error === null) continue;
      if (form === 'json') await print(toJsonLines(pod));
      if (form === 'text') await print(toText(pod));
    }
    if (form === 'summary') await print(tally.fields());
    if (form !== 'json') await print(tally.line());
    return tally.differing > 0 ? 1 : 0;
  } finally {
    await visited.leave();
  }
}

await runCommand({ usage, read: readArgs, run });
