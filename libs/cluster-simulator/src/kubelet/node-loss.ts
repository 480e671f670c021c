import { fieldAt, isFields, listAt, textAt, wholeSeconds, type Fields, type StoredObject } from '../api/kube-object.js';
import { EventRecorder } from './event-recorder.js';
import type { Kubelet } from './kubelet.js';
import type { Draft, Store } from './store.js';

/** How long a node may be silent (`--node-monitor-grace-period`, 1.32), and how long its pods bear it (their default toleration). */
const graceMs = 50_000;
const tolerationMs = 300_000;

const byController = { manager: 'kube-controller-manager' };

const setCondition = (status: Fields | undefined, condition: Fields): Fields => {
  const others = listAt(status, 'conditions').filter((one) => textAt(one, 'type') !== condition['type']);
  return { ...status, conditions: [...others, condition] };
};

/**
 * A node that is gone for good, and what controllers make of that: the node's conditions become Unknown, its pods not ready, and in the end they are marked
 * for deletion, where they stay. Read from source (`k/k:pkg/controller/nodelifecycle`, `.../tainteviction`), not recorded.
 */
export function loseNode(kubelet: Kubelet, store: Store): void {
  const { clock, name } = kubelet;
  const told = new EventRecorder(store, clock, { component: 'node-controller', ...byController, about: 'pods' });
  kubelet.stopKubelet();
  kubelet.killAll();
  const podsOf = (): StoredObject[] => store.list('pods').filter((pod) => textAt(pod, 'spec', 'nodeName') === name);
  clock.after(graceMs, () => {
    if (kubelet.isRunning) return;
    forgetNode(store, name, wholeSeconds(clock.now()));
    for (const pod of podsOf()) {
      markNotReady(store, pod, wholeSeconds(clock.now()));
      told.tell(pod, { type: 'Warning', reason: 'NodeNotReady', message: 'Node is not ready' });
    }
  });
  clock.after(graceMs + tolerationMs, () => {
    if (!kubelet.isRunning) for (const pod of podsOf()) evict(store, pod, { told, at: wholeSeconds(clock.now()) });
  });
}

function forgetNode(store: Store, name: string, at: string): void {
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
  store.updateStatus('nodes', { namespace: '', name }, edit, byController);
}

function markNotReady(store: Store, { metadata: { namespace = '', name } }: StoredObject, at: string): void {
  const edit = (draft: Draft): void => {
    const conditions = listAt(draft.status, 'conditions').map((one) =>
      textAt(one, 'type') === 'Ready' && textAt(one, 'status') === 'True' && isFields(one)
        ? { ...one, status: 'False', lastTransitionTime: at }
        : one,
    );
    draft.status = { ...draft.status, conditions };
  };
  store.updateStatus('pods', { namespace, name }, edit, byController);
}

function evict(store: Store, pod: StoredObject, { told, at }: { told: EventRecorder; at: string }): void {
  const { namespace = '', name, deletionTimestamp } = pod.metadata;
  if (deletionTimestamp !== undefined || toleratesForEver(pod)) return;
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: at,
    reason: 'DeletionByTaintManager',
    message: 'Taint manager: deleting due to NoExecute taint',
  };
  told.tell(pod, {
    type: 'Normal',
    reason: 'TaintManagerEviction',
    message: `Marking for deletion Pod ${namespace}/${name}`,
  });
  const edit = (draft: Draft): void => void (draft.status = setCondition(draft.status, condition));
  store.updateStatus('pods', { namespace, name }, edit, byController);
  store.delete('pods', { namespace, name });
}

const toleratesForEver = (pod: StoredObject): boolean =>
  listAt(pod, 'spec', 'tolerations').some(
    (one) => textAt(one, 'key') === 'node.kubernetes.io/unreachable' && fieldAt(one, 'tolerationSeconds') === undefined,
  );
