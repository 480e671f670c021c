/** One campaign on a node: the service that records it over a wire that can be cut, and a second watcher. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '../contract/client.js';
import { start, until, type Service } from '../e2e/service.js';
import { realCluster } from '../support/real-cluster.js';
import { filesIn } from './case.js';
import { planOf, type Disruption, type Wanted } from './plan.js';
import { play } from './play.js';
import { askAll, type Disrupted, type Told } from './told.js';
import { Wire } from './wire.js';

/** A cluster with a node of which the container runtime's account is known. */
export type Node = Readonly<{
  kubeconfig: string;
  /** A busybox that its pods can use. */
  image: string;
  /** Minor version of its kubelet. */
  kubelet: number;
  /** The file in which its container runtime tells what it saw. */
  truth: string;
  /** Tells it something that only a cluster of ours obeys. */
  command?: (line: string) => Promise<void>;
}>;

export type Campaign = Readonly<{
  wanted: Wanted;
  node: Node;
  namespace: string;
  /** Where plan, truth, recordings and all that was told are kept. */
  folder: string;
  tell: (line: string) => void;
}>;

/** Until what happened last has been seen, recorded and projected. */
const settles = 20_000;

/** Plays what is wanted on a node and leaves in the folder what it takes to judge it. */
export async function campaign({ wanted, node, namespace, folder, tell }: Campaign): Promise<void> {
  const files = filesIn(folder);
  const say = (line: string) => {
    appendFileSync(files.log, `${new Date().toISOString()} ${line}\n`);
    tell(line);
  };
  const plan = planOf(wanted, node);
  writeFileSync(files.plan, JSON.stringify({ namespace, ...plan }, null, 1));
  const kinds = plan.disruptions.map(({ kind }) => kind).join(', ') || 'no disruptions';
  say(`seed ${wanted.seed}: ${plan.lives.length} lives, ${kinds}`);
  const scratch = mkdtempSync(join(tmpdir(), 'initledger-live-'));
  const client = new Client(node.kubeconfig);
  const witness = await startWitness(node.kubeconfig, files.witness);
  const stage = await Stage.set(node, { scratch, revealed: files.revealed });
  try {
    await client.createNamespace(namespace);
    const scene = { client, namespace, command: node.command, tell: say };
    await play({ ...scene, disrupt: (one) => stage.disrupt(one) }, plan);
    await sleep(settles);
    const told = await stage.tellAll(files.told, namespace);
    say(`told ${told.pods.length} pods, ${told.looks.length} looks, ${told.gaps.length} gaps`);
    copyFileSync(node.truth, files.truth);
  } finally {
    writeFileSync(join(folder, 'service.txt'), stage.printed());
    await client.ask('DELETE', `/api/v1/namespaces/${namespace}`).catch(() => undefined);
    await stage.strike();
    witness.kill();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The second watcher, which nothing comes between: `record.mjs` beside the program that starts the cluster. */
async function startWitness(kubeconfig: string, out: string) {
  const program = join(dirname(realCluster ?? ''), 'record.mjs');
  const child = spawn(process.execPath, [program, kubeconfig, out], { stdio: ['ignore', 'pipe', 'inherit'] });
  await Promise.race([once(child.stdout, 'data'), once(child, 'close')]);
  if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}`);
  return child;
}

/** The service and its wire, and what is done to them. */
class Stage {
  private readonly disrupted: Disrupted[] = [];

  private constructor(
    private readonly node: Node,
    private readonly wire: Wire,
    private readonly args: readonly string[],
    private service: Service,
  ) {}

  static async set(node: Node, where: Readonly<{ scratch: string; revealed: string }>): Promise<Stage> {
    const kubeconfig = join(where.scratch, 'kubeconfig');
    const wire = await Wire.to(node.kubeconfig, { kubeconfig, revealed: resolve(where.revealed) });
    const args = ['--source', 'kubernetes', '--kubeconfig', kubeconfig, '--data', join(where.scratch, 'ledger')];
    return new Stage(node, wire, args, await start({ args }));
  }

  async disrupt(disruption: Disruption): Promise<void> {
    const from = Date.now();
    await this.perform(disruption);
    this.disrupted.push({ kind: disruption.kind, from, to: Date.now() });
  }

  private async perform({ kind, seconds }: Disruption): Promise<void> {
    const last = seconds * 1000;
    switch (kind) {
      case 'cut-wire':
        this.wire.cut();
        await sleep(last);
        this.wire.mend();
        return;
      case 'stall-wire':
        this.wire.stall(sleep(last));
        await sleep(last);
        return;
      case 'kill-service':
        await this.service.kill();
        await sleep(last);
        this.service = await start({ args: this.args });
        return;
      case 'api-restart':
        return this.command('restart');
      case 'api-kill':
        return this.command('kill');
      case 'api-compact':
        this.wire.cut();
        await sleep(last);
        await this.command('compact');
        await this.command('restart');
        this.wire.mend();
        return;
      case 'kubelet-down':
        await this.command('kubelet-stop');
        await sleep(last);
        return this.command('kubelet-start');
      case 'reboot':
        return this.command('reboot');
    }
  }

  private async command(line: string): Promise<void> {
    if (!this.node.command) throw new Error('this cluster takes no commands');
    await this.node.command(line);
  }

  /** Asks for everything once all that was recorded has been projected. */
  async tellAll(file: string, namespace: string): Promise<Told> {
    await until(async () => (await this.service.get('/api/v1/pods?limit=1')).meta.projectionLagSeconds < 1, {
      seconds: 120,
      what: () => `it did not catch up:\n${this.service.output().slice(-5000)}`,
    });
    const told = { ...(await askAll(this.service, `namespace=${namespace}`)), disrupted: this.disrupted };
    writeFileSync(file, JSON.stringify(told));
    return told;
  }

  printed(): string {
    return this.service.output();
  }

  async strike(): Promise<void> {
    await this.service.stop();
    await this.wire.close();
  }
}
