// npm run live -- --help
import { mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { campaign } from './campaign.js';
import { caseIn, type Judgement } from './case.js';
import { judge } from './judge.js';
import { startRealCluster } from '../support/real-cluster.js';
import { disruptionKinds, type DisruptionKind } from './plan.js';

const help = `Plays random lives of pods on a real node, records them with the service, and holds what it tells against the container runtime.

npm run build && npm run live -- [--seed 1] [--lives 30] [--seconds 240] [--disruptions 4] [--kinds ${disruptionKinds.join(',')}]
                                 [--kubelet 1.34] [--short-back-off] [--folder DIR]
npm run live -- --judge DIR      judges a campaign again that was kept in DIR

A seed gives the same plan again. Exit code 1: something was not told as it was.
`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    lives: { type: 'string', default: '30' },
    seconds: { type: 'string', default: '240' },
    disruptions: { type: 'string', default: '4' },
    kinds: { type: 'string', default: disruptionKinds.join(',') },
    kubelet: { type: 'string' },
    'short-back-off': { type: 'boolean', default: false },
    folder: { type: 'string' },
    judge: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const say = (line: string): boolean => process.stdout.write(`${line}\n`);

if (values.help) say(help);
else process.exitCode = conclude(values.judge ? judge(caseIn(values.judge)) : await played());

async function played(): Promise<Judgement> {
  const kinds = values.kinds === '' ? [] : (values.kinds.split(',') as DisruptionKind[]);
  const unknown = kinds.filter((kind) => !disruptionKinds.includes(kind));
  if (unknown.length > 0) throw new Error(`--kinds ${unknown.join()}: there are ${disruptionKinds.join(', ')}`);
  const [seed, lives, seconds, disruptions] = [values.seed, values.lives, values.seconds, values.disruptions].map(
    Number,
  ) as [number, number, number, number];
  const folder = values.folder ?? `.cache/live/${seed}`;
  mkdirSync(folder, { recursive: true });
  const kubelet = Number((values.kubelet ?? '1.36').split('.')[1]);
  const cluster = await startRealCluster([
    '--node',
    ...(values.kubelet ? ['--kubelet', values.kubelet] : []),
    ...backOffs(kubelet),
  ]);
  try {
    const { kubeconfig, command, node } = cluster;
    if (!node) throw new Error('the cluster has no node');
    const { registry, truth } = node;
    await campaign({
      wanted: { seed, lives, seconds, disruptions, kinds },
      node: { kubeconfig, command, kubelet, truth, image: `${registry}/busybox:1.28` },
      namespace: 'live',
      folder,
      tell: say,
    });
  } finally {
    await cluster.stop();
  }
  return judge(caseIn(folder));
}

function backOffs(kubelet: number): string[] {
  if (!values['short-back-off']) return [];
  const gate = kubelet < 35 ? { featureGates: { KubeletCrashLoopBackOffMax: true } } : {};
  return ['--kubelet-config', JSON.stringify({ crashLoopBackOff: { maxContainerRestartPeriod: '2s' }, ...gate })];
}

function conclude({ untruths, compared }: Judgement): number {
  for (const untruth of untruths) say(`UNTRUE ${untruth}`);
  const counts = Object.entries(compared).map(([what, count]) => `${count} ${what}`);
  say(`compared ${counts.join(', ')}: ${untruths.length} untruths`);
  return untruths.length === 0 && Object.values(compared).every((count) => count > 0) ? 0 : 1;
}
