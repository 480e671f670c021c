import type { Fields, StoredObject } from '../api/kube-object.js';
import { EventRecorder } from '../kubelet/event-recorder.js';
import type { Change } from '../kubelet/store.js';
import type { Tools } from './controller.js';
import { WorkQueue, byControllers, isActive, isPodReady, numberAt, ownedBy, podFrom } from './controller.js';

/** Keeps as many pods as a ReplicaSet asks for. */
export class ReplicaSets {
  private readonly queue: WorkQueue;
  private readonly events: EventRecorder;

  constructor(private readonly tools: Tools) {
    this.queue = new WorkQueue(tools, 'replicasets', (set) => this.reconcile(set));
    this.events = new EventRecorder(tools.store, tools.clock, {
      component: 'replicaset-controller',
      manager: byControllers.manager,
      about: 'replicasets',
    });
  }

  onChange(change: Change): void {
    this.queue.onChange(change, 'ReplicaSet');
  }

  private reconcile(set: StoredObject): void {
    const pods = ownedBy(this.tools.store, set, 'pods');
    const active = pods.filter(isActive);
    this.tellStatus(set, pods);
    const missing = numberAt(set, 1, 'spec', 'replicas') - active.length;
    for (let i = 0; i < missing; i++) this.create(set);
    for (const pod of this.leastWanted(active).slice(0, Math.max(0, -missing))) this.remove(set, pod);
  }

  private create(set: StoredObject): void {
    const pod = this.tools.store.create(
      'pods',
      podFrom(set, 'replicasets', { generateName: `${set.metadata.name}-` }),
      byControllers,
    );
    if (!pod) return;
    this.events.tell(set, { type: 'Normal', reason: 'SuccessfulCreate', message: `Created pod: ${pod.metadata.name}` });
  }

  private remove(set: StoredObject, { metadata: { name, namespace = '' } }: StoredObject): void {
    this.tools.store.delete('pods', { namespace, name });
    this.events.tell(set, { type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted pod: ${name}` });
  }

  /** Those that are not ready go first, then the youngest. */
  private leastWanted(pods: readonly StoredObject[]): StoredObject[] {
    const rank = (pod: StoredObject): number => (isPodReady(pod) ? 1 : 0);
    return pods.toSorted(
      (a, b) => rank(a) - rank(b) || b.metadata.creationTimestamp.localeCompare(a.metadata.creationTimestamp),
    );
  }

  private tellStatus(set: StoredObject, pods: readonly StoredObject[]): void {
    const active = pods.filter(isActive);
    const ready = active.filter(isPodReady).length;
    const { generation, namespace = '', name } = set.metadata;
    const status: Fields = {
      replicas: active.length,
      ...(active.length > 0 ? { fullyLabeledReplicas: active.length } : {}),
      ...(ready > 0 ? { readyReplicas: ready, availableReplicas: ready } : {}),
      terminatingReplicas: pods.filter(({ metadata }) => metadata.deletionTimestamp !== undefined).length,
      observedGeneration: generation,
    };
    this.tools.store.updateStatus(
      'replicasets',
      { namespace, name },
      (draft) => void (draft.status = status),
      byControllers,
    );
  }
}
