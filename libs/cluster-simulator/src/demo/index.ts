import type { ObjectStore } from '../api/object-store.js';
import type { Kubelets } from '../kubelet/index.js';
import { Random } from '../kubelet/random.js';
import { scenarios } from '../scenarios/index.js';
import type { Scenario } from '../scenarios/scenario.js';
import { revisionOf, temperOf, workloads, type Workload } from './workloads.js';

/** What the demo plays on. */
export type Stage = Readonly<{ store: ObjectStore; kubelets: Kubelets }>;

/** What the demo is told. */
export type DemoOptions = Readonly<{
  /** What chance is made of; another one each time unless told. */
  seed?: number;
}>;

const first = [
  'nginx-page',
  'never-fails',
  'three-in-order',
  'on-failure-retries',
  'second-fails',
  'long-wait',
  'two-waits-one-target',
  'sandbox-killed',
];
const openEveryMs = 1500;
const playEveryMs = 15_000;
const restMs = 20_000;
const zones = 2;
/** An outage of the API would be one of all that the demo shows. */
const shown = scenarios.filter(({ later }) => !later?.some((step) => 'api' in step));
const rare: Readonly<Record<string, number>> = {
  'bad-rollout-of-forty': 4,
  'many-failures': 3,
  rollout: 2,
  'reboot-during-init': 2,
  'kubelet-down-during-init': 3,
};

/**
 * Keeps a cluster alive for show: all scenarios in turn but outages of the API, for ever, each in its own namespace, and a few Deployments that roll to new revisions,
 * some of them slow and some failing. What is over is deleted, so that memory stays bounded.
 */
class Demo {
  private stopped = false;
  private turn = 0;
  private readonly random: Random;
  private readonly playing = new Set<string>();

  constructor(
    private readonly stage: Stage,
    { seed = Date.now() % 2 ** 31 }: DemoOptions = {},
  ) {
    this.random = new Random(seed);
  }

  start(): void {
    this.spreadNodes();
    first.forEach((name, i) => this.after(i * openEveryMs, () => this.play(name)));
    workloads.forEach((workload, i) => this.after((i + 1) * 2000, () => this.roll(workload, 1, 'good')));
    this.after(first.length * openEveryMs + playEveryMs, () => this.next());
  }

  /** Nodes are told apart by zone, as a cloud's controller does it. */
  private spreadNodes(): void {
    const { store } = this.stage;
    store.list('nodes').forEach(({ metadata: { name } }, i) => {
      const zone = `zone-${i % zones}`;
      store.modify(
        'nodes',
        { name },
        ({ metadata }) => void (metadata.labels = { ...metadata.labels, 'topology.kubernetes.io/zone': zone }),
        { manager: 'cloud-controller-manager' },
      );
    });
  }

  /** Begins nothing more. */
  stop(): void {
    this.stopped = true;
  }

  private after(ms: number, act: () => void): void {
    this.stage.store.clock.after(ms, () => void (this.stopped || act()));
  }

  private next(): void {
    const lap = Math.floor(this.turn / shown.length);
    const scenario = shown[this.turn % shown.length];
    this.turn++;
    const due = scenario && lap % (rare[scenario.name] ?? 1) === 0;
    if (due) this.play(scenario.name);
    this.after(due ? playEveryMs : 0, () => this.next());
  }

  private play(name: string): void {
    const scenario = scenarios.find((one) => one.name === name);
    if (!scenario || this.playing.has(name)) return;
    this.playing.add(name);
    this.stage.kubelets.play(scenario);
    this.after(scenario.lasts * 1000 + restMs, () => this.clear(scenario));
  }

  /** Ends a scenario. It may come again when its pods have had the time to go. */
  private clear({ name }: Scenario): void {
    this.stage.kubelets.clear(name);
    this.after(60_000, () => void this.playing.delete(name));
  }

  private roll(workload: Workload, revision: number, temper = temperOf(this.random)): void {
    const { namespace, name } = workload;
    const applied = revisionOf(workload, revision, { temper, random: this.random });
    const minutes = temper === 'bad' ? this.random.between(3, 9) : this.random.between(3, 8);
    this.stage.kubelets.play({ name: namespace, about: '', begin: [applied], lasts: 0 });
    this.after(minutes * 60_000, () => {
      if (temper === 'bad')
        this.stage.kubelets.play({
          name: namespace,
          about: '',
          begin: [],
          later: [{ at: 0, rollBack: name }],
          lasts: 0,
        });
      this.after(temper === 'bad' ? 90_000 : 0, () => this.roll(workload, revision + 1));
    });
  }
}

/** Starts the demo on a simulated cluster. The first pods are there within a second, the first failure within five. */
export function startDemo(stage: Stage, options: DemoOptions = {}): Readonly<{ stop(): void }> {
  const demo = new Demo(stage, options);
  demo.start();
  return demo;
}
