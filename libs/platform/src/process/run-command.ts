import { isAuditError } from '../errors/audit-error.js';

/** Writes to standard output, no faster than it is read. */
export type Print = (text: string) => Promise<void>;

/** A program that does one thing and ends. */
export type Command<Asked> = Readonly<{
  usage: string;
  /** Undefined where help is asked for. */
  read: (argv: readonly string[], env: Readonly<Record<string, string | undefined>>) => Asked | undefined;
  /** Does it. Answers the exit code: 0, or 1 for what the command found. */
  run: (asked: Asked, print: Print) => Promise<0 | 1>;
}>;

/** Runs a command with the arguments and the environment of this process; exit code 2 and a remedy where it could not be done. */
export async function runCommand<Asked>({ usage, read, run }: Command<Asked>): Promise<void> {
  // Whoever reads may have seen enough (`… | head`).
  process.stdout.on('error', () => process.exit(1));
  try {
    const asked = read(process.argv.slice(2), process.env);
    if (asked) process.exitCode = await run(asked, print);
    else await print(usage);
  } catch (error) {
    process.stderr.write(`${refusal(error)}\n`);
    process.exitCode = 2;
  }
}

const print: Print = async (text) => {
  if (text !== '' && !process.stdout.write(text)) {
    await new Promise<void>((resolve) => process.stdout.once('drain', resolve));
  }
};

function refusal(error: unknown): string {
  if (isAuditError(error)) return [error.message, ...(error.remedy ? [error.remedy] : [])].join('\n');
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
