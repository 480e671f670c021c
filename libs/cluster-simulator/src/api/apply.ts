import { ApiError } from './api-error.js';
import {
  difference,
  fromFieldsV1,
  appliedSet,
  shapeOf,
  withoutFields,
  withoutPaths,
  type FieldSet,
} from './field-sets.js';
import {
  copyOf,
  isFields,
  type Fields,
  type KubeObject,
  type ManagedFieldsEntry,
  type StoredObject,
} from './kube-object.js';
import { entryOf, inOrder, stripped, type FieldWrite } from './managed-fields.js';
import type { ObjectStore } from './object-store.js';
import type { Writer } from './ownership.js';
import type { Where } from './where.js';
import { strategicallyPatched } from './patches.js';
import { fieldSchema } from './field-schema.js';
import { badRequest } from './refusals.js';
import { apiVersionOf, type Resource, type ResourceName } from './resources.js';
import { strategies } from './strategies.js';
import { ownedByStatus, type Subresource } from './updates.js';

/** One server-side apply: what the applier wants, all of it. */
export type Apply = {
  resource: Resource;
  where: Where;
  config: unknown;
  by: Writer & { subresource: Subresource };
  /** Takes fields away from others instead of refusing. */
  force: boolean;
};

/**
 * Applies a configuration: its fields are set and owned, and those that the same applier owned and no longer names are taken away
 * unless somebody else owns them too. Creates the object where there is none.
 *
 * @throws ApiError 400, 409 with every conflict when others own a field with another value, 422
 */
export function applied(store: ObjectStore, { resource, where, config, by, force }: Apply): StoredObject {
  if (!isFields(config)) throw badRequest('error decoding YAML: the configuration is no object');
  const name = resource.name as ResourceName;
  const { type } = strategies[name];
  const wanted = {
    ...copyOf(config),
    metadata: { ...(isFields(config['metadata']) ? config['metadata'] : {}), ...where },
  };
  const owned = withoutFields(
    appliedSet(wanted, shapeOf(type)),
    ...stripped,
    ...ownedByStatus(resource, by.subresource),
  );
  const write: FieldWrite = { ...by, apiVersion: apiVersionOf(resource), operation: 'Apply', at: store.clock.now() };
  const known = store.find(name, where);
  if (!known) return store.create(name, wanted, { ...by, applied: owned });
  const entries = known.metadata.managedFields ?? [];
  const mine = entries.find((entry) => isMine(entry, write));
  const others = entries.filter((entry) => entry !== mine);
  const merged = strategicallyPatched(copyOf(known), wanted, fieldSchema[type] ?? {});
  const { modified } = difference(known, merged, shapeOf(type));
  const disputed = conflicts(others, modified, owned);
  if (disputed.length > 0 && !force) throw refused(disputed);
  const left = others.flatMap((entry) => released(entry, modified));
  const dropped = [...fromFieldsV1(mine?.fieldsV1 ?? {})].filter(
    (path) => !owned.has(path) && !left.some((entry) => fromFieldsV1(entry.fieldsV1).has(path)),
  );
  const next = withoutPaths(merged, dropped) as KubeObject;
  next.metadata.managedFields = inOrder([...left, entryOf(write, owned)]);
  return store.update(name, next, { ...by, applied: owned }, by.subresource);
}

const isMine = (entry: ManagedFieldsEntry, { manager, subresource }: FieldWrite): boolean =>
  entry.operation === 'Apply' && entry.manager === manager && (entry.subresource ?? '') === subresource;

type Dispute = { manager: string; path: string };

const conflicts = (others: ManagedFieldsEntry[], modified: FieldSet, owned: FieldSet): Dispute[] =>
  others.flatMap(({ manager, fieldsV1, operation, apiVersion }) =>
    [...fromFieldsV1(fieldsV1)]
      .filter((path) => modified.has(path) && owned.has(path))
      .map((path) => ({ manager: `"${manager}"${operation === 'Update' ? ` using ${apiVersion}` : ''}`, path })),
  );

function released(entry: ManagedFieldsEntry, modified: FieldSet): ManagedFieldsEntry[] {
  const left = new Set([...fromFieldsV1(entry.fieldsV1)].filter((path) => !modified.has(path)));
  if (left.size === 0) return [];
  return [{ ...entry, fieldsV1: entryOf({ ...entry, subresource: entry.subresource ?? '', at: 0 }, left).fieldsV1 }];
}

/** The 409 that names every field and its owner (`managedfields/internal/conflict.go`). */
function refused(disputed: Dispute[]): ApiError {
  const causes = disputed.map(({ manager, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${manager}`,
    field: readable(path),
  }));
  const count = disputed.length === 1 ? '1 conflict' : `${disputed.length} conflicts`;
  const [first] = disputed;
  const message =
    disputed.length === 1 && first
      ? `Apply failed with 1 conflict: conflict with ${first.manager}: ${readable(first.path)}`
      : `Apply failed with ${count}: conflicts with ${disputed[0]?.manager}:\n${causes.map(({ field }) => `- ${field}`).join('\n')}`;
  return new ApiError({ code: 409, reason: 'Conflict', message, details: { causes } });
}

/** A path as people read it: `.spec.containers[name="app"].image`. */
const readable = (path: string): string =>
  path
    .split('\u0000')
    .map((element) => {
      if (element.startsWith('f:')) return `.${element.slice(2)}`;
      if (element.startsWith('v:')) return `[=${element.slice(2)}]`;
      const keys = JSON.parse(element.slice(2)) as Fields;
      return `[${Object.entries(keys)
        .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
        .join(',')}]`;
    })
    .join('');
