import { parseArgs } from 'node:util';
import { AuditError } from '#libs/platform';
import type { Ground, LogName } from '#libs/event-store';

type Where = Readonly<{ url: string } | { folder: string }>;

/** What changes the database, and seals what it records of that with the key of this file; undefined: the running service seals it. */
export type Working = Readonly<{ where: Where; keyFile: string | undefined; checkpointsFile: string | undefined }>;

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
      /** Whether the read models are derived anew as well. */
      readModels: boolean | undefined;
    }
  | { command: 'prove'; where: Where; shard: number; log: LogName; position: number }
  | { command: 'keys'; where: Where }
  | (Working & { command: 'retain'; days: number | null; dryRun: boolean; archiveFolder: string | undefined })
  | (Working & Ground & { command: 'hold'; shard: number | undefined; from: string; to: string })
  | (Working & Ground & { command: 'release'; hold: string })
  | (Working &
      Ground & {
        command: 'erase';
        shard: number;
        log: LogName;
        positions: readonly number[];
        containing: string | undefined;
        /** What lives is not told again. */
        stayAway: boolean;
        /** Where archives are to be looked through. */
        archiveFolder: string | undefined;
      })
  | (Working &
      Ground & {
        command: 'import';
        files: readonly string[];
        /** Verifier keys to trust; none: those that the database names. */
        keys: readonly string[];
        actsFile: string | undefined;
        clusterName: string | undefined;
      })
  | { command: 'holds'; where: Where }
  | {
      command: 'export';
      where: Where;
      folder: string;
      shard: number | undefined;
      /** Such as 2026w02; undefined: all. */
      weeks: readonly string[] | undefined;
      acts: boolean;
    }
  | { command: 'rotate-key'; data: string; ledgerKeyFile: string | undefined }
>;

export const usage = `npm run --silent ledger -- COMMAND [flags]

verify       computes every log anew from its rows, and holds it against its tiles, its checkpoints, and those published elsewhere; names
             rows of the other tables that somebody else than the service wrote, and which columns
             --shard N            only this shard
             --checkpoints FILE   checkpoints that were published; repeatable; unless told, the file beside the data folder
             --key KEY            trust only this verifier key; repeatable; unless told, the keys that the database names
             --read-models        derives the read models once more, from the log alone, and names rows and columns that are not what it comes
                                  to; as the owner of the tables, with the settings of the service (STUCK_…). It may go on meanwhile
             --json               one JSON object a log, and one a row
prove        prints what proves one event offline (.tlog-proof; deploy/audit/verify.mjs checks it)
             --shard N --position N
             --acts               of the log of acts
keys         prints the verifier keys of every log: keep them away from the database
rotate-key   puts a new key before the one that checkpoints are signed with; from the next start on both sign
             --ledger-key-file FILE [LEDGER_KEY_FILE]

retain       seals the weeks of observations that are over, and drops those that are older than is kept; the projector does the same each minute
             --days N             how many are kept, or forever [RETENTION_DAYS]; unless told, all: this command drops nothing by itself
             --archive-folder FOLDER   exports each week to it first, and drops none that is not there [ARCHIVE_FOLDER]
             --dry-run            says what would be done, and what still keeps a week from going
hold         keeps what was recorded in a span from being dropped, whatever its age
             --from TIME --to TIME [--shard N]   of one shard; unless told, of all
             --reason TEXT --author NAME         recorded as an act, for ever
release      ends a hold
             --hold ID --reason TEXT --author NAME
holds        lists the holds in force
erase        erases what events said; proofs stay valid, and what was derived from it is derived again; brings to its end what an
             earlier one left that was killed
             --shard N [--acts]
             --containing TEXT    all whose bodies hold it, observations and acts; with --acts these alone. From what was told of dropped
                                  weeks the text itself goes: give the part that must not stay
             --position N         or this one, of observations; with --acts of acts; repeatable
             --stay-away          the recorder tells nothing of it again until it changes; unless told, it tells in full what lives
             --archive-folder FOLDER   names the archives in it that hold what is erased, for you to delete: an import leaves it out. Unless
                                  told, those are named that weeks were exported to [ARCHIVE_FOLDER]
             --reason TEXT --author NAME         recorded as an act, for ever: without the text

export       writes sealed weeks, and the acts, to files outside the database, one a shard and week (.archive.zst; deploy/audit/verify.mjs checks them)
             --folder FOLDER      where to; a file of the same name is replaced once the new one is whole
             --shard N            only this shard
             --week 2026w02       only this week, without the acts; repeatable
             --acts               the acts as well, where weeks are named
import FILE… takes archived weeks back into the log that they are of, or, where nothing of it is here, begins a closed shard with them; all or
             nothing of each, proved before. They are held until you release them
             --key KEY            the verifier key that signed them; repeatable; unless told, the keys that the database names
             --acts-file FILE     the archive of the acts of that log: what was erased stays erased
             --cluster-name NAME  what a cluster is to be called that is not here
             --reason TEXT --author NAME         recorded as an act, for ever

             --ledger-key-file FILE   seals what retain, hold, release, erase and import record; unless told, the key of the data folder
             --checkpoints-file FILE  and where that is published [CHECKPOINTS_FILE]
             --database-url URL   the database [DATABASE_URL]
             --data FOLDER        the data folder of the service, which may be running, where there is no DATABASE_URL (./data) [DATA]

Exit code: 0 all agrees, 1 something does not, 2 it could not be done.
`;

const options = {
  shard: { type: 'string' },
  position: { type: 'string', multiple: true },
  containing: { type: 'string' },
  acts: { type: 'boolean' },
  'stay-away': { type: 'boolean' },
  checkpoints: { type: 'string', multiple: true },
  key: { type: 'string', multiple: true },
  json: { type: 'boolean' },
  'read-models': { type: 'boolean' },
  days: { type: 'string' },
  'dry-run': { type: 'boolean' },
  from: { type: 'string' },
  to: { type: 'string' },
  reason: { type: 'string' },
  author: { type: 'string' },
  hold: { type: 'string' },
  folder: { type: 'string' },
  'archive-folder': { type: 'string' },
  'acts-file': { type: 'string' },
  'cluster-name': { type: 'string' },
  week: { type: 'string', multiple: true },
  'checkpoints-file': { type: 'string' },
  'ledger-key-file': { type: 'string' },
  'database-url': { type: 'string' },
  data: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

const working = ['ledger-key-file', 'checkpoints-file', 'database-url', 'data'];
const ground = ['reason', 'author'];

/** Flags that a command takes, besides those that say where. */
const flagsOf: Readonly<Record<string, readonly string[]>> = {
  verify: ['shard', 'checkpoints', 'key', 'json', 'read-models', 'database-url', 'data'],
  prove: ['shard', 'position', 'acts', 'database-url', 'data'],
  keys: ['database-url', 'data'],
  'rotate-key': ['ledger-key-file', 'data'],
  retain: ['days', 'dry-run', 'archive-folder', ...working],
  hold: ['from', 'to', 'shard', ...ground, ...working],
  release: ['hold', ...ground, ...working],
  erase: ['shard', 'acts', 'containing', 'position', 'stay-away', 'archive-folder', ...ground, ...working],
  holds: ['database-url', 'data'],
  import: ['key', 'acts-file', 'cluster-name', ...ground, ...working],
  export: ['folder', 'shard', 'week', 'acts', 'database-url', 'data'],
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
  if (!allowed || (more.length > 0 && command !== 'import'))
    throw wrong(`${positionals.join(' ') || 'Nothing'}: is no command; --help lists them`);
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
        shard: shardOf(values.shard),
        keys: values.key ?? [],
        checkpoints: values.checkpoints ?? published(where, env),
        json: values.json ?? false,
        readModels: values['read-models'],
      };
    case 'prove':
      return {
        command,
        where,
        shard: whole('--shard', values.shard),
        position: whole('--position', values.position?.at(-1)),
        log: values.acts === true ? 'act_event' : 'event',
      };
    case 'rotate-key':
      return { command, data, ledgerKeyFile: keyFile };
    case 'export':
      return {
        command,
        where,
        folder: needed('--folder', values.folder),
        shard: shardOf(values.shard),
        weeks: values.week?.map(weekNamed),
        acts: values.acts === true || values.week === undefined,
      };
    case 'holds':
    case 'keys':
      return { command, where };
    default:
      return workOf(command, { values, where, env, keyFile, files: more });
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

type Given = Readonly<{
  values: ReturnType<typeof parsed>['values'];
  where: Where;
  env: Environment;
  keyFile: string | undefined;
  files: readonly string[];
}>;

/** What changes the database. */
function workOf(command: string, { values, where, env, keyFile, files }: Given): Asked {
  const work = {
    where,
    keyFile: keyFile ?? ('folder' in where ? `${where.folder}/ledger-key.pem` : undefined),
    checkpointsFile: values['checkpoints-file'] ?? published(where, env)[0],
  };
  const archiveFolder = values['archive-folder'] ?? (env['ARCHIVE_FOLDER'] || undefined);
  switch (command) {
    case 'hold':
      return { command, ...work, ...groundOf(values), ...spanOf(values), shard: shardOf(values.shard) };
    case 'erase':
      return { command, ...work, ...groundOf(values), ...erasedOf(values), archiveFolder };
    case 'import':
      return { command, ...work, ...groundOf(values), ...importedOf(values, files) };
    case 'release':
      return { command, ...work, ...groundOf(values), hold: needed('--hold', values.hold) };
    default: {
      const days = daysOf(values.days ?? (env['RETENTION_DAYS'] || undefined));
      return { command: 'retain', ...work, days, dryRun: values['dry-run'] ?? false, archiveFolder };
    }
  }
}

function importedOf(values: Given['values'], files: readonly string[]) {
  if (files.length === 0) throw wrong('import: name the archives');
  const { key: keys = [], 'acts-file': actsFile, 'cluster-name': clusterName } = values;
  return { files, keys, actsFile, clusterName };
}

function erasedOf(values: Given['values']) {
  const { shard, acts, containing, position = [] } = values;
  if ((containing === undefined) === (position.length === 0))
    throw wrong('erase: --containing or --position is needed, and not both');
  if (containing !== undefined && containing.length < 4)
    throw wrong('--containing: give four characters at least, for everything that holds them is erased');
  for (const flag of ['reason', 'author'] as const)
    if (containing !== undefined && values[flag]?.includes(containing))
      throw wrong(`--${flag}: holds the text that is to be erased, and is kept for ever`);
  return {
    shard: whole('--shard', shard),
    log: acts === true ? ('act_event' as const) : ('event' as const),
    positions: position.map((each) => whole('--position', each)),
    containing,
    stayAway: values['stay-away'] ?? false,
  };
}

const shardOf = (given: string | undefined): number | undefined =>
  given === undefined ? undefined : whole('--shard', given);

function spanOf(values: Readonly<{ from?: string; to?: string }>): Readonly<{ from: string; to: string }> {
  const span = { from: time('--from', values.from), to: time('--to', values.to) };
  if (span.from >= span.to) throw wrong(`--to ${span.to}: is not after --from`);
  return span;
}

function weekNamed(value: string): string {
  if (!/^\d{4}w\d\d$/u.test(value)) throw wrong(`--week ${value}: is no week, such as 2026w02`);
  return value;
}

/** Days that are kept; null: for ever. */
function daysOf(value: string | undefined): number | null {
  if (value === undefined || value === 'forever') return null;
  const days = whole('--days', value);
  if (days < 7) throw wrong(`--days ${value}: at least 7 are kept, for what goes are weeks`);
  return days;
}

/** RFC 3339, in UTC. */
function time(flag: string, value: string | undefined): string {
  const given = needed(flag, value);
  if (!/^\d{4}-\d\d-\d\d/u.test(given) || Number.isNaN(Date.parse(given)))
    throw wrong(`${flag} ${given}: is no time, such as 2026-11-21T10:00:00Z or 2026-11-21`);
  return new Date(given).toISOString();
}

function groundOf(values: Readonly<{ reason?: string; author?: string }>): Ground {
  return { reason: needed('--reason', values.reason), author: needed('--author', values.author) };
}

function needed(flag: string, value: string | undefined): string {
  if (value === undefined || value.trim() === '') throw wrong(`${flag}: is needed`);
  return value;
}

function whole(flag: string, value: string | undefined): number {
  if (value === undefined) throw wrong(`${flag}: is needed`);
  if (!/^\d{1,15}$/u.test(value)) throw wrong(`${flag} ${value}: is not a whole number`);
  return Number(value);
}

const wrong = (what: string): AuditError =>
  new AuditError('settings-invalid', what, { remedy: 'Correct it; --help lists commands and flags.' });
