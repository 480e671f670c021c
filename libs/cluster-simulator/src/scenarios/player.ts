import type { Clock } from '../api/clock.js';
import type { ObjectStore } from '../api/object-store.js';
import {
  copyOf,
  fieldAt,
  isFields,
  listAt,
  textAt,
  type Fields,
  type KubeObject,
  type StoredObject,
} from '../api/kube-object.js';
import { resources, storedResource, type ResourceName } from '../api/resources.js';
import { controllerOf, ownedBy } from '../controllers/controller.js';
import type { Course } from '../kubelet/node.js';
import type { Eviction } from '../kubelet/node-pressure.js';
import type { Nodes } from '../kubelet/nodes.js';
import type { Draft, Store, Writer } from '../kubelet/store.js';
import type { KubeletVersion } from '../kubelet/versions.js';
import type { Manifest, NodeDeed, Scenario, Step } from './scenario.js';

const appliedKey = 'kubectl.kubernetes.io/last-applied-configuration';
const revisionKey = 'deployment.kubernetes.io/revision';
const byApply = { manager: 'kubectl-client-side-apply' };
const byCreate = { manager: 'kubectl-create' };
const betweenMs = 25;
/** Looks, a second apart, for the sandbox that shall die. */
const sandboxTries = 60;

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, one]) => [name, sorted(one)]),
  );
}

/** JSON as Go writes it: fields in order, and what HTML could mistake escaped. */
const goJson = (value: unknown): string =>
  JSON.stringify(sorted(value)).replace(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`);

function resourceOf({ kind }: Manifest): ResourceName {
  const found = resources.find((one) => one.kind === kind);
  if (!found) throw new RangeError(`no resource has the kind ${kind}`);
  return found.name as ResourceName;
}

const isList = (course: Course | readonly Course[]): course is readonly Course[] => Array.isArray(course);

const released = ({ metadata }: KubeObject): void => void delete metadata.finalizers;

function ungated(draft: KubeObject): void {
  if (isFields(draft['spec'])) delete draft['spec']['schedulingGates'];
}

/** Plays scenarios as kubectl would: it creates, changes and deletes, and leaves all else to the cluster. */
export class Player {
  private readonly courses = new Map<string, Scenario>();
  private readonly ordinals = new Map<string, string[]>();
  /** The node that a scenario does something to, which is the same to its end. */
  private readonly chosen = new Map<string, string>();

  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly nodes: Nodes,
    private readonly api: Pick<ObjectStore, 'outage' | 'revisions'>,
  ) {}

  /** Begins `scenario` in `namespace`, which is made if it is not there. */
  play(scenario: Scenario, namespace: string): void {
    if (!this.store.get('namespaces', { namespace: '', name: namespace }))
      this.store.create('namespaces', { metadata: { name: namespace } }, byCreate);
    this.courses.set(namespace, scenario);
    this.chosen.delete(namespace);
    for (const prefix of Object.keys(scenario.courses ?? {})) this.ordinals.delete(`${namespace}/${prefix}`);
    scenario.begin.forEach((manifest, i) => this.clock.after(i * betweenMs, () => this.apply(manifest, namespace)));
    for (const step of scenario.later ?? []) this.clock.after(step.at * 1000, () => this.take(step, namespace));
  }

  /** Deletes what a scenario left in `namespace`: workloads and what they own, pods, and what they waited for. */
  clear(namespace: string): void {
    for (const resource of [
      'deployments',
      'statefulsets',
      'daemonsets',
      'cronjobs',
      'jobs',
      'services',
      'configmaps',
      'secrets',
      'pods',
    ] as const) {
      for (const { metadata } of this.store.list(resource, namespace))
        this.store.delete(resource, { namespace, name: metadata.name });
    }
  }

  /** What a scenario decided for the pod, beyond its commands. */
  courseOf({ metadata: { name, namespace = '', uid } }: StoredObject, kubelet: KubeletVersion): Course | undefined {
    const scenario = this.courses.get(namespace);
    const courses = Object.entries(scenario?.coursesOf?.[kubelet] ?? scenario?.courses ?? {});
    const [prefix, course] = courses.find(([beginning]) => name.startsWith(beginning)) ?? [];
    if (prefix === undefined || course === undefined) return undefined;
    if (!isList(course)) return course;
    const key = `${namespace}/${prefix}`;
    const pods = this.ordinals.get(key) ?? [];
    if (!pods.includes(uid)) this.ordinals.set(key, [...pods, uid]);
    return course[(this.ordinals.get(key) ?? []).indexOf(uid)];
  }

  private take(step: Step, namespace: string): void {
    if ('apply' in step) this.apply(step.apply, namespace);
    else if ('create' in step) this.create(step.create, namespace, byCreate);
    else if ('setImages' in step) this.setImages(step.setImages, namespace);
    else if ('deletePods' in step) this.deletePods(step.deletePods, namespace);
    else if ('deletePod' in step) this.deletePod(step, namespace);
    else if ('ungate' in step)
      this.store.update('pods', { namespace, name: step.ungate }, ungated, { manager: 'kubectl-patch' });
    else if ('release' in step)
      this.store.update('pods', { namespace, name: step.release }, released, { manager: 'kubectl-patch' });
    else if ('labelNodes' in step) this.labelNodes(step.labelNodes);
    else if ('extendNode' in step) this.extendNode(step.extendNode);
    else if ('evict' in step) this.store.evict({ namespace, name: step.evict });
    else if ('debug' in step) this.debug(step.debug, namespace);
    else if ('resize' in step) this.resize(step.resize, namespace);
    else if ('staticPod' in step) this.placeStaticPod(step.staticPod, namespace);
    else if ('orphan' in step) this.orphan(step.orphan, namespace);
    else if ('killSandbox' in step) this.killSandbox({ namespace, name: step.killSandbox });
    else if ('kubeletEvicts' in step) this.evictByKubelet({ namespace, name: step.kubeletEvicts }, step.why);
    else if ('node' in step) this.onNode(step.node, namespace);
    else if ('api' in step) this.onApi(step);
    else if ('setCondition' in step) this.setCondition(step.setCondition, namespace);
    else if ('rollBack' in step) this.rollBack({ namespace, name: step.rollBack });
    else this.store.delete(step.remove.resource, { namespace, name: step.remove.name });
  }

  private apply(manifest: Manifest, namespace: string): void {
    const resource = resourceOf(manifest);
    const inNamespace = storedResource(resource).namespaced ? { namespace } : {};
    const metadata = { annotations: {}, ...manifest.metadata, ...inNamespace };
    const applied = `${goJson({ ...manifest, metadata })}\n`;
    const at = { namespace: '', ...inNamespace, name: manifest.metadata.name ?? '' };
    const annotations = { ...manifest.metadata.annotations, [appliedKey]: applied };
    if (!this.store.get(resource, at))
      return this.create({ ...manifest, metadata: { ...manifest.metadata, annotations } }, namespace, byApply);
    const edit = (draft: KubeObject): void => {
      draft.metadata.annotations = { ...draft.metadata.annotations, ...annotations };
      if (isFields(manifest['spec'])) draft['spec'] = { ...(draft['spec'] as Fields), ...copyOf(manifest['spec']) };
    };
    this.store.update(resource, at, edit, byApply);
  }

  private create(manifest: Manifest, namespace: string, by: Writer): void {
    this.store.create(resourceOf(manifest), { ...copyOf(manifest), metadata: { ...manifest.metadata, namespace } }, by);
  }

  private setImages(
    { pod, images }: { pod: string; images: Readonly<Record<string, string>> },
    namespace: string,
  ): void {
    const edit = (draft: KubeObject): void => {
      const all = [...listAt(draft, 'spec', 'initContainers'), ...listAt(draft, 'spec', 'containers')];
      for (const one of all.filter(isFields)) one['image'] = images[textAt(one, 'name')] ?? one['image'];
    };
    this.store.update('pods', { namespace, name: pod }, edit, { manager: 'kubectl-set' });
  }

  private deletePods(labels: Readonly<Record<string, string>>, namespace: string): void {
    for (const { metadata } of this.store.list('pods', namespace)) {
      const chosen = Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value);
      if (chosen) this.store.delete('pods', { namespace, name: metadata.name });
    }
  }

  private deletePod(
    { deletePod: name, gracePeriodSeconds }: { deletePod: string; gracePeriodSeconds?: number },
    namespace: string,
  ): void {
    this.store.delete('pods', { namespace, name }, gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds });
  }

  private placeStaticPod({ file, manifest }: { file: string; manifest?: Manifest }, namespace: string): void {
    const [node] = this.store.list('nodes');
    if (!node) return;
    const placed = manifest && { ...copyOf(manifest), metadata: { ...manifest.metadata, namespace } };
    this.nodes.placeStaticPod(node.metadata.name, `${namespace}/${file}`, placed);
  }

  /** As `kubectl debug`: a container beside those of the pod. */
  private debug({ pod, container }: { pod: string; container: Fields }, namespace: string): void {
    const edit = (draft: Draft): void => {
      draft.spec = { ...draft.spec, ephemeralContainers: [...listAt(draft.spec, 'ephemeralContainers'), container] };
    };
    this.store.addEphemeral({ namespace, name: pod }, edit, { manager: 'kubectl' });
  }

  /** As `kubectl patch --subresource=resize`. */
  private resize({ pod, to }: { pod: string; to: Readonly<Record<string, Fields>> }, namespace: string): void {
    const edit = (draft: KubeObject): void => {
      const all = [...listAt(draft, 'spec', 'initContainers'), ...listAt(draft, 'spec', 'containers')];
      for (const one of all.filter(isFields)) one['resources'] = to[textAt(one, 'name')] ?? one['resources'];
    };
    this.store.resize({ namespace, name: pod }, edit, { manager: 'kubectl-patch' });
  }

  /** As `kubectl delete --cascade=orphan`: what it owned stays, without an owner. */
  private orphan({ resource, name }: { resource: ResourceName; name: string }, namespace: string): void {
    const uid = this.store.get(resource, { namespace, name })?.metadata.uid;
    const disown = ({ metadata }: KubeObject): void => void delete metadata.ownerReferences;
    for (const job of this.store.list('jobs', namespace)) {
      if (controllerOf(job)?.uid === uid)
        this.store.update('jobs', { namespace, name: job.metadata.name }, disown, {
          manager: 'kube-controller-manager',
        });
    }
    this.store.delete(resource, { namespace, name });
  }

  /**
   * A pod that was deleted meanwhile has no sandbox to die. One that has none yet, for its node is slow or was rebooted by another scenario,
   * is waited for, so that its scenario still tells of a second pass.
   */
  private killSandbox(at: { namespace: string; name: string }, tries = sandboxTries): void {
    if (!this.store.get('pods', at)) return;
    if (this.nodes.hasSandbox(at)) this.nodes.killSandbox(at);
    else if (tries > 0) this.clock.after(1000, () => this.killSandbox(at, tries - 1));
  }

  /** Does it to the node on which the first of the scenario's pods is. */
  private onNode(deed: NodeDeed, namespace: string): void {
    const nodes = this.store.list('pods', namespace).map((pod) => textAt(pod, 'spec', 'nodeName'));
    const node = this.chosen.get(namespace) ?? nodes.find((name) => name !== '');
    if (node === undefined) return;
    this.chosen.set(namespace, node);
    this.nodes[deed](node);
  }

  /** A pod that ended by itself meanwhile is not evicted. */
  private evictByKubelet(at: { namespace: string; name: string }, why: Eviction): void {
    if (this.nodes.canEvict(at)) this.nodes.evict(at, why);
  }

  private onApi({ api, times }: Extract<Step, { api: unknown }>): void {
    if (api === 'compact') this.api.revisions.compact();
    else this.api.outage.begin(api, times);
  }

  private setCondition({ pod, type, status }: { pod: string; type: string; status: string }, namespace: string): void {
    const edit = (draft: Draft): void => {
      const others = listAt(draft.status, 'conditions').filter((one) => fieldAt(one, 'type') !== type);
      const condition = { type, status, lastProbeTime: null, lastTransitionTime: null };
      draft.status = { ...draft.status, conditions: [condition, ...others] };
    };
    this.store.updateStatus('pods', { namespace, name: pod }, edit, { manager: 'kubectl-patch' });
  }

  /** Gives the first node an extended resource. */
  private extendNode(quantities: Readonly<Record<string, string>>): void {
    const [node] = this.store.list('nodes');
    if (node) this.nodes.extend(node.metadata.name, quantities);
  }

  private labelNodes(labels: Readonly<Record<string, string | null>>): void {
    const edit = ({ metadata }: KubeObject): void => {
      const merged = Object.entries({ ...metadata.labels, ...labels });
      metadata.labels = Object.fromEntries(merged.filter((label): label is [string, string] => label[1] !== null));
    };
    for (const { metadata } of this.store.list('nodes'))
      this.store.update('nodes', { namespace: '', name: metadata.name }, edit, { manager: 'kubectl-label' });
  }

  private rollBack(at: { namespace: string; name: string }): void {
    const deployment = this.store.get('deployments', at);
    if (!deployment) return;
    const revision = ({ metadata }: StoredObject): number => Number(metadata.annotations?.[revisionKey] ?? 0);
    const [, before] = ownedBy(this.store, deployment, 'replicasets').toSorted((a, b) => revision(b) - revision(a));
    if (!before || controllerOf(before)?.uid !== deployment.metadata.uid) return;
    const template = copyOf(fieldAt(before, 'spec', 'template')) as Fields;
    const labels = fieldAt(template, 'metadata', 'labels');
    if (isFields(labels)) delete labels['pod-template-hash'];
    this.store.update('deployments', at, (draft) => void (draft.spec = { ...draft.spec, template }), {
      manager: 'kubectl-rollout',
    });
  }
}
