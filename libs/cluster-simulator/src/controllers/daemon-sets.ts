import type { Fields, StoredObject } from '../api/kube-object.js';
import { fieldAt, isFields, listAt, textAt } from '../api/kube-object.js';
import { EventRecorder } from '../kubelet/event-recorder.js';
import { Random } from '../kubelet/random.js';
import type { Change } from '../kubelet/store.js';
import type { Tools } from './controller.js';
import { WorkQueue, byControllers, isPodReady, ownedBy, podFrom } from './controller.js';

const always = (key: string, effect: string): Fields => ({
  key: `node.kubernetes.io/${key}`,
  operator: 'Exists',
  effect,
});

/** What a DaemonSet's pods bear, so that trouble with a node does not take them away (k/k:pkg/controller/daemon/util; recorded: daemonset). */
const tolerations: readonly Fields[] = [
  always('not-ready', 'NoExecute'),
  always('unreachable', 'NoExecute'),
  always('disk-pressure', 'NoSchedule'),
  always('memory-pressure', 'NoSchedule'),
  always('pid-pressure', 'NoSchedule'),
  always('unschedulable', 'NoSchedule'),
];

const onNode = (name: string): Fields => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }] }],
    },
  },
});

/** The node that a DaemonSet made this pod for. */
export function nodeMeantFor(pod: unknown): string | undefined {
  const required = fieldAt(pod, 'spec', 'affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution');
  const fields = listAt(required, 'nodeSelectorTerms').flatMap((term) => listAt(term, 'matchFields'));
  const named = fields.find((field) => textAt(field, 'key') === 'metadata.name');
  const [node] = listAt(named, 'values');
  return typeof node === 'string' ? node : undefined;
}

/** Keeps one pod of a DaemonSet on every node. A changed template replaces them one by one. */
export class DaemonSets {
  private readonly queue: WorkQueue;
  private readonly events: EventRecorder;

  constructor(private readonly tools: Tools) {
    this.queue = new WorkQueue(tools, 'daemonsets', (set) => this.reconcile(set));
    this.events = new EventRecorder(tools.store, tools.clock, {
      component: 'daemonset-controller',
      manager: byControllers.manager,
      about: 'daemonsets',
    });
  }

  onChange(change: Change): void {
    this.queue.onChange(change, 'DaemonSet');
  }

  private reconcile(set: StoredObject): void {
    const pods = ownedBy(this.tools.store, set, 'pods');
    const template = fieldAt(set, 'spec', 'template');
    const hash = new Random(17).branch(JSON.stringify(template)).identities.suffix(10);
    const nodes = this.tools.store.list('nodes').map(({ metadata }) => metadata.name);
    const missing = nodes.filter((node) => !pods.some((pod) => nodeMeantFor(pod) === node));
    for (const node of missing) this.create(set, node, hash);
    if (missing.length === 0) this.replaceOne(set, pods, hash);
    this.tellStatus(set, pods, nodes.length);
  }

  private create(set: StoredObject, node: string, hash: string): void {
    const { name, generation = 1 } = set.metadata;
    const labels = { 'controller-revision-hash': hash, 'pod-template-generation': String(generation) };
    const made = podFrom(set, 'daemonsets', { generateName: `${name}-`, labels });
    const spec = isFields(made['spec']) ? made['spec'] : {};
    made['spec'] = { ...spec, affinity: onNode(node), tolerations: [...listAt(spec, 'tolerations'), ...tolerations] };
    const pod = this.tools.store.create('pods', made, byControllers);
    if (pod) this.tell(set, 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
  }

  private replaceOne(set: StoredObject, pods: readonly StoredObject[], hash: string): void {
    const outdated = pods.find(({ metadata }) => metadata.labels?.['controller-revision-hash'] !== hash);
    if (!outdated || pods.some((pod) => pod !== outdated && !isPodReady(pod))) return;
    const { namespace = '', name, deletionTimestamp } = outdated.metadata;
    if (deletionTimestamp !== undefined) return;
    this.tools.store.delete('pods', { namespace, name });
    this.tell(set, 'SuccessfulDelete', `Deleted pod: ${name}`);
  }

  private tellStatus(set: StoredObject, pods: readonly StoredObject[], desired: number): void {
    const { namespace = '', name, generation } = set.metadata;
    const ready = pods.filter(isPodReady).length;
    const status = {
      currentNumberScheduled: pods.length,
      numberMisscheduled: 0,
      desiredNumberScheduled: desired,
      numberReady: ready,
      observedGeneration: generation,
      updatedNumberScheduled: pods.length,
      ...(ready > 0 ? { numberAvailable: ready } : {}),
      ...(ready < desired ? { numberUnavailable: desired - ready } : {}),
    };
    const at = { namespace, name };
    this.tools.store.updateStatus('daemonsets', at, (draft) => void (draft.status = status), byControllers);
  }

  private tell(set: StoredObject, reason: string, message: string): void {
    this.events.tell(set, { type: 'Normal', reason, message });
  }
}
