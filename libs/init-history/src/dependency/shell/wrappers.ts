/** Programs that do nothing but run another one: shells, and what is put before a command. */

/** `NAME=VALUE` before a command. */
export const assignment = /^([A-Za-z_]\w*)\+?=(.*)$/s;

const shells: ReadonlySet<string> = new Set(['sh', 'bash', 'ash', 'dash', 'zsh', 'ksh']);

/** What a shell is given to run as text, or a program as arguments; undefined of a program that runs nothing else. */
export function scriptOf(program: string, args: readonly string[]): string | readonly string[] | undefined {
  if (program === 'eval') return args.join(' ');
  if (program === 'busybox') return args;
  if (program === 'su' || program === 'runuser') return args[args.indexOf('-c') + 1 || args.length];
  if (!shells.has(program)) return undefined;
  let at = 0;
  while (at < args.length && /^[-+]/.test(args[at] ?? '')) {
    const option = args[at] ?? '';
    at += option === '-o' || option === '+o' || option === '-O' ? 2 : 1;
    if (/^-[a-zA-Z]*c[a-zA-Z]*$/.test(option)) return args[args[at] === '--' ? at + 1 : at] ?? '';
  }
  // A script by its path: what it is called is all that is known of it.
  return at < args.length ? args.slice(at) : undefined;
}

/** How many of their own arguments, options aside, come before the program that they run. */
const ownArguments: Readonly<Record<string, number>> = {
  exec: 0,
  command: 0,
  nohup: 0,
  time: 0,
  sudo: 0,
  env: 0,
  timeout: 1,
  gtimeout: 1,
  nice: 0,
  ionice: 0,
  stdbuf: 0,
  setsid: 0,
  tini: 0,
  'dumb-init': 0,
  catatonit: 0,
  'su-exec': 1,
  gosu: 1,
  'docker-entrypoint.sh': 0,
  'entrypoint.sh': 0,
  entrypoint: 0,
};

/** Options of wrappers that take a value of their own. */
const valued = /^(?:-[kstugnpo]|--signal|--kill-after|--user|--group)$/;

type Unwrapped = Readonly<{ words: readonly string[]; environment: ReadonlyMap<string, string> }>;

/** The program that is run in the end, with what `env` sets for it. */
export function unwrapped(all: readonly string[]): Unwrapped {
  const environment = new Map<string, string>();
  let words = all;
  for (;;) {
    const name = words[0]?.slice(words[0].lastIndexOf('/') + 1) ?? '';
    if (!Object.hasOwn(ownArguments, name) || words.length < 2) return { words, environment };
    words = behind(name, words.slice(1), environment);
  }
}

/** What comes behind a wrapper's own options and arguments. */
function behind(wrapper: string, words: readonly string[], environment: Map<string, string>): readonly string[] {
  let own = ownArguments[wrapper] ?? 0;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    const [, variable, value] = assignment.exec(word) ?? [];
    if (word === '--') return words.slice(at + 1);
    // BusyBox' older `timeout -t 5 PROGRAM`: the option is the duration.
    if (wrapper === 'timeout' && word === '-t') own = 0;
    if (word.startsWith('-')) at += valued.test(word) && wrapper !== 'exec' ? 1 : 0;
    else if (wrapper === 'env' && variable !== undefined) environment.set(variable, value ?? '');
    else if (own > 0) own -= 1;
    else return words.slice(at);
  }
  return [];
}
