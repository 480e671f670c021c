/** How a container's process ended. */
export type Ending = Readonly<{ exitCode: number; reason: 'Completed' | 'Error' | 'OOMKilled'; message?: string }>;

/** A process as it runs: each value is how many milliseconds it does nothing, and at the end stands how it ended. */
export type Course = Generator<number, Ending>;

/** The files that a container sees. */
export type Files = Readonly<{ get(path: string): number | undefined; set(path: string, lines: number): void }>;

/** What a command can see and change outside itself. */
export type Surroundings = Readonly<{
  /** Files by their path: the number of lines in each. */
  files: Files;
  /** Whether a memory limit stops a process that takes all it can get. */
  memoryLimited: boolean;
  /** Takes a line that the command prints. */
  print(line: string): void;
  /** Whether a Service of this name exists; with `listening`, whether a ready pod stands behind it. */
  serviceExists(name: string, listening: boolean): boolean;
}>;

/** How a process answers SIGTERM: as number 1 of its container it ignores it, unless it catches it. */
export type OnTerm = Readonly<{ exitCode: number; afterMs: number }> | undefined;

const quickMs = 30;
const memoryFillsInMs = 600;

const signals: Record<string, number> = { '-9': 9, '-KILL': 9, '-TERM': 15 };

/** Commands that no shell can run, and what it ends with then. */
const impossible: Record<string, number> = { '/etc/passwd': 126, 'no-such-command': 127 };

const units: Record<string, number> = { s: 1, m: 60, h: 3600 };

function seconds(text: string | undefined): number {
  const match = /^(\d+(?:\.\d+)?)([smh]?)$/.exec(text ?? '');
  return match ? Number(match[1]) * (units[match[2] ?? ''] ?? 1) : 0;
}

/** Splits at `;`, outside quotes and brackets. */
function statementsOf(script: string): string[] {
  const statements: string[] = [];
  let current = '';
  let quote = '';
  let depth = 0;
  for (const character of script) {
    if (quote) quote = character === quote ? '' : quote;
    else if (character === '"' || character === "'") quote = character;
    else if (character === '(') depth++;
    else if (character === ')') depth--;
    if (character === ';' && !quote && depth === 0) {
      statements.push(current.trim());
      current = '';
    } else current += character;
  }
  return [...statements, current.trim()].filter((statement) => statement !== '');
}

type Shell = {
  status: number;
  outOfMemory: boolean;
  message: string | undefined;
  around: Surroundings;
  variables: Map<string, string>;
};

const newShell = (around: Surroundings): Shell => ({
  status: 0,
  outOfMemory: false,
  message: undefined,
  around,
  variables: new Map(),
});

type Step = Generator<number, Ending | undefined>;

const ending = (shell: Shell, exitCode: number): Ending => ({
  exitCode,
  reason: shell.outOfMemory ? 'OOMKilled' : exitCode === 0 ? 'Completed' : 'Error',
  ...(shell.message === undefined ? {} : { message: shell.message }),
});

function* fillMemory(shell: Shell, isFirst: boolean): Step {
  yield memoryFillsInMs;
  if (!shell.around.memoryLimited) return undefined;
  shell.outOfMemory = true;
  shell.status = 137;
  return isFirst ? ending(shell, 137) : undefined;
}

const unquoted = (text: string): string =>
  text
    .trim()
    .replace(/^(["'])(.*)\1$/, '$2')
    .replaceAll('\\"', '"');

function echo(shell: Shell, text: string): void {
  const target = /^(.*?)(>>?)\s*(\S+)\s*$/.exec(text);
  const path = target?.[3];
  if (path === undefined) shell.around.print(unquoted(text));
  else if (path === '/dev/termination-log') shell.message = `${unquoted(target?.[1] ?? '')}\n`;
  else shell.around.files.set(path, target?.[2] === '>>' ? (shell.around.files.get(path) ?? 0) + 1 : 1);
}

/** With the number of lines of each file that is counted, and with the variables' values. */
const withCounts = (shell: Shell, text: string): string =>
  text
    .replace(/\$\(wc -l < ([^\s)]+)\)/g, (_, path: string) => String(shell.around.files.get(path) ?? 0))
    .replace(/\$([a-z]+)/g, (whole, name: string) => shell.variables.get(name) ?? whole);

/** A kubelet reads no more of a termination message, in bytes. */
const messageLimit = 4096;

/** What `printf` makes of a text: bytes by their octal numbers, and what is no UTF-8 is shown as U+FFFD. */
function printed(text: string): string {
  const latin = text
    .replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
    .replaceAll('\\n', '\n');
  return new TextDecoder().decode(Uint8Array.from(latin, (character) => character.charCodeAt(0)));
}

/** What a command writes into the file of its termination message, if it is one of those that only do that. */
function written(command: string): string | undefined {
  const repeated = /^head -c (\d+) \/dev\/zero \| tr "\\0" "(.)" > \/dev\/termination-log$/.exec(command);
  if (repeated) return (repeated[2] ?? '').repeat(Math.min(Number(repeated[1]), messageLimit));
  const format = /^printf "(.*)" > \/dev\/termination-log$/.exec(command);
  return format ? printed(format[1] ?? '') : undefined;
}

function test(shell: Shell, command: string): number {
  if (command === 'false') return 1;
  const compared = /^\[ (\S+) -(gt|eq) (\d+) \]$/.exec(withCounts(shell, command));
  if (compared) {
    const [, left, relation, right] = compared;
    return (relation === 'gt' ? Number(left) > Number(right) : Number(left) === Number(right)) ? 0 : 1;
  }
  const file = /^(?:test|\[) -f (\S+)/.exec(command);
  if (file) return shell.around.files.get(file[1] ?? '') === undefined ? 1 : 0;
  const name = /^nslookup (\S+)/.exec(command) ?? /^nc .*?(?<=\s)([a-z]\S*) \d+\b/.exec(command);
  if (name) return shell.around.serviceExists((name[1] ?? '').split('.')[0] ?? '', command.startsWith('nc')) ? 0 : 1;
  return 0;
}

/** Runs one command. An ending means that the shell itself is over. */
function* simple(shell: Shell, command: string): Step {
  const assigned = /^([a-z]+)=(.*)$/.exec(command);
  if (assigned) {
    shell.variables.set(assigned[1] ?? '', withCounts(shell, assigned[2] ?? ''));
    shell.status = 0;
    return undefined;
  }
  const message = written(command);
  if (message !== undefined) {
    shell.message = message;
    shell.status = 0;
    return undefined;
  }
  const [word = '', argument] = command.split(/\s+/);
  switch (word) {
    case 'sleep':
      yield seconds(argument) * 1000;
      shell.status = 0;
      return undefined;
    case 'exit':
      return ending(shell, Number(argument ?? shell.status));
    case 'exec': {
      const inner = command.slice('exec'.length).trim();
      return (
        (yield* inner.startsWith('tail /dev/zero') ? fillMemory(shell, true) : simple(shell, inner)) ??
        ending(shell, shell.status)
      );
    }
    case 'tail':
      return yield* fillMemory(shell, false);
    case 'kill':
      return ending(shell, 128 + (signals[argument ?? ''] ?? 15));
    case 'touch':
      shell.around.files.set(argument ?? '', 0);
      shell.status = 0;
      return undefined;
    case 'false':
      shell.status = 1;
      return undefined;
    case 'echo':
      echo(shell, command.slice('echo'.length));
      shell.status = 0;
      return undefined;
    default:
      shell.status = impossible[word] ?? test(shell, command);
      return undefined;
  }
}

/** Repeats `body` until `condition` holds; for ever without one. */
function* loop(shell: Shell, condition: string | undefined, body: string[]): Step {
  const pauseMs = body.reduce(
    (sum, one) => sum + (one.startsWith('sleep') ? seconds(one.split(/\s+/)[1]) * 1000 : 0),
    0,
  );
  const isOver = (): boolean => condition !== undefined && test(shell, condition) === 0;
  while (!isOver()) {
    for (const line of body) if (line.startsWith('echo ')) echo(shell, line.slice('echo'.length));
    yield Math.max(pauseMs, 100);
  }
  shell.status = 0;
  return undefined;
}

const bodyOf = (statements: readonly string[]): string[] => statements.map((one) => one.replace(/^do\s+/, ''));

/** Says what `body` says for each number from one to another. */
function count(shell: Shell, [, name = '', from, to]: readonly string[], body: readonly string[]): void {
  const said = body.filter((line) => line.startsWith('echo ')).map((line) => line.slice('echo'.length));
  for (let number = Number(from); number <= Number(to); number++) {
    shell.variables.set(name, String(number));
    for (const line of said) echo(shell, withCounts(shell, line));
  }
}

/** Commands between `&&` and `||`, of which the last that ran gives the status. */
function* list(shell: Shell, statement: string): Step {
  const [first = '', ...rest] = statement.split(/\s*(&&|\|\|)\s*/);
  let over = yield* simple(shell, first);
  for (let i = 0; i < rest.length && !over; i += 2) {
    if ((rest[i] === '&&') === (shell.status === 0)) over = yield* simple(shell, rest[i + 1] ?? '');
  }
  return over;
}

function* run(shell: Shell, statements: string[]): Course {
  for (let i = 0; i < statements.length; i++) {
    const statement = statements[i] ?? '';
    const counted = /^for ([a-z]+) in \$\(seq (\d+) (\d+)\)$/.exec(statement);
    if (counted) {
      const end = statements.indexOf('done', i);
      count(shell, counted, bodyOf(statements.slice(i + 1, end)));
      i = end;
      continue;
    }
    const repeat = /^(until|while)\s+(.*)$/.exec(statement);
    if (repeat) {
      const end = statements.indexOf('done', i);
      yield* loop(shell, repeat[1] === 'while' ? undefined : repeat[2], bodyOf(statements.slice(i + 1, end)));
      i = end;
      continue;
    }
    const piped = /^\((.*)\) \| tail$/.exec(statement);
    const over = piped ? yield* run(shell, statementsOf(piped[1] ?? '')) : yield* list(shell, statement);
    if (over && !piped) return over;
  }
  return ending(shell, shell.status);
}

const scriptOf = (command: readonly string[]): string =>
  /(^|\/)(ba|a)?sh$/.test(command[0] ?? '') && command[1] === '-c' ? (command[2] ?? '') : command.join(' ');

/**
 * Plays a container's command, in the part of the shell's language that the scenarios speak: `sleep`, `exit`, `true`, `false`, `echo … > FILE`,
 * `[ $(wc -l < FILE) -gt N ]`, `-eq`, `&&`, `||`, variables, `for i in $(seq 1 200); do echo …; done`, `printf … > /dev/termination-log`, `until nslookup NAME; do sleep 2; done`, `until nc … NAME PORT`, `tail /dev/zero`, `(…) | tail`, `kill -9`. Any other command succeeds at once.
 * An image's own command (an empty one) runs for ever.
 */
export function* playCommand(command: readonly string[], around: Surroundings): Course {
  if (command.length === 0) yield Number.POSITIVE_INFINITY;
  yield quickMs;
  const shell = newShell(around);
  const script = scriptOf(command);
  if (script === 'tail /dev/zero') return (yield* fillMemory(shell, true)) ?? ending(shell, 0);
  return yield* run(shell, statementsOf(script));
}

/** Why a container with this command cannot be started at all, in runc's words; `undefined` if it can. */
export function startErrorOf([executable = '']: readonly string[]): string | undefined {
  if (!executable.startsWith('/no/such/')) return undefined;
  const why = `exec: "${executable}": stat ${executable}: no such file or directory: unknown`;
  return `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ${why}`;
}

/** What SIGTERM does to a container with this command. */
export function onTerm(command: readonly string[]): OnTerm {
  if (command.length === 0) return { exitCode: 0, afterMs: 80 };
  const caught = /trap ["']exit (\d+)["'] TERM/.exec(scriptOf(command));
  return caught ? { exitCode: Number(caught[1]), afterMs: 700 } : undefined;
}

/** Whether a probe that runs `command` succeeds. */
export const probeSucceeds = (command: readonly string[], around: Surroundings): boolean =>
  test(newShell(around), command.join(' ')) === 0;
