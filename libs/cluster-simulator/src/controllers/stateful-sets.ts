import type { StoredObject } from '../api/kube-object.js';
import { fieldAt, isFields, textAt } from '../api/kube-object.js';
import { EventRecorder } from '../kubelet/event-recorder.js';
import { Random } from '../kubelet/random.js';
import type { Change } from '../kubelet/store.js';
import type { Tools } from './controller.js';
import { WorkQueue, byControllers, isPodReady, numberAt, ownedBy, podFrom } from './controller.js';

const revisionLabel = 'controller-revision-hash';

/** Keeps the pods of StatefulSets: one after the other, each with its name, replaced from the last to the first when the template changes. */
export class StatefulSets {
  private readonly queue: WorkQueue;
  private readonly events: EventRecorder;

  constructor(private readonly tools: Tools) {
    this.queue = new WorkQueue(tools, 'statefulsets', (set) => this.reconcile(set));
    this.events = new EventRecorder(tools.store, tools.clock, {
      component: 'statefulset-controller',
      manager: byControllers.manager,
      about: 'statefulsets',
    });
  }

  onChange(change: Change): void {
    this.queue.onChange(change, 'StatefulSet');
  }

  private reconcile(set: StoredObject): void {
    const { namespace = '', name, generation } = set.metadata;
    const pods = ownedBy(this.tools.store, set, 'pods');
    const replicas = numberAt(set, 1, 'spec', 'replicas');
    const revision = `${name}-${new Random(13).branch(JSON.stringify(fieldAt(set, 'spec', 'template'))).identities.suffix(10)}`;
    const ready = pods.filter(isPodReady).length;
    const status = {
      observedGeneration: generation,
      replicas: pods.length,
      ...(ready > 0 ? { readyReplicas: ready } : {}),
      currentRevision: revision,
      updateRevision: revision,
      collisionCount: 0,
      availableReplicas: ready,
    };
    this.tools.store.updateStatus(
      'statefulsets',
      { namespace, name },
      (draft) => void (draft.status = status),
      byControllers,
    );
    this.step(set, { pods, replicas, revision });
  }

  /** Does the one next thing: a pod is created when all before it are ready, and replaced when all are. */
  private step(
    set: StoredObject,
    { pods, replicas, revision }: { pods: readonly StoredObject[]; replicas: number; revision: string },
  ): void {
    const named = (ordinal: number): StoredObject | undefined =>
      pods.find(({ metadata }) => metadata.name === `${set.metadata.name}-${ordinal}`);
    for (let ordinal = 0; ordinal < replicas; ordinal++) {
      const pod = named(ordinal);
      if (!pod) return this.create(set, ordinal, revision);
      if (pod.metadata.deletionTimestamp !== undefined || !isPodReady(pod)) return;
    }
    const surplus = pods.filter(({ metadata }) => Number(metadata.name.split('-').at(-1)) >= replicas);
    const outdated = pods.filter(({ metadata }) => metadata.labels?.[revisionLabel] !== revision);
    const last = [...surplus, ...outdated].toSorted((a, b) => b.metadata.name.localeCompare(a.metadata.name))[0];
    if (!last || last.metadata.deletionTimestamp !== undefined) return;
    this.tools.store.delete('pods', { namespace: last.metadata.namespace ?? '', name: last.metadata.name });
    this.tell(
      set,
      'SuccessfulDelete',
      `Delete Pod ${last.metadata.name} in StatefulSet ${set.metadata.name} successful`,
    );
  }

  private create(set: StoredObject, ordinal: number, revision: string): void {
    const name = `${set.metadata.name}-${ordinal}`;
    const labels = {
      'apps.kubernetes.io/pod-index': String(ordinal),
      [revisionLabel]: revision,
      'statefulset.kubernetes.io/pod-name': name,
    };
    const made = podFrom(set, 'statefulsets', { name, labels });
    made['spec'] = {
      ...(isFields(made['spec']) ? made['spec'] : {}),
      hostname: name,
      subdomain: textAt(set, 'spec', 'serviceName'),
    };
    made.metadata.generateName = `${set.metadata.name}-`;
    if (this.tools.store.create('pods', made, byControllers))
      this.tell(set, 'SuccessfulCreate', `Create Pod ${name} in StatefulSet ${set.metadata.name} successful`);
  }

  private tell(set: StoredObject, reason: string, message: string): void {
    this.events.tell(set, { type: 'Normal', reason, message });
  }
}
