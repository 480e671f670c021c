import { fieldAt, isFields, listAt, textAt, wholeSeconds, type StoredObject } from '../api/kube-object.js';
import type { Clock } from '../api/clock.js';
import type { Store } from '../kubelet/store.js';
import { priorityOf, unfitness, type Unfit } from './fitting.js';

/** A node, the pods that hold something of it, and why it does not take a pod now. */
export type Candidate = Readonly<{ node: StoredObject; holders: readonly StoredObject[]; unfit: Unfit }>;

/** The node that a pod is to have once its victims are gone, or why nobody makes room for it. */
export type Preemption = Readonly<{ node: string; victims: readonly StoredObject[] }> | Readonly<{ why: string }>;

const isGoing = ({ metadata }: StoredObject): boolean => metadata.deletionTimestamp !== undefined;

/** `0/3 nodes are available: 1 first reason, 2 second reason.` */
export function availability(reasons: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const told = [...counts].map(([reason, count]) => `${count} ${reason}`).toSorted();
  return `0/${reasons.length} nodes are available: ${told.join(', ')}.`;
}

/** The fewest pods of lower priority, the least important first, without which the pod fits. */
function victimsOf(pod: StoredObject, { node, holders, unfit }: Candidate): StoredObject[] | undefined {
  if (!unfit.helpful) return undefined;
  const lower = holders
    .filter((one) => priorityOf(one) < priorityOf(pod))
    .toSorted((a, b) => priorityOf(a) - priorityOf(b));
  const victims: StoredObject[] = [];
  for (const one of lower) {
    victims.push(one);
    if (
      !unfitness(
        pod,
        node,
        holders.filter((other) => !victims.includes(other)),
      )
    )
      return victims;
  }
  return undefined;
}

/** Decides who makes room for a pod that fits nowhere (`k/k:pkg/scheduler/framework/preemption`; recorded: preempted). */
export function preemptionFor(pod: StoredObject, candidates: readonly Candidate[]): Preemption {
  if (textAt(pod, 'spec', 'preemptionPolicy') === 'Never')
    return { why: 'not eligible due to preemptionPolicy=Never.' };
  if (candidates.length === 0) return { why: 'no nodes available to schedule pods.' };
  const nominated = textAt(pod, 'status', 'nominatedNodeName');
  const there = candidates.find(({ node }) => node.metadata.name === nominated)?.holders ?? [];
  if (there.some((one) => isGoing(one) && priorityOf(one) < priorityOf(pod)))
    return { why: 'not eligible due to a terminating pod on the nominated node.' };
  for (const candidate of candidates) {
    const victims = victimsOf(pod, candidate);
    if (victims) return { node: candidate.node.metadata.name, victims };
  }
  const reasons = candidates.map(({ unfit }) =>
    unfit.helpful ? 'No preemption victims found for incoming pod' : 'Preemption is not helpful for scheduling',
  );
  return { why: availability(reasons) };
}

/** Marks a victim as one, and deletes it with its own grace. */
export function preempt(store: Store, clock: Clock, victim: StoredObject): void {
  const { namespace = '', name, generation } = victim.metadata;
  const condition = {
    type: 'DisruptionTarget',
    observedGeneration: generation,
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: wholeSeconds(clock.now()),
    reason: 'PreemptionByScheduler',
    message: 'default-scheduler: preempting to accommodate a higher priority pod',
  };
  store.updateStatus(
    'pods',
    { namespace, name },
    (draft) => {
      const others = listAt(draft.status, 'conditions').filter((one) => fieldAt(one, 'type') !== condition.type);
      draft.status = { ...draft.status, conditions: [...others.filter(isFields), condition] };
    },
    { manager: 'kube-scheduler' },
  );
  store.delete('pods', { namespace, name });
}
