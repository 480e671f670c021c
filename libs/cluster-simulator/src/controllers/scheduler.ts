import type { Clock } from '../api/clock.js';
import { fieldAt, listAt, textAt, wholeSeconds, type StoredObject } from '../api/kube-object.js';
import type { Random } from '../kubelet/random.js';
import type { Change, Store } from '../kubelet/store.js';
import { isFinished, priorityOf, unfitness, wantsExtended } from './fitting.js';
import { availability, preempt, preemptionFor, type Candidate } from './preemption.js';
import { SchedulerEvents } from './scheduler-events.js';

const decideMs = 4;
const tellMs = 4;
/** A pod that others make room for is tried again when that has been asked of them, and once more (recorded: preempted). */
const afterPreemptionMs = [300, 520];

/**
 * Binds pods to nodes, the emptiest first; says so in an event of the newer API. A pod that no node fits stays unscheduled, and says why, unless pods of
 * lower priority can make room for it. Of what a node has, extended resources alone are counted.
 */
export class Scheduler {
  private readonly gated = new Set<string>();
  private readonly refused = new Map<string, StoredObject>();
  private readonly load = new Map<string, number>();
  private readonly offers = new Map<string, string>();
  private readonly events: SchedulerEvents;

  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    random: Random,
  ) {
    this.events = new SchedulerEvents(store, clock, random);
  }

  /** Tries what fitted nowhere again when a node changes in what a pod may ask of it. */
  onNode(node: StoredObject): void {
    const offered = JSON.stringify([node.metadata.labels, node['spec'], fieldAt(node, 'status', 'allocatable')]);
    if (this.offers.get(node.metadata.name) === offered) return;
    this.offers.set(node.metadata.name, offered);
    this.tryAgain(() => true);
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
    if (node && (type === 'DELETED' || isFinished(object)) && wantsExtended(object)) this.tryAgain(wantsExtended);
  }

  private tryAgain(which: (pod: StoredObject) => boolean): void {
    for (const [uid, pod] of this.refused) {
      if (!which(pod)) continue;
      this.refused.delete(uid);
      this.clock.after(decideMs, () => this.schedule(pod));
    }
  }

  private schedule(pod: StoredObject): void {
    const { namespace = '', name, uid } = pod.metadata;
    const now = this.store.get('pods', { namespace, name });
    if (now?.metadata.uid !== uid || textAt(now, 'spec', 'nodeName')) return;
    this.refused.delete(uid);
    const tried = this.store.list('nodes').map((node) => {
      const holders = wantsExtended(now) ? this.holdersOf(node, now) : [];
      return { node, holders, unfit: unfitness(now, node, holders) };
    });
    const [node] = tried
      .flatMap((one) => (one.unfit ? [] : [one.node]))
      .toSorted((a, b) => this.loadOf(a) - this.loadOf(b) || a.metadata.name.localeCompare(b.metadata.name));
    if (!node)
      return this.refuse(
        now,
        tried.flatMap(({ unfit, ...one }) => (unfit ? [{ ...one, unfit }] : [])),
      );
    this.load.set(node.metadata.name, this.loadOf(node) + 1);
    const at = this.clock.now();
    this.store.bind({ namespace, name }, node.metadata.name);
    const message = `Successfully assigned ${namespace}/${name} to ${node.metadata.name}`;
    this.clock.after(tellMs, () =>
      this.events.tell(now, { type: 'Normal', reason: 'Scheduled', message, action: 'Binding', at }),
    );
  }

  /** The pods that hold something of a node, or are to have it before this one. */
  private holdersOf({ metadata }: StoredObject, pod: StoredObject): StoredObject[] {
    return this.store.list('pods').filter((other) => {
      if (other.metadata.uid === pod.metadata.uid || isFinished(other)) return false;
      const node = textAt(other, 'spec', 'nodeName');
      if (node) return node === metadata.name;
      return textAt(other, 'status', 'nominatedNodeName') === metadata.name && priorityOf(other) >= priorityOf(pod);
    });
  }

  private refuse(pod: StoredObject, candidates: readonly Candidate[]): void {
    this.refused.set(pod.metadata.uid, pod);
    const at = this.clock.now();
    const nodes =
      candidates.length === 0
        ? 'no nodes available to schedule pods.'
        : availability(candidates.map(({ unfit }) => unfit.why));
    const found = preemptionFor(pod, candidates);
    const message = 'why' in found ? `${nodes} no new claims to deallocate, preemption: ${found.why}` : nodes;
    this.tellUnscheduled(pod, message, 'why' in found ? undefined : found.node);
    this.events.tell(pod, { type: 'Warning', reason: 'FailedScheduling', message, action: 'Scheduling', at });
    if ('why' in found) return;
    for (const victim of found.victims) this.clock.after(tellMs, () => this.preempt(victim, pod, found.node));
    for (const ms of afterPreemptionMs) this.clock.after(ms, () => this.schedule(pod));
  }

  private preempt(victim: StoredObject, pod: StoredObject, node: string): void {
    preempt(this.store, this.clock, victim);
    const message = `Preempted by pod ${pod.metadata.uid} on node ${node}`;
    const at = this.clock.now();
    this.events.tell(victim, { type: 'Normal', reason: 'Preempted', message, action: 'Preempting', at });
  }

  private tellUnscheduled(pod: StoredObject, message: string, nominated: string | undefined): void {
    const { namespace = '', name, generation } = pod.metadata;
    const was = listAt(pod, 'status', 'conditions').find((one) => textAt(one, 'type') === 'PodScheduled');
    const since = textAt(was, 'status') === 'False' ? fieldAt(was, 'lastTransitionTime') : undefined;
    const condition = {
      type: 'PodScheduled',
      observedGeneration: generation,
      status: 'False',
      lastProbeTime: null,
      lastTransitionTime: since ?? wholeSeconds(this.clock.now()),
      reason: 'Unschedulable',
      message,
    };
    const nominatedNodeName = nominated === undefined ? {} : { nominatedNodeName: nominated };
    this.store.updateStatus(
      'pods',
      { namespace, name },
      (draft) => void (draft.status = { ...draft.status, ...nominatedNodeName, conditions: [condition] }),
      { manager: 'kube-scheduler' },
    );
  }

  private loadOf(node: StoredObject): number {
    return this.load.get(node.metadata.name) ?? 0;
  }
}
