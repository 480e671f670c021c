import type { Clock } from '../api/clock.js';
import { isFields, listAt, textAt, wholeSeconds, type StoredObject } from '../api/kube-object.js';
import { healthyConditions } from './node-object.js';
import type { Draft, Store } from './store.js';

type Where = Readonly<{ store: Store; clock: Clock; name: string }>;

/** What a node's condition Ready says: `True`, `False`, `Unknown`. */
export const readinessOf = (node: StoredObject | undefined): string =>
  textAt(
    listAt(node, 'status', 'conditions').find((one) => textAt(one, 'type') === 'Ready'),
    'status',
  );

/** A kubelet that starts says that its node is well, where that is not what is known of it. */
export function tellReady({ store, clock, name }: Where): void {
  const at = { namespace: '', name };
  if (readinessOf(store.get('nodes', at)) === 'True') return;
  const edit = (draft: Draft): void => {
    draft.status = { ...draft.status, conditions: healthyConditions(clock.now()) };
  };
  store.updateStatus('nodes', at, edit, { manager: 'kubelet' });
}

/** A kubelet says that its node is not ready, and why. */
export function tellNotReady(where: Where, message: string): void {
  setNodeCondition(where, { type: 'Ready', status: 'False', reason: 'KubeletNotReady', message });
}

/** A kubelet says something else in a condition of its node. */
export function setNodeCondition({ store, clock, name }: Where, condition: Readonly<Record<string, string>>): void {
  const lastTransitionTime = wholeSeconds(clock.now());
  const edit = (draft: Draft): void => {
    const conditions = listAt(draft.status, 'conditions').map((one) =>
      isFields(one) && one['type'] === condition['type'] ? { ...one, ...condition, lastTransitionTime } : one,
    );
    draft.status = { ...draft.status, conditions };
  };
  store.updateStatus('nodes', { namespace: '', name }, edit, { manager: 'kubelet' });
}
