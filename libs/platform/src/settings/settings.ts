import { parseArgs } from 'node:util';

import { Injectable } from '@nestjs/common';
import { z } from 'zod';

import { AuditError } from '../errors/audit-error.js';
import { SettingsSchema, type SettingsValues } from './settings.schema.js';

@Injectable()
class ValueHolder {
  constructor(values: SettingsValues) {
    Object.assign(this, values);
  }
}

const Values = ValueHolder as new (values: SettingsValues) => Readonly<SettingsValues>;

/** The settings of this process, read once at its start. A class so that Nest can inject it. */
export class Settings extends Values {}

/** One row of the settings table. */
export type SettingRow = Readonly<{ flag: string; variable: string; byDefault: string; meaning: string }>;

type Kind = 'text' | 'list' | 'switch';
type Setting = Readonly<{
  name: string;
  flag: string;
  variable: string;
  kind: Kind;
  byDefault: unknown;
  meaning: string;
}>;

const settings: readonly Setting[] = Object.entries(SettingsSchema.shape).map(([name, schema]) => {
  const flag = flagOf(name).slice(2);
  const byDefault = schema.safeParse(undefined).data;
  return {
    name,
    flag: `--${flag}`,
    variable: flag.replaceAll('-', '_').toUpperCase(),
    kind: Array.isArray(byDefault) ? 'list' : typeof byDefault === 'boolean' ? 'switch' : 'text',
    byDefault,
    meaning: z.globalRegistry.get(schema)?.description ?? '',
  };
});

function flagOf(name: string): string {
  return `--${name.replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`)}`;
}

/**
 * Reads flags and environment; a flag wins over its variable, and an empty variable is as good as none.
 *
 * @throws AuditError `settings-invalid` that lists everything wrong at once, each with what would be right
 */
export function readSettings(
  argv: readonly string[] = process.argv.slice(2),
  env: Readonly<Record<string, string | undefined>> = process.env,
): Settings {
  const flags = readFlags(argv);
  const raw = Object.fromEntries(settings.map((setting) => [setting.name, rawValue(setting, flags.values, env)]));
  const parsed = SettingsSchema.safeParse(raw);
  const problems = [
    ...flags.problems,
    ...(parsed.error?.issues ?? []).map((issue) => named(issue, flags.values)),
    ...(parsed.data ? contradictions(parsed.data) : []),
  ];
  if (problems.length > 0 || !parsed.data) {
    throw new AuditError(
      'settings-invalid',
      `These settings cannot be used:\n${problems.map((line) => `  ${line}`).join('\n')}`,
      {
        remedy: 'Correct them; --help lists all.',
      },
    );
  }
  return new Settings(parsed.data);
}

/** All settings with their flags, variables, defaults and meanings, in the order of the schema. */
export function describeSettings(): readonly SettingRow[] {
  return settings.map(({ flag, variable, byDefault, meaning, kind }) => ({
    flag: kind === 'switch' ? flag : `${flag} …`,
    variable,
    byDefault: kind === 'list' ? '' : shown(byDefault),
    meaning,
  }));
}

/** What `--help` prints: every setting, one a line. */
export function helpText(): string {
  const rows = describeSettings().map(({ flag, variable, byDefault, meaning }) => ({
    call: `  ${flag}`,
    said: `${meaning}${byDefault ? ` (${byDefault})` : ''} [${variable}]`,
  }));
  const width = Math.max(...rows.map(({ call }) => call.length)) + 2;
  return `${['Settings, as flags or [variables]:', ...rows.map(({ call, said }) => call.padEnd(width) + said)].join('\n')}\n`;
}

function shown(value: unknown): string {
  return value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
}

type Flags = Readonly<{ values: ReadonlyMap<string, string | boolean | string[]>; problems: readonly string[] }>;

function readFlags(argv: readonly string[]): Flags {
  const { tokens } = parseArgs({
    args: [...argv],
    strict: false,
    tokens: true,
    options: Object.fromEntries(
      settings.map(({ flag, kind }) => [
        flag.slice(2),
        { type: kind === 'switch' ? 'boolean' : 'string', multiple: true },
      ]),
    ),
  });
  const values = new Map<string, string | boolean | string[]>();
  const problems: string[] = [];
  for (const [nth, token] of tokens.entries()) {
    if (token.kind === 'option') problems.push(...takeFlag(token.rawName, token.value, values));
    if (token.kind !== 'positional') continue;
    // What follows an unknown flag was meant as its value: one complaint is enough.
    const before = tokens[nth - 1];
    const isValue = before?.kind === 'option' && settings.every(({ flag }) => flag !== before.rawName);
    if (!isValue) problems.push(`${token.value}: is not a flag; every setting has one`);
  }
  return { values, problems };
}

function takeFlag(flag: string, value: string | undefined, values: Map<string, string | boolean | string[]>): string[] {
  const setting = settings.find((known) => known.flag === flag);
  if (!setting) return [`${flag}: there is no such flag${nearest(flag)}`];
  if (setting.kind === 'switch') {
    values.set(setting.name, value ?? true);
    return [];
  }
  if (value === undefined || value === '' || value.startsWith('--')) return [`${flag}: needs a value`];
  const before = values.get(setting.name);
  if (setting.kind === 'text' && before !== undefined) return [`${flag}: is given twice`];
  values.set(setting.name, setting.kind === 'list' ? [...(Array.isArray(before) ? before : []), value] : value);
  return [];
}

function rawValue(
  setting: Setting,
  flags: Flags['values'],
  env: Readonly<Record<string, string | undefined>>,
): unknown {
  const flag = flags.get(setting.name);
  if (flag !== undefined) return flag;
  const text = env[setting.variable];
  if (text === undefined || text === '') return undefined;
  return setting.kind === 'list' ? text.split(',').map((part) => part.trim()) : text;
}

function named(issue: z.core.$ZodIssue, flags: Flags['values']): string {
  const setting = settings.find(({ name }) => name === issue.path[0]);
  if (!setting) return issue.message;
  return `${flags.has(setting.name) ? setting.flag : setting.variable}: ${issue.message}`;
}

function contradictions(values: SettingsValues): string[] {
  const problems: string[] = [];
  if (values.allNamespaces && values.namespace.length > 0) {
    problems.push('--all-namespaces and --namespace contradict each other: give one of them');
  }
  if (values.slice && values.namespace.length > 0) {
    problems.push('--slice and --namespace contradict each other: a slice is made of all namespaces');
  }
  if (values.sliceBy !== undefined && !values.slice) {
    problems.push('--slice-by says how slices are divided, and --slice, which one this is, is not given');
  }
  if (values.slice && values.writeRecording !== undefined) {
    problems.push(
      '--write-recording writes what the API server says of a whole cluster, and --slice records a part of one',
    );
  }
  if (values.access === 'token' && values.accessToken === undefined) {
    problems.push('--access token needs ACCESS_TOKEN');
  }
  const isRecording = values.source?.startsWith('recording:') ?? false;
  for (const flag of ['recordingPace', 'recordingName'] as const) {
    if (values[flag] !== undefined && !isRecording) problems.push(`${flagOf(flag)} is about --source recording:FILE`);
  }
  if (isRecording && values.slice) {
    problems.push('--slice is about a cluster that several recorders watch, and a recording has one reader');
  }
  if (isRecording && values.leaderElection) {
    problems.push('--leader-election needs a cluster that holds the Lease, and a recording is none');
  }
  if (values.writeRecordingVerbatim && values.writeRecording === undefined) {
    problems.push('--write-recording-verbatim is about --write-recording FILE, which is not given');
  }
  if (values.webhookSecret !== undefined && values.webhookUrl === undefined) {
    problems.push('WEBHOOK_SECRET signs what is posted to WEBHOOK_URL, which is not given');
  }
  if (values.databaseAdminUrl !== undefined && values.databaseUrl === undefined) {
    problems.push('DATABASE_ADMIN_URL is the owner’s way to DATABASE_URL, which is not given');
  }
  return problems;
}

/** The flag that begins most like this one, as long as it does so with three letters at least. */
function nearest(flag: string): string {
  const likeness = settings.map(({ flag: known }) => ({ known, shared: sharedStart(flag, known) }));
  const best = likeness.toSorted((a, b) => b.shared - a.shared)[0];
  return best && best.shared >= '--'.length + 3 ? `; ${best.known} is one` : '';
}

function sharedStart(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  return length;
}
