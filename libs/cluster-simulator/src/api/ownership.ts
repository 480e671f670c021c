/** Whose a field is after a write: `metadata.managedFields`. */
import { toGroupedEvent } from './events.js';
import type { Fields, KubeObject, ManagedFieldsEntry } from './kube-object.js';
import { entryOf, managedAfterUpdate } from './managed-fields.js';
import { apiVersionOf, type Resource, type ResourceName } from './resources.js';
import { strategies } from './strategies.js';
import { ownedByStatus, type Subresource } from './updates.js';

/** Who writes: the name that `managedFields` shows. */
export type Writer = {
  manager: string;
  /** The API version that the writer speaks, where it is not the stored one: `events.k8s.io/v1`. */
  apiVersion?: string;
  /** Looks only: all rules hold, nothing is stored. */
  dryRun?: boolean;
  /** The fields that server-side apply gives to the writer; the caller has settled whose the others are. */
  applied?: ReadonlySet<string>;
};

/** One write, as far as the owners of fields are concerned; `at` in epoch milliseconds. */
export type Ownership = { known: Fields; next: KubeObject; by: Writer; subresource: Subresource; at: number };

/** Writes into `next` whose its fields are. */
export function own(resource: Resource, write: Ownership): void {
  const { next } = write;
  const managed = write.by.applied ? appliedFields(resource, write) : updatedFields(resource, write);
  if (managed.length > 0) next.metadata.managedFields = managed;
  else delete next.metadata.managedFields;
}

function updatedFields(resource: Resource, { known, next, by, subresource, at }: Ownership): ManagedFieldsEntry[] {
  const apiVersion = by.apiVersion ?? apiVersionOf(resource);
  const grouped = apiVersion === 'events.k8s.io/v1';
  const shown = (object: Fields) => (grouped ? toGroupedEvent(object) : object);
  return managedAfterUpdate(shown(known), shown(next) as KubeObject, {
    manager: by.manager,
    operation: 'Update',
    apiVersion,
    subresource,
    at,
    type: grouped ? 'events.v1.Event' : strategies[resource.name as ResourceName].type,
    reset: ownedByStatus(resource, subresource),
  });
}

/** A new object that is applied has one owner; for one that was there, the caller settled it. */
function appliedFields(resource: Resource, { next, by, subresource, at }: Ownership): ManagedFieldsEntry[] {
  const settled = next.metadata.managedFields ?? [];
  if (settled.length > 0 || !by.applied) return settled;
  const write = { manager: by.manager, apiVersion: apiVersionOf(resource), subresource, at };
  return [entryOf({ ...write, operation: 'Apply' }, new Set(by.applied))];
}
