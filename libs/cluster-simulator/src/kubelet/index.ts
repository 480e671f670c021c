import type { Clock } from '../api/clock.js';
import { clockOfClient } from '../api/outage.js';
import type { ObjectStore } from '../api/object-store.js';
import type { LogSource } from '../api/pod-logs.js';
import { Controllers } from '../controllers/controllers.js';
import { Player } from '../scenarios/player.js';
import type { Scenario } from '../scenarios/scenario.js';
import { usualImages } from './images.js';
import { Kubelet, type KubeletOptions } from './kubelet.js';
import { nodesOf, type Nodes } from './nodes.js';
import { Random } from './random.js';
import { storeFor } from './store.js';
import { Truth } from './truth.js';
import type { KubeletVersion } from './versions.js';

/** How a cluster's nodes come to be. */
export type KubeletsOptions = Readonly<{
  objects: ObjectStore;
  clock: Clock;
  /** What all chance is made of; the same seed and the same writes give the same cluster. 1 unless told. */
  seed?: number;
  /** The names of the nodes; one, `node-a`, unless told. */
  nodes?: readonly string[];
  /** Whether now and then one write overtakes another, as on a busy node (recorded: 5 of 59 back-offs were never told). False unless told. */
  busy?: boolean;
  /** The images that nodes have from the beginning; the one that nearly all scenarios use, unless told. */
  images?: readonly string[];
  /** The version of the nodes' kubelets; one for all, or one for each node in turn. 1.36 unless told. */
  kubeletVersion?: KubeletVersion | readonly KubeletVersion[];
  /** How many ended containers the account of the truth keeps; 50,000 unless told. */
  truthKept?: number;
}>;

/** A running control plane and its nodes. */
export type Kubelets = Readonly<{
  /** Begins a scenario: its objects are created, and what it does later follows on the cluster's clock. */
  play(scenario: Scenario, options?: Readonly<{ namespace?: string }>): void;
  /** Deletes what scenarios left in a namespace; the namespace stays. */
  clear(namespace: string): void;
  /** What can be done to a node. */
  nodes: Nodes;
  /** What the container runtimes know. */
  truth: Truth;
  /** What a container has printed, or `undefined` if there is no such instance. */
  logs: LogSource;
  stop(): void;
}>;

function versionOf(given: KubeletVersion | readonly KubeletVersion[], index: number): KubeletVersion {
  const all = typeof given === 'string' ? [given] : given;
  return all[index % all.length] ?? '1.36';
}

/** The kubelets of all nodes, which have this in common. */
function kubeletsOf(
  { nodes = ['node-a'], kubeletVersion = '1.36' }: KubeletsOptions,
  random: Random,
  common: Omit<KubeletOptions, 'name' | 'ordinal' | 'version' | 'random'>,
): Kubelet[] {
  return nodes.map((name, index) => {
    const version = versionOf(kubeletVersion, index);
    return new Kubelet({ ...common, name, version, ordinal: index + 1, random: random.branch(name) });
  });
}

/** Begins the control plane and the nodes of a cluster whose objects are in `objects`. */
export function startKubelets(options: KubeletsOptions): Kubelets {
  const { objects, clock, seed = 1, busy = false, images = usualImages, truthKept } = options;
  const { outage } = objects;
  const clockOfControllers = clockOfClient(clock, outage);
  const store = storeFor(objects);
  const random = new Random(seed);
  const truth = new Truth(truthKept);
  const kubelets: Kubelet[] = [];
  const deeds = nodesOf(kubelets, store);
  const player = new Player(store, clockOfControllers, deeds, objects);
  const ofControllers = random.branch('controllers');
  const isHeard = (node: string): boolean => kubelets.some((one) => one.name === node && one.isHeard);
  const controllers = new Controllers({ store, objects, clock: clockOfControllers, random: ofControllers, isHeard });
  const courseOf: KubeletOptions['courseOf'] = (pod, version) => player.courseOf(pod, version);
  kubelets.push(...kubeletsOf(options, random, { store, clock, outage, truth, busy, imagesThere: images, courseOf }));
  const stopListening = store.listen((change) => {
    if (change.resource === 'pods') for (const kubelet of kubelets) kubelet.onPod(change);
    outage.whenAnswering(() => controllers.onChange(change));
  });
  for (const kubelet of kubelets) kubelet.start();
  outage.listen({ onAnswer: () => kubelets.forEach((one) => one.hearAgain()) });
  return {
    play: (scenario, { namespace = scenario.name } = {}) => player.play(scenario, namespace),
    clear: (namespace) => player.clear(namespace),
    nodes: deeds,
    truth,
    logs: ({ podUid, container, previous }) =>
      kubelets.map((one) => one.logs(podUid, container, previous)).find((text) => text !== undefined),
    stop: stopListening,
  };
}

export type { Nodes } from './nodes.js';
export { Truth, type Instance } from './truth.js';
export type { KubeletVersion } from './versions.js';
