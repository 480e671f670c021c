/** Tells the person who started this, on standard output: the log goes to standard error. */
export function welcome(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}
