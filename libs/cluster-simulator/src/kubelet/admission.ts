import type { StoredObject } from '../api/kube-object.js';
import { fieldAt, wholeSeconds } from '../api/kube-object.js';
import type { Node } from './node.js';
import { isCritical } from './pod-state.js';

/** Why a kubelet does not take a pod: the reason in its status and of its event, and the text of both. */
export type Rejection = Readonly<{ reason: string; message: string }>;

/** A node that is shutting down takes no pod (recorded: node-shutdown). */
export const shuttingDown: Rejection = {
  reason: 'NodeShutdown',
  message: 'Pod was rejected as the node is shutting down.',
};

/**
 * A node that runs low refuses pods, but for critical ones; one that is low on memory alone takes those that ask for some
 * (`Admit`, k/k:pkg/kubelet/eviction/eviction_manager.go; recorded: evicted-disk-pressure, evicted-memory-pressure).
 */
export function tooLow(pod: StoredObject, pressures: readonly string[]): Rejection | undefined {
  if (pressures.length === 0 || isCritical(pod)) return undefined;
  const isForMemory = pressures.every((one) => one === 'MemoryPressure');
  if (isForMemory && fieldAt(pod, 'status', 'qosClass') !== 'BestEffort') return undefined;
  return { reason: 'Evicted', message: `The node had condition: [${pressures.join(', ')}]. ` };
}

/** Whether the node has the labels that the pod asks for; a scheduler would have looked, but it can be passed by. */
export function misplaced(pod: StoredObject, node: StoredObject | undefined): Rejection | undefined {
  const wanted = Object.entries(fieldAt(pod, 'spec', 'nodeSelector') ?? {});
  if (wanted.every(([label, value]) => node?.metadata.labels?.[label] === value)) return undefined;
  const message = "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector";
  return { reason: 'NodeAffinity', message };
}

/** Rejects a pod before any container: its status is replaced, so it has no conditions (rejectPod, k/k:pkg/kubelet/kubelet.go; recorded: rejected-by-node). */
export function reject(
  { store, clock, events, shapes }: Node,
  pod: StoredObject,
  { reason, message }: Rejection,
): void {
  const { namespace = '', name, generation } = pod.metadata;
  const status = {
    ...(shapes.observesGeneration && { observedGeneration: generation }),
    phase: 'Failed',
    message: `Pod was rejected: ${message}`,
    reason,
    startTime: wholeSeconds(clock.now()),
    qosClass: fieldAt(pod, 'status', 'qosClass'),
  };
  events.tell(pod, { type: 'Warning', reason, message });
  store.updateStatus('pods', { namespace, name }, (draft) => void (draft.status = status), { manager: 'kubelet' });
}
