import type { Call } from '../shell/run.js';

/** What a program is asked about, before it is known whether that is a wait. */
export type Asked = Readonly<{
  what:
    | Readonly<{ kind: 'address'; host: string; port: string | undefined }>
    | Readonly<{ kind: 'url'; url: string }>
    | Readonly<{ kind: 'job' | 'pod' | 'resource' | 'service'; name: string; namespace: string | null }>
    | Readonly<{ kind: 'file'; path: string }>
    | Readonly<{ kind: 'migrations'; of: string }>;
  protocol: string | null;
  rule: string;
  /**
   * `waits`: the program itself waits. `probes`: it does nothing but ask whether that is there, so that its failure holds
   * the pod up. `works`: it may well be called for its work, and waits only where a loop repeats it.
   */
  as: 'waits' | 'probes' | 'works';
}>;

export type ProgramRule = (call: Call) => readonly Asked[];

/** Options with their values, and the arguments that belong to none. */
export type Options = Readonly<{
  of: (...names: readonly string[]) => readonly string[];
  rest: readonly string[];
  has: (name: string) => boolean;
}>;

/**
 * Reads arguments as most programs do: `-h db`, `-hdb`, `--host db`, `--host=db`.
 *
 * @param valued options that take a value, with their dashes; of others it is known only that they are there
 */
export function optionsOf(args: readonly string[], valued: readonly string[]): Options {
  const values = new Map<string, string[]>();
  const rest: string[] = [];
  const add = (name: string, value: string): void => {
    values.set(name, [...(values.get(name) ?? []), value]);
  };
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? '';
    if (arg === '--') {
      rest.push(...args.slice(at + 1));
      break;
    }
    const equals = arg.indexOf('=');
    const name = arg.startsWith('-') && equals > 0 ? arg.slice(0, equals) : arg;
    const attached = valued.find(
      (one) => /^-\w$/.test(one) && arg.startsWith(one) && arg.length > 2 && !arg.startsWith('--'),
    );
    if (!arg.startsWith('-') || arg === '-') rest.push(arg);
    else if (attached !== undefined && equals !== 2) add(attached, arg.slice(2));
    else if (name !== arg) add(name, arg.slice(equals + 1));
    else if (valued.includes(arg)) add(arg, args[++at] ?? '');
    else add(arg, '');
  }
  return { rest, has: (name) => values.has(name), of: (...names) => names.flatMap((name) => values.get(name) ?? []) };
}

/** An address in one word (`db:5432`) or a URL. */
export function target(word: string): Asked['what'] {
  if (word.includes('://')) return { kind: 'url', url: word };
  const [, host, port] = /^(\[[^\]]*\]|[^:]*):?([^/]*)/.exec(word) ?? [];
  return { kind: 'address', host: host ?? '', port: port === '' ? undefined : port };
}

/** `:8080` and `host:8080`, and nothing but these. */
export const isAddress = (word: string): boolean => /^(?:\[[^\]]+\]|[^\s:/=]+):(?:\d{1,5}|\$\w+)$/.test(word);
