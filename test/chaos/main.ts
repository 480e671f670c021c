// npm run chaos -- --help
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { campaign, type Outcome } from './campaign.js';
import { mayMount } from './database.js';
import { startRealCluster } from '../support/real-cluster.js';
import { kindNames, kinds } from './kinds.js';
import { realCampaign } from './real.js';

const help = `Injects faults into the service while it records a simulated cluster at speed, and holds everything against the cluster's own account.

npm run chaos -- [--seed N] [--faults 1000] [--minutes 60] [--every-ms 900] [--only KIND,...] [--deployments three,pairs,standalone] [--folder DIR]
npm run chaos -- --real [--kubeconfig FILE] [--seed N] [--faults 40]        a real API server: the one of FILE, or one that is started for it

The faults are a pure function of seed, count and kinds. Exit code 1: something was not as it should be, or not all faults could be injected.

Kinds:
${kindNames.map((name) => `  ${name.padEnd(34)} ${kinds[name]!.about}`).join('\n')}
`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    faults: { type: 'string' },
    minutes: { type: 'string' },
    'every-ms': { type: 'string' },
    only: { type: 'string' },
    deployments: { type: 'string' },
    folder: { type: 'string' },
    real: { type: 'boolean', default: false },
    kubeconfig: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const say = (line: string): boolean => process.stdout.write(`${line}\n`);
/** How many of the faults happen to each deployment. */
const shares = { three: 45, pairs: 20, standalone: 35 } as const;

/** What says nothing to the one campaign, or to the other. */
const idle = values.real ? (['minutes', 'every-ms', 'only', 'deployments'] as const) : (['kubeconfig'] as const);

const seed = numberOf('seed', Date.now() % 1_000_000);
const faults = numberOf('faults', values.real ? 40 : 1_000);
const folder = values.folder ?? `.cache/chaos/${values.real ? 'real-' : ''}${seed}`;

if (values.help) say(help);
else process.exitCode = conclude(await kept(values.real ? playedOnRealServer : played));

async function kept(play: () => Promise<Outcome>): Promise<Outcome> {
  const told = idle.filter((name) => values[name] !== undefined).map((name) => `--${name}`);
  if (told.length > 0) throw new Error(`${told.join()}: of no use ${values.real ? 'with' : 'without'} --real`);
  const outcome = await play();
  writeFileSync(join(folder, 'outcome.json'), JSON.stringify(outcome, null, 1));
  return outcome;
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

/** What is named in a list, all unless told. */
function namedIn(option: 'only' | 'deployments', there: readonly string[]): readonly string[] | undefined {
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
  const [minutes, everyMs] = [numberOf('minutes', 60), numberOf('every-ms', 900)];
  const only = namedIn('only', kindNames);
  const wanted = namedIn('deployments', Object.keys(shares)) ?? Object.keys(shares);
  const deployments = Object.fromEntries(Object.entries(shares).filter(([name]) => wanted.includes(name)));
  empty();
  const mount = mayMount();
  say(
    `seed ${seed}: ${faults} faults${only ? ` of ${only.join(', ')}` : ''}, ${minutes} minutes at most; kept in ${folder}`,
  );
  if (!mount) say('no file system can be mounted here: the disk of the database is not filled');
  return campaign({
    wanted: { seed, faults, everyMs, deployments, mayMount: mount, ...(only && { only }) },
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
  for (const untruth of untruths.slice(0, 50)) say(`UNTRUE ${untruth.slice(0, 600)}`);
  if (untruths.length > 50) say(`and ${untruths.length - 50} more in outcome.json`);
  const isWhole = total >= faults;
  if (!isWhole) say(`only ${total} of ${faults} faults were injected`);
  say(untruths.length === 0 ? 'nothing lost, nothing twice, every gap declared' : `${untruths.length} untruths`);
  return untruths.length === 0 && isWhole ? 0 : 1;
}
