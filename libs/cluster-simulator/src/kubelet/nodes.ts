import type { KubeObject } from '../api/kube-object.js';
import type { Kubelet } from './kubelet.js';
import { extendNode } from './node-capacity.js';
import { evict, isScarce, scarce, type Eviction } from './node-pressure.js';
import { shutDown } from './node-shutdown.js';
import type { At, Store } from './store.js';

/** What can be done to the nodes of a cluster from outside. Each of them throws RangeError where there is no such node or pod. */
export type Nodes = Readonly<{
  /** A pod's sandbox dies, as with a crashed runtime: its kubelet makes another, and every init container runs again. */
  killSandbox(pod: At): void;
  /** Whether the pod has a sandbox that lives: it has none before its kubelet made one, and while its node is down. */
  hasSandbox(pod: At): boolean;
  /** All that runs on the node dies at once, and two seconds later its kubelet is there again, with another boot id. */
  reboot(node: string): void;
  /** The kubelet is killed; its containers live on, and nobody tells of them. A node that is silent for 50 s counts as lost. */
  stopKubelet(node: string): void;
  /** The kubelet is started (again). */
  startKubelet(node: string): void;
  /** A manifest in the node's folder of static pods, over the one of that file; without one the file is removed. */
  placeStaticPod(node: string, file: string, manifest?: KubeObject): void;
  /** Gives a node so much of extended resources, as a device plugin or a patch of its capacity would: pods may have it from the next node status on. */
  extend(node: string, quantities: Readonly<Record<string, string>>): void;
  /** A pod is evicted by its kubelet: because the node runs low on something, on memory unless told, or because it uses more than it may. */
  evict(pod: At, why?: string | Eviction): void;
  /** Whether the pod lives on a node whose kubelet runs, and is not ending. */
  canEvict(pod: At): boolean;
  /** The node is shut down in good order: within 20 s its pods are ended by its kubelet, and then it goes. `startKubelet` starts it again. */
  shutdown(node: string): void;
  /** The node is gone, with all that it runs. It counts as lost 50 s later: its pods are not ready then, and are marked for deletion when they bear it no longer, 300 s unless they say so. */
  loseNode(node: string): void;
  /** The kubelet cannot reach the API for so long: it goes on, and what it would have written is merged into what it writes first afterwards. */
  cutFromApi(node: string, forMs: number): void;
}>;

function lowOn(name: string): Eviction {
  if (!isScarce(name)) throw new RangeError(`a node runs low on ${scarce.join(', ')}, not on ${name}`);
  return { lowOn: name };
}

/** The deeds, on these kubelets. */
export function nodesOf(kubelets: readonly Kubelet[], store: Store): Nodes {
  const names = (): string[] => kubelets.map(({ name }) => name);
  const named = (name: string): Kubelet => {
    const found = kubelets.find((one) => one.name === name);
    if (!found) throw new RangeError(`no node is called ${name}; there are ${names().join(', ')}`);
    return found;
  };
  const onSome = (at: At, does: (kubelet: Kubelet, podUid: string) => boolean): boolean => {
    const uid = store.get('pods', at)?.metadata.uid;
    return uid !== undefined && kubelets.some((one) => does(one, uid));
  };
  return {
    reboot: (node) => named(node).reboot(),
    stopKubelet: (node) => named(node).stopKubelet(),
    startKubelet: (node) => named(node).startKubelet(),
    placeStaticPod: (node, file, manifest) => named(node).placeStaticPod(file, manifest),
    extend: (node, quantities) => extendNode(named(node), store, quantities),
    loseNode: (node) => {
      named(node).stopKubelet();
      named(node).killAll();
    },
    cutFromApi: (node, forMs) => named(node).cutFromApi(forMs),
    shutdown: (node) => shutDown(named(node), store),
    evict: (at, why = 'memory') => {
      const eviction = typeof why === 'string' ? lowOn(why) : why;
      if (!onSome(at, (one, uid) => evict(one, uid, eviction)))
        throw new RangeError(`no pod ${at.namespace}/${at.name} lives on a node whose kubelet runs`);
    },
    canEvict: (at) => onSome(at, (one, uid) => one.holds(uid)),
    hasSandbox: (at) => onSome(at, (one, uid) => one.hasSandbox(uid)),
    killSandbox: (at) => {
      if (!onSome(at, (one, uid) => one.killSandbox(uid)))
        throw new RangeError(`no pod ${at.namespace}/${at.name} has a living sandbox`);
    },
  };
}
