// npm run chaos -- --help
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { breakNames, breaks } from './broken.js';
import { campaign, type Outcome } from './campaign.js';
import { lookedFor } from './look-for.js';
import { redisIsHere } from '#testing/platform';
import { mayMount } from './database.js';
import { startRealCluster } from '../support/real-cluster.js';
import { kindNames, kinds } from './kinds.js';
import type { Wanted } from './plan.js';
import { realCampaign } from './real.js';

const help = `Injects faults into the service while it records a simulated cluster at speed, and holds everything against the cluster's own account.

npm run chaos -- [--seed N] [--faults 1000] [--minutes 180] [--every-ms 900] [--spells FAULTS,QUIET_SECONDS] [--only KIND,... | --without KIND,...] [--deployments three,pairs,standalone] [--redis] [--folder DIR]
npm run chaos -- --broken all | NAME,... [--seed N]                          breaks a copy of the service, and looks whether it is found
npm run chaos -- --real [--kubeconfig FILE] [--seed N] [--faults 40]        a real API server: the one of FILE, or one that is started for it

The faults are a pure function of seed, count and kinds. Exit code 1: something was not as it should be, or not all faults could be injected.

Breaks:
${breakNames.map((name) => `  ${name.padEnd(34)} ${breaks[name]!.about}`).join('\n')}

Kinds:
${kindNames.map((name) => `  ${name.padEnd(34)} ${kinds[name]!.about}`).join('\n')}
`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    faults: { type: 'string' },
    minutes: { type: 'string' },
    'every-ms': { type: 'string' },
    spells: { type: 'string' },
    only: { type: 'string' },
    without: { type: 'string' },
    broken: { type: 'string' },
    deployments: { type: 'string' },
    folder: { type: 'string' },
    redis: { type: 'boolean', default: false },
    real: { type: 'boolean', default: false },
    kubeconfig: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const say = (line: string): boolean => process.stdout.write(`${line}\n`);
/** How many of the faults happen to each deployment. */
const shares = { three: 45, pairs: 20, standalone: 35 } as const;

/** What says nothing to the one campaign, or to the other. */
const ofSimulated = ['minutes', 'every-ms', 'spells', 'only', 'without', 'deployments', 'redis'] as const;
/** A flag that is not given says nothing. */
const isTold = (name: keyof typeof values): boolean => values[name] !== undefined && values[name] !== false;
const idle = values.real
  ? ([...ofSimulated, 'broken'] as const)
  : values.broken
    ? ([...ofSimulated, 'faults', 'kubeconfig'] as const)
    : (['kubeconfig'] as const);

const seed = numberOf('seed', Date.now() % 1_000_000);
const faults = numberOf('faults', values.real ? 40 : 1_000);
/** Wherever a process of the service is started. */
const folder = resolve(
  values.folder ?? `.cache/chaos/${values.real ? 'real-' : values.broken ? 'broken-' : ''}${seed}`,
);

if (values.help) say(help);
else if (values.broken) process.exitCode = await broken(values.broken);
else process.exitCode = conclude(await kept(values.real ? playedOnRealServer : played));

function refuseIdle(): void {
  const told = idle.filter(isTold).map((name) => `--${name}`);
  const why = values.broken && !values.real ? 'with --broken' : `${values.real ? 'with' : 'without'} --real`;
  if (told.length > 0) throw new Error(`${told.join()}: of no use ${why}`);
}

async function kept(play: () => Promise<Outcome>): Promise<Outcome> {
  refuseIdle();
  const outcome = await play();
  writeFileSync(join(folder, 'outcome.json'), JSON.stringify(outcome, null, 1));
  return outcome;
}

/** Faults at a time, and seconds without one after them. */
function spellsIn(): Wanted['spells'] {
  if (values.spells === undefined) return undefined;
  const [at, seconds, ...more] = values.spells.split(',').map(Number);
  if (!at || !seconds || !Number.isInteger(at) || at < 0 || seconds < 0 || more.length > 0)
    throw new Error('--spells is a count of faults and the seconds without one after them: --spells 8,40');
  return { faults: at, quietMs: seconds * 1000 };
}

function empty(): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
}

function numberOf(name: 'seed' | 'faults' | 'minutes' | 'every-ms', unlessTold: number): number {
  const number = Number(values[name] ?? unlessTold);
  if (!Number.isFinite(number) || number < 0) throw new Error(`--${name} is a number`);
  return number;
}

/** Breaks the service in each of these ways. @returns the exit code: 0 where all were found */
async function broken(names: string): Promise<number> {
  refuseIdle();
  const wanted = names === 'all' ? breakNames : (namedIn('broken', breakNames) ?? []);
  empty();
  const found = await lookedFor(wanted, { seed, folder, tell: say });
  for (const { name, by } of found)
    say(`${by ? 'found    ' : 'NOT FOUND'} ${name}${by ? `: ${by.slice(0, 200)}` : ''}`);
  return found.every(({ by }) => by) ? 0 : 1;
}

/** What is named in a list, all unless told. */
function namedIn(
  option: 'only' | 'without' | 'deployments' | 'broken',
  there: readonly string[],
): readonly string[] | undefined {
  const named = values[option]?.split(',');
  const unknown = named?.filter((name) => !there.includes(name)) ?? [];
  if (unknown.length > 0) throw new Error(`--${option} ${unknown.join()}: there are ${there.join(', ')}`);
  return named;
}

async function playedOnRealServer(): Promise<Outcome> {
  const began = Date.now();
  const started = values.kubeconfig ? undefined : await startRealCluster(['--controllers']);
  try {
    empty();
    const kubeconfig = values.kubeconfig ?? started?.kubeconfig ?? '';
    const outcome = await realCampaign({ seed, faults, kubeconfig, command: started?.command, folder, tell: say });
    return { ...outcome, seconds: (Date.now() - began) / 1000 };
  } finally {
    await started?.stop();
  }
}

async function played(): Promise<Outcome> {
  const [minutes, everyMs] = [numberOf('minutes', 180), numberOf('every-ms', 900)];
  const without = namedIn('without', kindNames);
  if (values.only && values.without) throw new Error('--only and --without: one of them');
  const only = namedIn('only', kindNames) ?? (without && kindNames.filter((name) => !without.includes(name)));
  const wanted = namedIn('deployments', Object.keys(shares)) ?? Object.keys(shares);
  if (values.redis && !redisIsHere) throw new Error('--redis: there is no redis-server on this machine');
  const spells = spellsIn();
  const deployments = Object.fromEntries(Object.entries(shares).filter(([name]) => wanted.includes(name)));
  empty();
  const mount = mayMount();
  say(
    `seed ${seed}: ${faults} faults${only ? ` of ${only.length} kinds` : ''}, ${minutes} minutes at most; kept in ${folder}`,
  );
  if (!mount) say('no file system can be mounted here: the disk of the database is not filled');
  return campaign({
    wanted: {
      seed,
      faults,
      everyMs,
      deployments,
      mayMount: mount,
      redis: values.redis,
      ...(only && { only }),
      ...(spells && { spells }),
    },
    pace: { everyMs: 2_000, most: 25 },
    minutes,
    folder,
    tell: say,
  });
}

function conclude({ injected, untruths, compared, seconds }: Outcome): number {
  const counts = Object.entries(injected).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  say('');
  for (const [kind, count] of counts) say(`${String(count).padStart(6)}  ${kind}`);
  say(`${String(total).padStart(6)}  faults of ${counts.length} kinds in ${Math.round(seconds)} s`);
  say('');
  for (const [what, count] of Object.entries(compared)) say(`${String(count).padStart(6)}  ${what}`);
  const { pods = 0, podsInGaps = 0 } = compared;
  if (pods > 0)
    say(
      `${Math.round((100 * (pods - podsInGaps)) / pods)} % of the pods changed in no gap: all that they did is compared; of the others what was shown outside of gaps`,
    );
  for (const untruth of untruths.slice(0, 50)) say(`UNTRUE ${untruth.slice(0, 600)}`);
  if (untruths.length > 50) say(`and ${untruths.length - 50} more in outcome.json`);
  const isWhole = total >= faults;
  if (!isWhole) say(`only ${total} of ${faults} faults were injected`);
  say(untruths.length === 0 ? 'nothing lost, nothing twice, every gap declared' : `${untruths.length} untruths`);
  return untruths.length === 0 && isWhole ? 0 : 1;
}
