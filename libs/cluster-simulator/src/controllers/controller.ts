import type { Clock } from '../api/clock.js';
import type { Fields, KubeObject, OwnerReference, StoredObject } from '../api/kube-object.js';
import { copyOf, fieldAt, isFields, textAt } from '../api/kube-object.js';
import type { ResourceName } from '../api/resources.js';
import { typeOf, type Change, type Store } from '../kubelet/store.js';

/** Who the controllers are to the API server. */
export const byControllers = { manager: 'kube-controller-manager' } as const;

/** What every controller has. */
export type Tools = Readonly<{ store: Store; clock: Clock }>;

const settleMs = 6;

/** Calls `reconcile` for an object a moment after anything about it changed, once for all changes in that moment. */
export class WorkQueue {
  private readonly waiting = new Set<string>();

  constructor(
    private readonly tools: Tools,
    private readonly resource: ResourceName,
    private readonly reconcile: (object: StoredObject) => void,
  ) {}

  add(namespace: string, name: string): void {
    const key = `${namespace}/${name}`;
    if (this.waiting.has(key)) return;
    this.waiting.add(key);
    this.tools.clock.after(settleMs, () => {
      this.waiting.delete(key);
      const object = this.tools.store.get(this.resource, { namespace, name });
      if (object && object.metadata.deletionTimestamp === undefined) this.reconcile(object);
    });
  }

  /** Takes up a change of the object itself, or of one that it owns. */
  onChange({ type, resource, object }: Change, kind: string): void {
    const { namespace = '', name } = object.metadata;
    if (resource === this.resource) {
      if (type !== 'DELETED') this.add(namespace, name);
      return;
    }
    const owner = controllerOf(object);
    if (owner?.kind === kind) this.add(namespace, owner.name);
  }
}

export const controllerOf = ({ metadata }: StoredObject): OwnerReference | undefined =>
  metadata.ownerReferences?.find(({ controller }) => controller);

export const ownerReference = (resource: ResourceName, { metadata: { name, uid } }: StoredObject): OwnerReference => ({
  apiVersion: typeOf(resource).apiVersion,
  kind: typeOf(resource).kind,
  name,
  uid,
  controller: true,
  blockOwnerDeletion: true,
});

/** The objects of `resource` that `owner` controls, oldest first. */
export const ownedBy = (store: Store, owner: StoredObject, resource: ResourceName): StoredObject[] =>
  store.list(resource, owner.metadata.namespace).filter((one) => controllerOf(one)?.uid === owner.metadata.uid);

export const isActive = (pod: StoredObject): boolean =>
  pod.metadata.deletionTimestamp === undefined && !['Failed', 'Succeeded'].includes(textAt(pod, 'status', 'phase'));

export const isPodReady = (pod: StoredObject): boolean => {
  const conditions = fieldAt(pod, 'status', 'conditions');
  return (
    Array.isArray(conditions) &&
    conditions.some((one) => textAt(one, 'type') === 'Ready' && textAt(one, 'status') === 'True')
  );
};

export const numberAt = (object: unknown, otherwise: number, ...path: string[]): number => {
  const value = fieldAt(object, ...path);
  return typeof value === 'number' ? value : otherwise;
};

const labelsOf = (template: unknown): Record<string, string> => {
  const labels = fieldAt(template, 'metadata', 'labels');
  return isFields(labels) ? (labels as Record<string, string>) : {};
};

/** What a pod is called, and the labels it has beside its template's. */
export type PodNaming = Readonly<{ labels?: Record<string, string> } & ({ name: string } | { generateName: string })>;

/** A pod made from its owner's template. */
export function podFrom(owner: StoredObject, resource: ResourceName, { labels = {}, ...name }: PodNaming): KubeObject {
  const template = fieldAt(owner, 'spec', 'template');
  const spec = fieldAt(template, 'spec');
  const annotations = fieldAt(template, 'metadata', 'annotations');
  return {
    metadata: {
      ...name,
      namespace: owner.metadata.namespace ?? '',
      labels: { ...labelsOf(template), ...labels },
      ...(isFields(annotations) ? { annotations: annotations as Record<string, string> } : {}),
      ownerReferences: [ownerReference(resource, owner)],
    },
    spec: copyOf<Fields>(isFields(spec) ? spec : {}),
  };
}
