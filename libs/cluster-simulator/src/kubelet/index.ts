import type { Clock } from '../api/clock.js';
import type { ObjectStore } from '../api/object-store.js';
import type { LogSource } from '../api/pod-logs.js';
import { Controllers } from '../controllers/controllers.js';
import { Player } from '../scenarios/player.js';
import type { Scenario } from '../scenarios/scenario.js';
import { Kubelet } from './kubelet.js';
import { Random } from './random.js';
import { storeFor } from './store.js';
import { Truth } from './truth.js';

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
  /** How many ended containers the account of the truth keeps; 50,000 unless told. */
  truthKept?: number;
}>;

/** A running control plane and its nodes. */
export type Kubelets = Readonly<{
  /** Begins a scenario: its objects are created, and what it does later follows on the cluster's clock. */
  play(scenario: Scenario, options?: Readonly<{ namespace?: string }>): void;
  /** Deletes what scenarios left in a namespace; the namespace stays. */
  clear(namespace: string): void;
  /** What the container runtimes know. */
  truth: Truth;
  /** What a container has printed, or `undefined` if there is no such instance. */
  logs: LogSource;
  stop(): void;
}>;

/** Begins the control plane and the nodes of a cluster whose objects are in `objects`. */
export function startKubelets(options: KubeletsOptions): Kubelets {
  const { objects, clock, seed = 1, nodes = ['node-a'], busy = false, truthKept } = options;
  const store = storeFor(objects);
  const random = new Random(seed);
  const truth = new Truth(truthKept);
  const player = new Player(store, clock);
  const controllers = new Controllers({ store, objects, clock, random: random.branch('controllers') });
  const kubelets = nodes.map(
    (name, index) =>
      new Kubelet({
        store,
        clock,
        truth,
        name,
        busy,
        ordinal: index + 1,
        random: random.branch(name),
        courseOf: (pod) => player.courseOf(pod),
      }),
  );
  for (const kubelet of kubelets) kubelet.start();
  const stopListening = store.listen((change) => {
    if (change.resource === 'pods') for (const kubelet of kubelets) kubelet.onPod(change);
    controllers.onChange(change);
  });
  return {
    play: (scenario, { namespace = scenario.name } = {}) => player.play(scenario, namespace),
    clear: (namespace) => player.clear(namespace),
    truth,
    logs: ({ podUid, container, previous }) =>
      kubelets.map((one) => one.logs(podUid, container, previous)).find((text) => text !== undefined),
    stop: stopListening,
  };
}

export { Truth, type Instance } from './truth.js';
