import type { Clock } from '../api/clock.js';
import type { StoredObject } from '../api/kube-object.js';
import { fieldAt, listAt, textAt } from '../api/kube-object.js';
import type { Random } from '../kubelet/random.js';
import type { Change, Store } from '../kubelet/store.js';
import { nodeMeantFor } from './daemon-sets.js';

const decideMs = 4;
const tellMs = 4;
const reporter = 'default-scheduler';

const microseconds = (at: number): string =>
  `${new Date(at).toISOString().slice(0, -1)}${String(Math.floor((at % 1) * 1000)).padStart(3, '0')}Z`;

/** Binds pods to nodes, the emptiest first; says so in an event of the newer API. A pod that no node fits stays unscheduled, and says why. */
export class Scheduler {
  private readonly gated = new Set<string>();
  private readonly refused = new Map<string, StoredObject>();
  private readonly load = new Map<string, number>();

  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  /** Tries what fitted nowhere again when a node changes. */
  onNode(): void {
    for (const pod of this.refused.values()) this.clock.after(decideMs, () => this.schedule(pod));
    this.refused.clear();
  }

  onPod({ type, object }: Change): void {
    const node = textAt(object, 'spec', 'nodeName');
    if (type === 'DELETED') {
      if (node) this.load.set(node, (this.load.get(node) ?? 1) - 1);
      this.refused.delete(object.metadata.uid);
      this.gated.delete(object.metadata.uid);
    } else if (!node) {
      const gated = listAt(object, 'spec', 'schedulingGates').length > 0;
      if (gated) this.gated.add(object.metadata.uid);
      else if (type === 'ADDED' || this.gated.delete(object.metadata.uid))
        this.clock.after(decideMs, () => this.schedule(object));
    }
  }

  private schedule(pod: StoredObject): void {
    const { namespace = '', name } = pod.metadata;
    const now = this.store.get('pods', { namespace, name });
    if (now?.metadata.uid !== pod.metadata.uid || textAt(now, 'spec', 'nodeName')) return;
    const [node] = this.store
      .list('nodes')
      .filter((one) => this.fits(pod, one))
      .toSorted((a, b) => this.loadOf(a) - this.loadOf(b) || a.metadata.name.localeCompare(b.metadata.name));
    if (!node) return this.refuse(now);
    this.load.set(node.metadata.name, this.loadOf(node) + 1);
    const decidedAt = this.clock.now();
    this.store.bind({ namespace, name }, node.metadata.name);
    const message = `Successfully assigned ${namespace}/${name} to ${node.metadata.name}`;
    this.clock.after(tellMs, () =>
      this.tell(pod, { type: 'Normal', reason: 'Scheduled', message, action: 'Binding', at: decidedAt }),
    );
  }

  private fits(pod: StoredObject, node: StoredObject): boolean {
    const meant = nodeMeantFor(pod);
    if (meant !== undefined && meant !== node.metadata.name) return false;
    const wanted = Object.entries(fieldAt(pod, 'spec', 'nodeSelector') ?? {});
    return wanted.every(([label, value]) => node.metadata.labels?.[label] === value);
  }

  private refuse(pod: StoredObject): void {
    this.refused.set(pod.metadata.uid, pod);
    const nodes = this.store.list('nodes').length;
    const reason = `${nodes} node(s) didn't match Pod's node affinity/selector`;
    const message = `0/${nodes} nodes are available: ${reason}. no new claims to deallocate, preemption: 0/${nodes} nodes are available: ${nodes} Preemption is not helpful for scheduling.`;
    const { namespace = '', name, generation } = pod.metadata;
    const now = this.clock.now();
    const condition = {
      type: 'PodScheduled',
      observedGeneration: generation,
      status: 'False',
      lastProbeTime: null,
      lastTransitionTime: new Date(now).toISOString().replace(/\.\d+/, ''),
      reason: 'Unschedulable',
      message,
    };
    this.store.updateStatus(
      'pods',
      { namespace, name },
      (draft) => void (draft.status = { ...draft.status, conditions: [condition] }),
      { manager: 'kube-scheduler' },
    );
    this.tell(pod, { type: 'Warning', reason: 'FailedScheduling', message, action: 'Scheduling', at: now });
  }

  private tell(
    pod: StoredObject,
    { at, message, ...event }: { type: string; reason: string; message: string; action: string; at: number },
  ): void {
    const { namespace = '', name, uid, resourceVersion } = pod.metadata;
    const eventName = `${name}.${(BigInt(Math.floor(at * 1000)) * 1000n + BigInt(this.random.whole(0, 999))).toString(16)}`;
    const body = {
      involvedObject: { kind: 'Pod', namespace, name, uid, apiVersion: 'v1', resourceVersion },
      reason: event.reason,
      message,
      source: {},
      firstTimestamp: null,
      lastTimestamp: null,
      type: event.type,
      eventTime: microseconds(at),
      action: event.action,
      reportingComponent: reporter,
      reportingInstance: `${reporter}-vm`,
    };
    this.store.create(
      'events',
      { metadata: { name: eventName, namespace }, ...body },
      { manager: 'kube-scheduler', apiVersion: 'events.k8s.io/v1' },
    );
  }

  private loadOf(node: StoredObject): number {
    return this.load.get(node.metadata.name) ?? 0;
  }
}
