import { createLogger, isAuditError, visitDatabase } from '#libs/platform';
import { loadDerivation, ours, rederive } from '#libs/projections';
import { readArgs, usage, type Asked } from './args.js';
import { Tally, toJsonLines, toText } from './tell.js';

/** Writes to standard output no faster than it is read. */
async function print(text: string): Promise<void> {
  if (text !== '' && !process.stdout.write(text)) {
    await new Promise<void>((resolve) => process.stdout.once('drain', resolve));
  }
}

async function run({ chosen, rules, form, where }: Asked): Promise<number> {
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

function refusal(error: unknown): string {
  if (isAuditError(error)) return [error.message, ...(error.remedy ? [error.remedy] : [])].join('\n');
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

// Whoever reads may have seen enough (`rederive | head`).
process.stdout.on('error', () => process.exit(1));
try {
  const asked = readArgs(process.argv.slice(2), process.env);
  if (asked) process.exitCode = await run(asked);
  else await print(usage);
} catch (error) {
  process.stderr.write(`${refusal(error)}\n`);
  process.exitCode = 2;
}
