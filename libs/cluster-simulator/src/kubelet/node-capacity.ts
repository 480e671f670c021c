import { isFields, textAt } from '../api/kube-object.js';
import type { Kubelet } from './kubelet.js';
import type { Draft, Store } from './store.js';

/** How often a kubelet looks whether its node's status has changed (`nodeStatusUpdateFrequency`). */
const statusEveryMs = 10_000;

type Quantities = Readonly<Record<string, string>>;

const raised =
  (field: 'capacity' | 'allocatable', quantities: Quantities) =>
  (draft: Draft): void => {
    draft.status = {
      ...draft.status,
      [field]: { ...(isFields(draft.status?.[field]) ? draft.status[field] : {}), ...quantities },
    };
  };

/** Raises a node's capacity at once; that pods may have it says its kubelet, with its next node status (recorded: preempted, 7.9 s later). */
export function extendNode(kubelet: Kubelet, store: Store, quantities: Quantities): void {
  const { clock, name } = kubelet;
  const at = { namespace: '', name };
  store.updateStatus('nodes', at, raised('capacity', quantities), { manager: 'kubectl-patch' });
  const tell = (): void => {
    if (!kubelet.isRunning) return void clock.after(statusEveryMs, tell);
    store.updateStatus('nodes', at, raised('allocatable', quantities), { manager: 'kubelet' });
  };
  const registeredAt = Date.parse(textAt(store.get('nodes', at), 'metadata', 'creationTimestamp'));
  clock.after(statusEveryMs - ((clock.now() - registeredAt) % statusEveryMs), tell);
}
