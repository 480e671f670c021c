import { EventRecorder } from './event-recorder.js';
import type { Kubelet } from './kubelet.js';
import type { Store } from './store.js';

/** What a node can run low on, with the threshold that the kubelet holds it to and what is left, as its message tells them. */
const thresholds = {
  memory: ['100Mi', '87432Ki'],
  'ephemeral-storage': ['26421208Ki', '25301004Ki'],
  inodes: ['825676', '801200'],
  pids: ['1638', '1201'],
} as const;

/** What a node can run low on. */
export type Scarce = keyof typeof thresholds;

/** How long a pod that is evicted at once may take (immediateEvictionGracePeriodSeconds). */
const graceMs = 1000;

export const scarce = Object.keys(thresholds);

export const isScarce = (name: string): name is Scarce => Object.hasOwn(thresholds, name);

/**
 * The node runs low on something, and its kubelet evicts this pod; with that the pressure is over, before a condition of the node tells it.
 * Read from source (`k/k:pkg/kubelet/eviction/eviction_manager.go`, `helpers.go`), not recorded.
 *
 * @returns whether the pod is on that node, and was not ending already
 */
export function evictForPressure(
  kubelet: Kubelet,
  store: Store,
  { podUid, lowOn }: { podUid: string; lowOn: Scarce },
): boolean {
  const [threshold, available] = thresholds[lowOn];
  const message = `The node was low on resource: ${lowOn}. Threshold quantity: ${threshold}, available: ${available}. `;
  const { name, clock } = kubelet;
  if (!kubelet.stopPod(podUid, { reason: 'Evicted', message, graceMs, inEvent: true })) return false;
  const node = store.get('nodes', { namespace: '', name });
  const told = new EventRecorder(store, clock, { component: 'kubelet', host: name, about: 'nodes' });
  const attempt = `Attempting to reclaim ${lowOn}`;
  if (node) told.tell(node, { type: 'Warning', reason: 'EvictionThresholdMet', message: attempt });
  return true;
}
