import { randomInt } from 'node:crypto';
import { startApi, type ApiOptions, type SimulatedApi } from './api/simulated-api.js';
import { anonymous, type User } from './api/users.js';
import { startKubelets, type KubeletVersion, type Kubelets } from './kubelet/index.js';

/** How a simulated cluster is to be. Everything has a default. */
export type SimulatorOptions = ApiOptions & {
  /**
   * Makes it the cluster that the demo plays on: known as the same one after every start, with three nodes, with ids that never repeat
   * and positions that never fall, so that a recorder that comes back finds a gap and no fork. What else is told comes first.
   */
  demo?: boolean;
  /** The names of its nodes; one, `node-a`, unless told. */
  nodes?: readonly string[];
  /** The version of the nodes' kubelets; one for all, or one for each node in turn. 1.36 unless told. */
  kubeletVersion?: KubeletVersion | readonly KubeletVersion[];
  /** How many ended containers the account of the truth keeps. */
  truthKept?: number;
};

/** A cluster that runs: an API server, controllers, a scheduler, and nodes whose containers are played. */
export type Simulator = SimulatedApi & { kubelets: Kubelets };

/** kubectl sends no token to an address without TLS: whoever is on this machine may look at the demo. */
const onlooker: User = {
  ...anonymous,
  rules: [
    { verbs: ['get', 'list', 'watch'], apiGroups: ['*'], resources: ['*'] },
    { verbs: ['get'], nonResourceURLs: ['*'] },
  ],
};

const demoCluster = (): SimulatorOptions => ({
  anonymous: onlooker,
  name: 'demo',
  clusterUid: '00000000-de30-4000-8000-000000000000',
  nodes: ['node-a', 'node-b', 'node-c'],
  seed: randomInt(2 ** 31),
  firstResourceVersion: Math.floor(Date.now() / 10),
});

/**
 * Starts a simulated cluster. `kubelets.play(scenario)` makes something happen in it, `faults` makes something go wrong with it, and
 * `GET /simulator/truth` tells what really happened.
 *
 * @throws the system's error when it cannot listen where it is told to
 */
export async function startSimulator(given: SimulatorOptions = {}): Promise<Simulator> {
  const options: SimulatorOptions = { ...(given.demo && demoCluster()), ...given };
  let kubelets: Kubelets | undefined;
  const api = await startApi(options, {
    logs: (request) => kubelets?.logs(request),
    pages: { truth: () => kubelets?.truth.lines() ?? '' },
  });
  const { seed, nodes, kubeletVersion, truthKept } = options;
  const started = startKubelets({
    objects: api.store,
    clock: api.store.clock,
    ...(seed !== undefined && { seed }),
    ...(nodes && { nodes }),
    ...(kubeletVersion && { kubeletVersion }),
    ...(truthKept !== undefined && { truthKept }),
    ...(given.demo && { busy: true }),
  });
  kubelets = started;
  api.faults.attachNodes(started.nodes);
  return {
    ...api,
    kubelets: started,
    async close() {
      started.stop();
      await api.close();
    },
  };
}

export { startApi, defaultUsers, type ApiOptions, type SimulatedApi } from './api/simulated-api.js';
export type { Rule, User } from './api/users.js';
export { ApiError } from './api/api-error.js';
export { ManualClock, RunningClock, type Clock, type ClockOptions } from './api/clock.js';
export { Faults, type NodeFaults, type Scope } from './api/faults.js';
export type { FeatureGates } from './api/feature-gates.js';
export type { KubeObject, StoredObject } from './api/kube-object.js';
export { ObjectStore } from './api/object-store.js';
export type { Writer } from './api/ownership.js';
export type { Where } from './api/where.js';
export type { ResourceName } from './api/resources.js';
export {
  startKubelets,
  Truth,
  type Instance,
  type KubeletVersion,
  type Kubelets,
  type Nodes,
} from './kubelet/index.js';
export { scenarioNamed, scenarios, type Scenario } from './scenarios/index.js';
export { startDemo, type DemoOptions } from './demo/index.js';
