import type { Clock } from '../api/clock.js';
import type { ObjectStore } from '../api/object-store.js';
import type { ResourceName } from '../api/resources.js';
import type { Change, Store } from '../kubelet/store.js';

const owned: readonly ResourceName[] = ['pods', 'replicasets', 'jobs'];
const held: readonly ResourceName[] = [
  'deployments',
  'statefulsets',
  'daemonsets',
  'cronjobs',
  'jobs',
  'replicasets',
  'pods',
  'services',
  'configmaps',
  'secrets',
  'events',
];
const askAgainMs = 1000;

/** Removes what nothing keeps any more: what deleted objects owned, the contents of namespaces that are being deleted. */
export class GarbageCollector {
  constructor(
    private readonly store: Store,
    private readonly objects: ObjectStore,
    private readonly clock: Clock,
  ) {}

  onChange({ type, resource, object }: Change): void {
    const { uid, namespace, name, deletionTimestamp } = object.metadata;
    if (resource === 'namespaces') {
      if (type === 'MODIFIED' && deletionTimestamp !== undefined) this.empty(name);
      return;
    }
    if (type !== 'DELETED' || resource === 'events') return;
    for (const kind of owned) {
      for (const { metadata } of this.store.list(kind, namespace)) {
        if (metadata.ownerReferences?.some((owner) => owner.uid === uid))
          this.store.delete(kind, { namespace: namespace ?? '', name: metadata.name });
      }
    }
  }

  private empty(namespace: string): void {
    let left = 0;
    for (const kind of held) {
      for (const { metadata } of this.store.list(kind, namespace)) {
        this.store.delete(kind, { namespace, name: metadata.name });
        left++;
      }
    }
    if (left > 0) this.clock.after(askAgainMs, () => this.empty(namespace));
    else if (this.objects.find('namespaces', { name: namespace })?.metadata.deletionTimestamp)
      this.objects.finalizeNamespace(namespace);
  }
}
