import { parseArgs } from 'node:util';
import { AuditError } from '#libs/platform';
import type { LogName } from '#libs/event-store';

type Where = Readonly<{ url: string } | { folder: string }>;

/** What is asked of the ledger. */
export type Asked = Readonly<
  | {
      command: 'verify';
      where: Where;
      shard: number | undefined;
      /** Verifier keys to trust; none: those that the database names. */
      keys: readonly string[];
      /** Files of published checkpoints. */
      checkpoints: readonly string[];
      json: boolean;
    }
  | { command: 'prove'; where: Where; shard: number; log: LogName; position: number }
  | { command: 'keys'; where: Where }
  | { command: 'rotate-key'; data: string; ledgerKeyFile: string | undefined }
>;

export const usage = `npm run --silent ledger -- COMMAND [flags]

verify       computes every log anew from its rows, and holds it against its tiles, its checkpoints, and those published elsewhere
             --shard N            only this shard
             --checkpoints FILE   checkpoints that were published; repeatable; unless told, the file beside the data folder
             --key KEY            trust only this verifier key; repeatable; unless told, the keys that the database names
             --json               one JSON object a log
prove        prints what proves one event offline (.tlog-proof; deploy/audit/verify.mjs checks it)
             --shard N --position N
             --acts               of the log of acts
keys         prints the verifier keys of every log: keep them away from the database
rotate-key   puts a new key before the one that checkpoints are signed with; from the next start on both sign
             --ledger-key-file FILE [LEDGER_KEY_FILE]

             --database-url URL   the database [DATABASE_URL]
             --data FOLDER        the data folder of the service, which may be running, where there is no DATABASE_URL (./data) [DATA]

Exit code: 0 all agrees, 1 something does not, 2 it could not be done.
`;

const options = {
  shard: { type: 'string' },
  position: { type: 'string' },
  acts: { type: 'boolean' },
  checkpoints: { type: 'string', multiple: true },
  key: { type: 'string', multiple: true },
  json: { type: 'boolean' },
  'ledger-key-file': { type: 'string' },
  'database-url': { type: 'string' },
  data: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Flags that a command takes, besides those that say where. */
const flagsOf: Readonly<Record<string, readonly string[]>> = {
  verify: ['shard', 'checkpoints', 'key', 'json', 'database-url', 'data'],
  prove: ['shard', 'position', 'acts', 'database-url', 'data'],
  keys: ['database-url', 'data'],
  'rotate-key': ['ledger-key-file', 'data'],
};

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the command and its flags.
 *
 * @returns undefined where help is asked for
 * @throws AuditError `settings-invalid` that says what is wrong
 */
export function readArgs(argv: readonly string[], env: Environment): Asked | undefined {
  const { values, positionals } = parsed(argv);
  if (values.help === true) return undefined;
  const [command = '', ...more] = positionals;
  const allowed = Object.hasOwn(flagsOf, command) ? flagsOf[command] : undefined;
  if (!allowed || more.length > 0)
    throw wrong(`${positionals.join(' ') || 'Nothing'}: is no command; verify, prove, keys and rotate-key are`);
  for (const name of Object.keys(values))
    if (!allowed.includes(name)) throw wrong(`--${name}: ${command} does not take it`);
  const data = values.data ?? (env['DATA'] || './data');
  const url = values['database-url'] ?? env['DATABASE_URL'];
  const where: Where = url ? { url } : { folder: data };
  const keyFile = values['ledger-key-file'] ?? (env['LEDGER_KEY_FILE'] || undefined);
  switch (command) {
    case 'verify':
      return {
        command,
        where,
        shard: values.shard === undefined ? undefined : whole('--shard', values.shard),
        keys: values.key ?? [],
        checkpoints: values.checkpoints ?? published(where, env),
        json: values.json ?? false,
      };
    case 'prove':
      return {
        command,
        where,
        shard: whole('--shard', values.shard),
        position: whole('--position', values.position),
        log: values.acts === true ? 'act_event' : 'event',
      };
    case 'rotate-key':
      return { command, data, ledgerKeyFile: keyFile };
    default:
      return { command: 'keys', where };
  }
}

/** The file that the service of this folder publishes to. Where only a database is named, nobody knows of one. */
function published(where: Where, env: Environment): readonly string[] {
  const told = env['CHECKPOINTS_FILE'];
  if (told) return [told];
  return 'folder' in where ? [`${where.folder.replace(/\/+$/u, '')}.checkpoints`] : [];
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true });
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error));
  }
}

function whole(flag: string, value: string | undefined): number {
  if (value === undefined) throw wrong(`${flag}: is needed`);
  if (!/^\d{1,15}$/u.test(value)) throw wrong(`${flag} ${value}: is not a whole number`);
  return Number(value);
}

const wrong = (what: string): AuditError =>
  new AuditError('settings-invalid', what, { remedy: 'Correct it; --help lists commands and flags.' });
