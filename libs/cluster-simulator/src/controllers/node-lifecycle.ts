import type { Clock } from '../api/clock.js';
import { isFields, listAt, textAt, wholeSeconds, type Fields, type StoredObject } from '../api/kube-object.js';
import { EventRecorder } from '../kubelet/event-recorder.js';
import { readinessOf } from '../kubelet/node-conditions.js';
import type { Change, Draft, Store } from '../kubelet/store.js';
import type { Tools } from './controller.js';
import { byControllers } from './controller.js';
import { TaintEviction } from './taint-eviction.js';

/** How often nodes are looked at, and how long one may be silent (`--node-monitor-period`, `--node-monitor-grace-period`). */
const periodMs = 5000;
const graceMs = 50_000;
const taintMs = 100;
/** A taint that evicts is taken away by the next look but one (recorded: node-lost). */
const relieveMs = 2200;

const pressures: Readonly<Record<string, string>> = {
  MemoryPressure: 'memory-pressure',
  DiskPressure: 'disk-pressure',
  PIDPressure: 'pid-pressure',
};

/**
 * What the control plane makes of nodes: one that is silent for too long is unknown and its pods are not ready; taints follow from conditions, and those that
 * evict do so when the pods' time is over (`k/k:pkg/controller/nodelifecycle`, `.../tainteviction`; recorded: node-lost, evicted-disk-pressure).
 */
export class NodeLifecycle {
  private readonly store: Store;
  private readonly clock: Clock;
  private readonly told: EventRecorder;
  private readonly evictions: TaintEviction;
  private readonly heardAt = new Map<string, number>();

  /** @param isHeard whether a node's kubelet gets through to the API */
  constructor(
    tools: Tools,
    private readonly isHeard: (node: string) => boolean,
  ) {
    ({ store: this.store, clock: this.clock } = tools);
    this.told = new EventRecorder(tools.store, tools.clock, {
      component: 'node-controller',
      manager: byControllers.manager,
      about: 'pods',
    });
    this.evictions = new TaintEviction(tools);
  }

  onChange({ type, resource, object }: Change): void {
    if (resource !== 'nodes') return;
    const { name } = object.metadata;
    if (type === 'ADDED') this.watch(name);
    else if (type === 'MODIFIED') this.clock.after(taintMs, () => this.taint(name));
  }

  private watch(name: string): void {
    this.heardAt.set(name, this.clock.now());
    const look = (): void => {
      const now = this.clock.now();
      if (this.isHeard(name)) this.heardAt.set(name, now);
      else if (now - (this.heardAt.get(name) ?? now) >= graceMs) this.lose(name);
      this.clock.after(periodMs, look);
    };
    this.clock.after(periodMs, look);
  }

  private lose(name: string): void {
    if (readinessOf(this.store.get('nodes', { namespace: '', name })) === 'Unknown') return;
    const at = wholeSeconds(this.clock.now());
    forget(this.store, name, at);
    for (const pod of podsOf(this.store, name)) {
      if (!markNotReady(this.store, pod, at)) continue;
      this.told.tell(pod, { type: 'Warning', reason: 'NodeNotReady', message: 'Node is not ready' });
    }
  }

  /** Gives the node the taints of its conditions; what evicts goes later than what keeps pods away. */
  private taint(name: string): void {
    const node = this.store.get('nodes', { namespace: '', name });
    if (!node) return;
    const [had, wanted] = [taintsOf(node), this.wantedOf(node)];
    const keeps = had.filter((one) => !wanted.some((other) => isSame(one, other)) && one['effect'] === 'NoExecute');
    this.write(name, [...wanted.map((one) => had.find((other) => isSame(one, other)) ?? one), ...keeps]);
    if (keeps.length > 0) this.clock.after(relieveMs, () => this.relieve(name));
    if (wanted.some(({ effect }) => effect === 'NoExecute')) this.evictions.begin(name, podsOf(this.store, name));
  }

  private relieve(name: string): void {
    const node = this.store.get('nodes', { namespace: '', name });
    if (!node) return;
    const wanted = this.wantedOf(node);
    this.write(
      name,
      taintsOf(node).filter((one) => wanted.some((other) => isSame(one, other))),
    );
    if (!wanted.some(({ effect }) => effect === 'NoExecute')) this.evictions.cancel(name);
  }

  private wantedOf(node: StoredObject): Fields[] {
    const timeAdded = wholeSeconds(this.clock.now());
    const taint = (what: string, effect: string): Fields => ({ key: `node.kubernetes.io/${what}`, effect, timeAdded });
    const readiness = readinessOf(node);
    const low = listAt(node, 'status', 'conditions').flatMap((one) =>
      textAt(one, 'status') === 'True' ? (pressures[textAt(one, 'type')] ?? []) : [],
    );
    const absence = { Unknown: 'unreachable', False: 'not-ready' }[readiness];
    return [
      ...low.map((what) => taint(what, 'NoSchedule')),
      ...(absence ? [taint(absence, 'NoSchedule')] : []),
      ...(absence ? [taint(absence, 'NoExecute')] : []),
    ];
  }

  private write(name: string, taints: readonly Fields[]): void {
    const edit = (draft: Draft): void => {
      const { taints: _, ...spec } = draft.spec ?? {};
      draft.spec = taints.length > 0 ? { ...spec, taints } : spec;
    };
    this.store.update('nodes', { namespace: '', name }, edit, byControllers);
  }
}

const taintsOf = (node: StoredObject): Fields[] => listAt(node, 'spec', 'taints').filter(isFields);

const isSame = (one: Fields, other: Fields): boolean =>
  one['key'] === other['key'] && one['effect'] === other['effect'];

const podsOf = (store: Store, node: string): StoredObject[] =>
  store.list('pods').filter((pod) => textAt(pod, 'spec', 'nodeName') === node);

function forget(store: Store, name: string, at: string): void {
  const unknown = (one: unknown): unknown =>
    isFields(one)
      ? {
          ...one,
          status: 'Unknown',
          lastTransitionTime: at,
          reason: 'NodeStatusUnknown',
          message: 'Kubelet stopped posting node status.',
        }
      : one;
  const edit = (draft: Draft): void => {
    draft.status = { ...draft.status, conditions: listAt(draft.status, 'conditions').map(unknown) };
  };
  store.updateStatus('nodes', { namespace: '', name }, edit, byControllers);
}

/** @returns whether it was ready until now */
function markNotReady(store: Store, { metadata: { namespace = '', name } }: StoredObject, at: string): boolean {
  let wasReady = false;
  const edit = (draft: Draft): void => {
    const conditions = listAt(draft.status, 'conditions').map((one) => {
      if (textAt(one, 'type') !== 'Ready' || textAt(one, 'status') !== 'True' || !isFields(one)) return one;
      wasReady = true;
      return { ...one, status: 'False', lastTransitionTime: at };
    });
    draft.status = { ...draft.status, conditions };
  };
  store.updateStatus('pods', { namespace, name }, edit, byControllers);
  return wasReady;
}
