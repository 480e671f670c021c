import { RunningClock, type Clock } from './clock.js';
import { isDeletedByUpdate, planDeletion, type DeleteOptions } from './deletion.js';
import { sameJson } from './field-sets.js';
import {
  copyOf,
  fieldsIn,
  listAt,
  textAt,
  wholeSeconds,
  type Fields,
  type KubeObject,
  type StoredObject,
} from './kube-object.js';
import { ordered, orderedPod } from './object-order.js';
import { Outage } from './outage.js';
import { own, type Writer } from './ownership.js';
import { patched, type Patch } from './patches.js';
import { Identities } from './random.js';
import { alreadyExists, conflict, forbidden, invalid, notFound } from './refusals.js';
import { storedResource, type Resource, type ResourceName } from './resources.js';
import { Revisions, type ChangeType, type HistoryLimits, type Revision } from './revisions.js';
import { isTerminating, strategies, type Surroundings } from './strategies.js';
import { nextState, type Subresource } from './updates.js';
import { problemsOf, problemsOfUpdate } from './validation.js';
import { keyOf, nameOf, whereOf, type Where } from './where.js';

/** What an `ObjectStore` is made of. */
export type ObjectStoreOptions = {
  clock?: Clock;
  /** What generated names and ids are made of; the same seed gives the same ones. */
  seed?: number;
  history?: HistoryLimits;
  /** Whether pods get a service account and the volume with its token, as with the admission plugin of that name. True unless told. */
  serviceAccounts?: boolean;
  /** The resourceVersion after which the first write counts. */
  firstResourceVersion?: number;
  /** The uid of `kube-system`, by which a cluster is known. */
  clusterUid?: string;
};

/** The namespaces that every cluster begins with. */
const systemNamespaces = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

/**
 * The objects of a cluster, with kube-apiserver's rules for writing them: defaults, generations, owners of fields, graceful deletion,
 * optimistic concurrency. What the HTTP API and the kubelets write goes through here alike.
 *
 * Objects that come out of it are shared: never change them. Every refusal is an `ApiError` with the server's own words.
 */
export class ObjectStore {
  readonly clock: Clock;
  readonly revisions: Revisions;
  /** Whether the API answers its clients. Who writes here directly is none. */
  readonly outage: Outage;
  readonly identities: Identities;
  private readonly serviceAccounts: boolean;
  private readonly clusterUid: string;

  constructor(options: ObjectStoreOptions = {}) {
    this.clock = options.clock ?? new RunningClock();
    this.outage = new Outage(this.clock);
    this.identities = new Identities(options.seed ?? 1);
    this.serviceAccounts = options.serviceAccounts ?? true;
    this.revisions = new Revisions(options.history, options.firstResourceVersion);
    this.clusterUid = options.clusterUid ?? this.identities.uuid();
    for (const name of systemNamespaces) {
      this.create('namespaces', { metadata: { name } }, { manager: 'kube-apiserver' });
    }
  }

  /** The resourceVersion of the newest write. */
  get resourceVersion(): string {
    return String(this.revisions.current);
  }

  /** The object, if there is one. */
  find(resource: ResourceName, where: Where): StoredObject | undefined {
    return this.revisions.get(resource, keyOf(where));
  }

  /**
   * The object.
   *
   * @throws ApiError 404
   */
  get(resource: ResourceName, where: Where): StoredObject {
    const found = this.find(resource, where);
    if (!found) throw notFound(storedResource(resource), where.name);
    return found;
  }

  /** All objects of a kind, or those of one namespace, ordered by namespace and name. */
  list(resource: ResourceName, namespace = ''): StoredObject[] {
    const keys = this.revisions.keysAt(resource, this.revisions.current);
    const wanted = namespace ? keys.filter((key) => key.startsWith(`${namespace}/`)) : keys;
    return wanted.flatMap((key) => this.revisions.get(resource, key) ?? []);
  }

  /** Hears of every later write to a kind, in order; the answer ends it. */
  watch(resource: ResourceName, listener: (revision: Revision) => void): () => void {
    return this.revisions.listen(resource, listener);
  }

  /** Hears of every later write to any kind, in order; the answer ends it. */
  watchAll(listener: (revision: Revision) => void): () => void {
    return this.revisions.listenToAll(listener);
  }

  /**
   * Creates an object. `metadata.generateName` makes a name where there is none.
   *
   * @throws ApiError 404 (no such namespace), 409 (exists), 422 (breaks a rule of its kind)
   */
  create(name: ResourceName, given: KubeObject, by: Writer): StoredObject {
    const resource = storedResource(name);
    const strategy = strategies[name];
    const draft = copyOf(given);
    this.identify(resource, draft);
    strategy.defaults?.(draft);
    own(resource, { known: strategy.empty, next: draft, by, subresource: '', at: this.clock.now() });
    this.requireNamespace(resource, draft);
    strategy.admit?.(draft, this.surroundings());
    if (strategy.firstStatus) draft['status'] = strategy.firstStatus(draft, this.surroundings());
    if (resource.generations) draft.metadata.generation = 1;
    strategy.prepareCreate?.(draft);
    const problems = problemsOf(name, draft);
    if (problems.length > 0) throw invalid(resource, draft.metadata.name ?? '', problems);
    if (this.find(name, whereOf(draft))) throw alreadyExists(resource, draft.metadata.name ?? '');
    return this.write(resource, 'ADDED', draft, by.dryRun);
  }

  /**
   * Replaces an object, or the part of it that a subresource writes.
   *
   * @throws ApiError 404, 409 (`metadata.resourceVersion` is given and is not the newest), 422
   */
  update(name: ResourceName, given: KubeObject, by: Writer, subresource: Subresource = ''): StoredObject {
    const resource = storedResource(name);
    const known = this.get(name, whereOf(given));
    const { resourceVersion, uid } = given.metadata;
    const objectName = known.metadata.name;
    if (resourceVersion && resourceVersion !== known.metadata.resourceVersion) throw conflict(resource, objectName);
    if (uid && uid !== known.metadata.uid) {
      const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${known.metadata.uid}`;
      throw conflict(resource, objectName, why);
    }
    const draft = copyOf(given);
    strategies[name].decode?.(draft);
    if (!subresource || subresource === 'ephemeralcontainers' || subresource === 'resize')
      strategies[name].defaults?.(draft);
    draft.metadata.managedFields ??= [...(known.metadata.managedFields ?? [])];
    own(resource, { known, next: draft, by, subresource, at: this.clock.now() });
    const next = nextState(name, known, draft, subresource);
    const problems = problemsOfUpdate(name, next, known, subresource);
    if (problems.length > 0) throw invalid(resource, objectName, problems);
    return this.replace(resource, known, next, by.dryRun);
  }

  /** Changes a copy of the object as it is now and writes it back: never conflicts. */
  modify(
    name: ResourceName,
    where: Where,
    change: (draft: KubeObject) => void,
    by: Writer & { subresource?: Subresource },
  ): StoredObject {
    const draft = copyOf(this.get(name, where)) as KubeObject;
    change(draft);
    return this.update(name, draft, by, by.subresource);
  }

  /**
   * Lays a patch over an object.
   *
   * @throws ApiError 400 (no patch), 404, 409 (the patch names a resourceVersion), 422
   */
  patch(name: ResourceName, where: Where, patch: Patch, by: Writer & { subresource?: Subresource }): StoredObject {
    const known = this.get(name, where);
    const next = patched(copyOf(known) as Fields, patch, strategies[name].type) as KubeObject;
    return this.update(name, { ...next, metadata: { ...next.metadata, ...nameOf(known) } }, by, by.subresource);
  }

  /**
   * Assigns a pod to a node: `spec.nodeName` and `PodScheduled=True` in one write that owns no field, and names no node any longer that was only meant
   * (`k/k:pkg/registry/core/pod/storage/storage.go`, setPodNodeAndMetadata).
   *
   * @throws ApiError 404, 409 when it has a node already or is being deleted
   */
  bind(where: Where, nodeName: string): StoredObject {
    const pods = storedResource('pods');
    const pod = this.get('pods', where);
    const draft = copyOf(pod) as KubeObject;
    const spec = fieldsIn(draft, 'spec');
    const binding = { ...pods, name: 'pods/binding' };
    if (pod.metadata.deletionTimestamp)
      throw conflict(binding, where.name, `pod ${where.name} is being deleted, cannot be assigned to a host`);
    if (spec['nodeName'])
      throw conflict(
        binding,
        where.name,
        `pod ${where.name} is already assigned to node "${textAt(pod, 'spec', 'nodeName')}"`,
      );
    spec['nodeName'] = nodeName;
    const status = fieldsIn(draft, 'status');
    delete status['nominatedNodeName'];
    const conditions = listAt(status, 'conditions');
    const lastTransitionTime = wholeSeconds(this.clock.now());
    const scheduled = { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime };
    const known = conditions.findIndex((condition) => textAt(condition, 'type') === 'PodScheduled');
    status['conditions'] = known < 0 ? [...conditions, scheduled] : conditions.with(known, scheduled);
    return this.replace(pods, pod, draft);
  }

  /**
   * Evicts a pod: `DisruptionTarget`, then the mark of deletion (`k/k:pkg/registry/core/pod/storage/eviction.go`).
   *
   * @throws ApiError 404, 409
   */
  evict(where: Where, options: DeleteOptions = {}): StoredObject {
    const pods = storedResource('pods');
    const known = this.get('pods', where);
    if (known.metadata.deletionTimestamp) return this.delete('pods', where, options).object;
    const draft = copyOf(known) as KubeObject;
    const status = fieldsIn(draft, 'status');
    const disrupted = {
      type: 'DisruptionTarget',
      status: 'True',
      lastProbeTime: null,
      lastTransitionTime: wholeSeconds(this.clock.now()),
      reason: 'EvictionByEvictionAPI',
      message: 'Eviction API: evicting',
    };
    status['conditions'] = [...listAt(status, 'conditions'), disrupted];
    this.replace(pods, known, draft);
    return this.delete('pods', where, options).object;
  }

  /**
   * Deletes an object: at once, or, for pods with a grace period and for all with finalizers, by marking it.
   *
   * @returns the object as it is now, or was at its end
   * @throws ApiError 404, 409 (a precondition does not hold)
   */
  delete(name: ResourceName, where: Where, options: DeleteOptions = {}): { object: StoredObject; removed: boolean } {
    const resource = storedResource(name);
    const known = this.get(name, where);
    if (name === 'namespaces') return this.deleteNamespace(known);
    const plan = planDeletion(resource, copyOf(known) as KubeObject, options, this.clock.now());
    if (plan.kind === 'pending') return { object: known, removed: false };
    if (options.dryRun) return { object: known, removed: plan.kind === 'remove' };
    if (plan.kind === 'remove') return { object: this.remove(resource, known), removed: true };
    const marked = this.write(resource, 'MODIFIED', plan.marked);
    return plan.thenRemove
      ? { object: this.remove(resource, marked), removed: true }
      : { object: marked, removed: false };
  }

  /** Lets a namespace go that is being deleted and whose contents are gone: what the namespace controller does in the end. */
  finalizeNamespace(name: string): void {
    const known = this.get('namespaces', { name });
    if (!known.metadata.deletionTimestamp)
      throw conflict(storedResource('namespaces'), name, 'it is not being deleted');
    this.remove(storedResource('namespaces'), known);
  }

  private deleteNamespace(known: StoredObject): { object: StoredObject; removed: boolean } {
    if (known.metadata.deletionTimestamp) {
      throw conflict(storedResource('namespaces'), known.metadata.name, terminating);
    }
    const draft = copyOf(known) as KubeObject;
    draft.metadata.deletionTimestamp = wholeSeconds(this.clock.now());
    fieldsIn(draft, 'status')['phase'] = 'Terminating';
    return { object: this.write(storedResource('namespaces'), 'MODIFIED', draft), removed: false };
  }

  private identify(resource: Resource, draft: KubeObject): void {
    const { metadata } = draft;
    const now = wholeSeconds(this.clock.now());
    delete draft.apiVersion;
    delete draft.kind;
    if (!metadata.name && metadata.generateName) metadata.name = metadata.generateName + this.identities.suffix();
    if (!resource.namespaced) delete metadata.namespace;
    const isSystem = resource.name === 'namespaces' && metadata.name === 'kube-system';
    metadata.uid = isSystem ? this.clusterUid : this.identities.uuid();
    metadata.creationTimestamp = now;
    for (const field of ['resourceVersion', 'generation', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const) {
      delete metadata[field];
    }
  }

  private requireNamespace(resource: Resource, { metadata }: KubeObject): void {
    if (!resource.namespaced) return;
    const name = metadata.namespace ?? '';
    const namespace = this.get('namespaces', { name });
    if (!isTerminating(namespace)) return;
    const why = `unable to create new content in namespace ${name} because it is being terminated`;
    const cause = {
      reason: 'NamespaceTerminating',
      message: `namespace ${name} is being terminated`,
      field: 'metadata.namespace',
    };
    throw forbidden(resource, metadata.name ?? '', why, [cause]);
  }

  /** Writes what differs. The same object again, but for the time of a field's owner, is no write. */
  private replace(resource: Resource, known: StoredObject, next: KubeObject, dryRun = false): StoredObject {
    if (sameJson(comparable(known), comparable(next))) return known;
    if (isDeletedByUpdate(next)) return this.remove(resource, known, dryRun);
    return this.write(resource, 'MODIFIED', next, dryRun);
  }

  private remove(resource: Resource, known: StoredObject, dryRun = false): StoredObject {
    return this.write(resource, 'DELETED', { ...known, metadata: { ...known.metadata } }, dryRun);
  }

  private write(resource: Resource, type: ChangeType, draft: KubeObject, dryRun = false): StoredObject {
    const key = keyOf(whereOf(draft));
    const name = resource.name as ResourceName;
    if (dryRun) return ordered(draft) as StoredObject;
    draft.metadata.resourceVersion = String(this.revisions.next);
    const object = ordered(name === 'pods' ? orderedPod(draft) : draft) as StoredObject;
    const previous = this.revisions.get(name, key);
    return this.revisions.write({ at: this.clock.now(), resource: name, key, type, object, previous }).object;
  }

  private surroundings(): Surroundings {
    const suffix = () => this.identities.suffix();
    const priorityClass = (name: string) => this.find('priorityclasses', { name });
    return { now: wholeSeconds(this.clock.now()), suffix, serviceAccounts: this.serviceAccounts, priorityClass };
  }
}

const terminating =
  'The system is ensuring all content is removed from this namespace.  Upon completion, this namespace will automatically be purged by the system.';

/** An object without what a write that changes nothing changes all the same. */
function comparable(object: KubeObject | StoredObject): KubeObject {
  const { resourceVersion: _, managedFields, ...metadata } = object.metadata;
  const { apiVersion: _apiVersion, kind: _kind, ...rest } = object;
  const owners = (managedFields ?? []).map(({ time: _time, ...owner }) => owner);
  return { ...rest, metadata: { ...metadata, managedFields: owners as never } };
}
