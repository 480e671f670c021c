import { fieldAt, listAt, textAt, wholeSeconds, type Fields, type StoredObject } from '../api/kube-object.js';
import { EventRecorder } from '../kubelet/event-recorder.js';
import type { Draft } from '../kubelet/store.js';
import type { Tools } from './controller.js';
import { byControllers } from './controller.js';

const absences = ['node.kubernetes.io/unreachable', 'node.kubernetes.io/not-ready'];

/** How long a pod bears that its node is not there, in milliseconds: its shortest toleration; `undefined` if for ever. */
function toleranceMsOf(pod: StoredObject): number | undefined {
  const tolerations = listAt(pod, 'spec', 'tolerations').filter(
    (one) => ['', ...absences].includes(textAt(one, 'key')) && ['', 'NoExecute'].includes(textAt(one, 'effect')),
  );
  if (tolerations.length === 0) return 0;
  const seconds = tolerations.flatMap((one) => Number(fieldAt(one, 'tolerationSeconds') ?? []));
  return seconds.length === 0 || seconds.some(Number.isNaN) ? undefined : Math.min(...seconds) * 1000;
}

/** Evicts the pods of a node that is not there when their time is over, unless it comes back before. Its events name pods without their uid (recorded: node-lost). */
export class TaintEviction {
  private readonly events: EventRecorder;
  private readonly due = new Map<string, Map<StoredObject, () => void>>();

  constructor(private readonly tools: Tools) {
    this.events = new EventRecorder(tools.store, tools.clock, {
      component: 'taint-eviction-controller',
      manager: byControllers.manager,
      about: 'pods',
      isByName: true,
    });
  }

  /** The node is gone: the time of its pods begins. That of a node whose time runs goes on. */
  begin(node: string, pods: readonly StoredObject[]): void {
    if (this.due.has(node)) return;
    const due = new Map<StoredObject, () => void>();
    this.due.set(node, due);
    for (const pod of pods) {
      const ms = toleranceMsOf(pod);
      if (ms === undefined || pod.metadata.deletionTimestamp !== undefined) continue;
      const cancel = this.tools.clock.after(ms, () => {
        due.delete(pod);
        this.evict(pod);
      });
      due.set(pod, cancel);
    }
  }

  /** The node is back. */
  cancel(node: string): void {
    for (const [pod, cancel] of this.due.get(node) ?? []) {
      cancel();
      this.tell(pod, 'Cancelling deletion of');
    }
    this.due.delete(node);
  }

  private evict(pod: StoredObject): void {
    const { store, clock } = this.tools;
    const { namespace = '', name, uid } = pod.metadata;
    const now = store.get('pods', { namespace, name });
    if (now?.metadata.uid !== uid || now.metadata.deletionTimestamp !== undefined) return;
    this.tell(pod, 'Marking for deletion');
    const condition = {
      type: 'DisruptionTarget',
      observedGeneration: now.metadata.generation,
      status: 'True',
      lastProbeTime: null,
      lastTransitionTime: wholeSeconds(clock.now()),
      reason: 'DeletionByTaintManager',
      message: 'Taint manager: deleting due to NoExecute taint',
    };
    const edit = (draft: Draft): void => void (draft.status = withCondition(draft.status, condition));
    store.updateStatus('pods', { namespace, name }, edit, byControllers);
    store.delete('pods', { namespace, name });
  }

  private tell(pod: StoredObject, what: string): void {
    const { namespace, name } = pod.metadata;
    this.events.tell(pod, {
      type: 'Normal',
      reason: 'TaintManagerEviction',
      message: `${what} Pod ${namespace}/${name}`,
    });
  }
}

function withCondition(status: Fields | undefined, condition: Fields): Fields {
  const others = listAt(status, 'conditions').filter((one) => textAt(one, 'type') !== condition['type']);
  return { ...status, conditions: [...others, condition] };
}
