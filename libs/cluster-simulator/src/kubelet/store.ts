import { ApiError } from '../api/api-error.js';
import type { Fields, KubeObject, StoredObject } from '../api/kube-object.js';
import type { ObjectStore } from '../api/object-store.js';
import { apiVersionOf, storedResource, type ResourceName } from '../api/resources.js';

/** Who writes: what `metadata.managedFields` will say. `apiVersion` where it is not the resource's own (the scheduler writes events as `events.k8s.io/v1`). */
export type Writer = Readonly<{ manager: string; apiVersion?: string }>;

/** One write, as every watcher sees it. */
export type Change = Readonly<{ type: 'ADDED' | 'MODIFIED' | 'DELETED'; resource: ResourceName; object: StoredObject }>;

/** An object to be edited in place. */
export type Draft = KubeObject & { spec?: Fields; status?: Fields };

/** Where an object is. `namespace` is empty for what has none. */
export type At = Readonly<{ namespace: string; name: string }>;

/** What kubelets, the scheduler and the controllers need of the API server. Objects handed out are shared: never change them. */
export type Store = Readonly<{
  /** Fills in what defaulting and admission do: uid, name from generateName, a pod's token volume, tolerations, … `undefined` where it is refused. */
  create(resource: ResourceName, object: KubeObject, by: Writer): StoredObject | undefined;
  get(resource: ResourceName, at: At): StoredObject | undefined;
  list(resource: ResourceName, namespace?: string): readonly StoredObject[];
  /** Writes spec and metadata as `change` leaves a copy of them; `generation` rises with spec. No change, no write. `undefined` if it is not there. */
  update(resource: ResourceName, at: At, change: (draft: Draft) => void, by: Writer): StoredObject | undefined;
  /** The same for the `status` subresource: only `status` counts. */
  updateStatus(resource: ResourceName, at: At, change: (draft: Draft) => void, by: Writer): StoredObject | undefined;
  /** The same for the `ephemeralcontainers` subresource of a pod. */
  addEphemeral(at: At, change: (draft: Draft) => void, by: Writer): StoredObject | undefined;
  /** The same for the `resize` subresource of a pod: only the resources of its containers count. */
  resize(at: At, change: (draft: Draft) => void, by: Writer): StoredObject | undefined;
  /** Marks a scheduled pod with its grace, or ends it: grace 0 is a MODIFIED of its own before DELETED if more was granted. */
  delete(resource: ResourceName, at: At, options?: Readonly<{ gracePeriodSeconds?: number }>): void;
  /** The binding subresource: `nodeName` and `PodScheduled` in one write. */
  bind(at: At, node: string): void;
  /** The eviction subresource: `DisruptionTarget`, then the mark. */
  evict(at: At): void;
  /** Tells of every change, in order, after it was made. Returns the way to stop. */
  listen(listener: (change: Change) => void): () => void;
}>;

/** Under what kind and version objects of a resource are named by others. */
export function typeOf(resource: ResourceName): { kind: string; apiVersion: string } {
  const stored = storedResource(resource);
  return { kind: stored.kind, apiVersion: apiVersionOf(stored) };
}

const whereOf = ({ namespace, name }: At): { namespace?: string; name: string } =>
  namespace ? { namespace, name } : { name };

/** What `act` gives, or `undefined` where the API server refuses: the object went, or its namespace does. A client would log that and go on. */
function unlessRefused<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (refusal) {
    if (refusal instanceof ApiError) return undefined;
    throw refusal;
  }
}

const hearAfterMs = 1;

/** The store as kubelets and controllers see it. They hear of a write a moment after it, in order, as a watch would tell them. */
export function storeFor(objects: ObjectStore): Store {
  return {
    create: (resource, object, by) => unlessRefused(() => objects.create(resource, object, by)),
    get: (resource, at) => objects.find(resource, whereOf(at)),
    list: (resource, namespace) => objects.list(resource, namespace),
    update: (resource, at, change, by) => unlessRefused(() => objects.modify(resource, whereOf(at), change, by)),
    updateStatus: (resource, at, change, by) =>
      unlessRefused(() => objects.modify(resource, whereOf(at), change, { ...by, subresource: 'status' })),
    addEphemeral: (at, change, by) =>
      unlessRefused(() => objects.modify('pods', whereOf(at), change, { ...by, subresource: 'ephemeralcontainers' })),
    resize: (at, change, by) =>
      unlessRefused(() => objects.modify('pods', whereOf(at), change, { ...by, subresource: 'resize' })),
    delete: (resource, at, options) => void unlessRefused(() => objects.delete(resource, whereOf(at), options)),
    bind: (at, node) => void unlessRefused(() => objects.bind(whereOf(at), node)),
    evict: (at) => void unlessRefused(() => objects.evict(whereOf(at))),
    listen: (listener) => {
      let stopped = false;
      const stop = objects.watchAll((change) =>
        objects.clock.after(hearAfterMs, () => void (stopped || listener(change))),
      );
      return () => {
        stopped = true;
        stop();
      };
    },
  };
}
