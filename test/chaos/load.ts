/** What happens in the cluster meanwhile: all scenarios of the simulator, in an order that is drawn, many at a time. */
import { scenarios, type Scenario, type Simulator } from '#libs/cluster-simulator';
import { Chance } from '../live/chance.js';

/** Milliseconds between the beginnings of two scenarios, and how many there are at a time. */
export type Pace = Readonly<{ everyMs: number; most: number }>;

/** Where a pod is stuck from the beginning to the end. */
export const witness = 'witness';

const pod = (name: string, namespace: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace },
  spec: {
    nodeSelector: { 'chaos.initledger.io/there': 'is-no-such-node' },
    initContainers: [{ name: 'first', image: 'registry.example/first:1' }],
    containers: [{ name: 'app', image: 'registry.example/app:1' }],
  },
});

const by = { manager: 'chaos' };

/** ResourceVersions of the first and the last write that mark a moment. */
export type Marks = Readonly<{ first: number; last: number }>;

/** What happens to the API server is the campaign's to say. */
const played = scenarios.filter(({ later = [] }) => !later.some((step) => 'api' in step));

export class Load {
  private readonly chance: Chance;
  private readonly playing = new Map<string, Scenario>();
  private readonly timer: NodeJS.Timeout;
  private readonly waiting = new Set<NodeJS.Timeout>();
  private begun = 0;
  private marks = 0;

  constructor(
    private readonly simulator: Simulator,
    seed: number,
    private readonly pace: Pace,
  ) {
    this.chance = new Chance(seed);
    const { store } = simulator;
    store.create('namespaces', { metadata: { name: witness } }, by);
    store.create('pods', pod('stuck', witness), by);
    this.timer = setInterval(() => this.next(), pace.everyMs);
    this.next();
  }

  /** Begins nothing more, and leaves what is there. */
  stop(): void {
    clearInterval(this.timer);
    for (const waiting of this.waiting) this.forget(waiting);
  }

  /** Deletes a namespace with all that is in it, and when it has gone plays the same in one of its name: pods of the same names, and other uids. */
  again(size: number): void {
    const names = [...this.playing.keys()];
    const namespace = names[Math.floor(size * names.length)];
    const scenario = namespace === undefined ? undefined : this.playing.get(namespace);
    const { store, kubelets } = this.simulator;
    const isThere = () => store.list('namespaces').some(({ metadata }) => metadata.name === namespace);
    if (namespace === undefined || !scenario || !isThere()) return;
    store.delete('namespaces', { name: namespace });
    const looking = setInterval(() => {
      if (isThere()) return;
      this.forget(looking);
      if (this.playing.has(namespace)) kubelets.play(scenario, { namespace });
    }, 250);
    this.waiting.add(looking);
  }

  /** Writes something of every kind that is watched. */
  mark(): Marks {
    const { store } = this.simulator;
    this.marks += 1;
    const name = `mark-${this.marks}`;
    const namespace = store.create('namespaces', { metadata: { name } }, by);
    store.modify(
      'nodes',
      { name: store.list('nodes')[0]!.metadata.name },
      ({ metadata }) => void (metadata.labels = { ...metadata.labels, 'chaos.initledger.io/mark': name }),
      by,
    );
    const made = store.create('pods', pod(name, name), by);
    const { uid } = made.metadata;
    const involvedObject = { apiVersion: 'v1', kind: 'Pod', namespace: name, name, uid };
    const said = { involvedObject, reason: 'Marked', message: name, type: 'Normal', count: 1 };
    const event = store.create('events', { metadata: { name, namespace: name }, ...said }, by);
    const [first, last] = [namespace, event].map(({ metadata }) => Number(metadata.resourceVersion));
    return { first: first!, last: last! };
  }

  private next(): void {
    if (this.playing.size >= this.pace.most) return;
    const scenario = this.chance.pick(played);
    this.begun += 1;
    const namespace = `${scenario.name}-${this.begun}`;
    this.playing.set(namespace, scenario);
    this.simulator.kubelets.play(scenario, { namespace });
    this.endLater(scenario, namespace);
  }

  private endLater({ lasts }: Scenario, namespace: string): void {
    const ending = setTimeout(() => {
      this.waiting.delete(ending);
      this.playing.delete(namespace);
      this.simulator.kubelets.clear(namespace);
    }, lasts * 1_000);
    this.waiting.add(ending);
  }

  private forget(waiting: NodeJS.Timeout): void {
    clearTimeout(waiting);
    this.waiting.delete(waiting);
  }
}
