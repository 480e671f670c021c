import {
  difference,
  fromFieldsV1,
  shapeOf,
  toFieldsV1,
  withoutFields,
  type Difference,
  type FieldSet,
} from './field-sets.js';
import type { Fields, KubeObject, ManagedFieldsEntry } from './kube-object.js';
import { wholeSeconds } from './kube-object.js';

/** Who writes, and through which part of the API. */
export type FieldWrite = {
  manager: string;
  operation: 'Update' | 'Apply';
  apiVersion: string;
  /** `status` and the like; empty for the object itself. */
  subresource: string;
  at: number;
};

/** The ten newest updaters are kept apart, the rest is put together under this name. */
const maxUpdaters = 10;
const ancientChanges = 'ancient-changes';

/** Fields that have no owner, because the server alone writes them. */
const unowned = [
  'name',
  'namespace',
  'creationTimestamp',
  'uid',
  'generation',
  'managedFields',
  'resourceVersion',
  'selfLink',
];
/** Paths that never have an owner. */
export const stripped = [['apiVersion'], ['kind'], ...unowned.map((name) => ['metadata', name])];

/**
 * The `managedFields` after a write, by the rules of structured-merge-diff: the writer owns what it added or changed,
 * nobody else does any longer, and what is gone has no owner.
 *
 * @param known the object before, or what an empty one of its kind looks like
 * @param reset fields that this part of the API does not write, so that nobody comes to own them through it
 */
export function managedAfterUpdate(
  known: KubeObject | Fields,
  next: KubeObject,
  write: FieldWrite & { type: string; reset: readonly (readonly string[])[] },
): ManagedFieldsEntry[] {
  const changes = difference(known, next, shapeOf(write.type));
  const taken = withoutFields(new Set([...changes.added, ...changes.modified]), ...stripped, ...write.reset);
  const entries = (next.metadata.managedFields ?? []).flatMap((entry) => reduced(entry, changes, taken));
  if (taken.size === 0) return entries;
  return capped(inOrder(withShare(entries, taken, write)));
}

/** What is left of an entry once others wrote its fields: itself where that is all, nothing where none is left. */
function reduced(entry: ManagedFieldsEntry, { removed }: Difference, taken: FieldSet): ManagedFieldsEntry[] {
  const owned = fromFieldsV1(entry.fieldsV1);
  const left = new Set([...owned].filter((path) => !removed.has(path) && !taken.has(path)));
  if (left.size === owned.size) return [entry];
  return left.size === 0 && owned.size > 0 ? [] : [{ ...entry, fieldsV1: toFieldsV1(left) }];
}

/** The writer's own entry, with what it just took added. */
function withShare(entries: ManagedFieldsEntry[], taken: FieldSet, write: FieldWrite): ManagedFieldsEntry[] {
  const mine = (entry: ManagedFieldsEntry) =>
    entry.manager === write.manager &&
    entry.operation === write.operation &&
    entry.apiVersion === write.apiVersion &&
    (entry.subresource ?? '') === write.subresource;
  const known = entries.find(mine);
  const owned = known ? new Set([...fromFieldsV1(known.fieldsV1), ...taken]) : taken;
  return [...entries.filter((entry) => entry !== known), entryOf(write, owned)];
}

/** An entry of `managedFields` as the API writes it. */
export const entryOf = (write: FieldWrite, owned: FieldSet): ManagedFieldsEntry => ({
  manager: write.manager,
  operation: write.operation,
  apiVersion: write.apiVersion,
  time: wholeSeconds(write.at),
  fieldsType: 'FieldsV1',
  fieldsV1: toFieldsV1(owned),
  ...(write.subresource && { subresource: write.subresource }),
});

/** Appliers come first, then the oldest, then by name (`managedfields/internal/managedfields.go`, sortEncodedManagedFields). */
export const inOrder = (entries: ManagedFieldsEntry[]): ManagedFieldsEntry[] =>
  entries.toSorted(
    (a, b) =>
      compareText(a.operation, b.operation) ||
      compareText(a.time, b.time) ||
      compareText(a.manager, b.manager) ||
      compareText(a.apiVersion, b.apiVersion) ||
      compareText(a.subresource ?? '', b.subresource ?? ''),
  );

const compareText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

function capped(entries: ManagedFieldsEntry[]): ManagedFieldsEntry[] {
  const updaters = entries.filter(({ operation }) => operation === 'Update');
  const surplus = updaters.slice(0, Math.max(0, updaters.length - maxUpdaters + 1));
  if (updaters.length <= maxUpdaters) return entries;
  const merged = new Map<string, ManagedFieldsEntry>();
  for (const entry of surplus) {
    const share = merged.get(entry.apiVersion);
    const owned = new Set([...fromFieldsV1(share?.fieldsV1 ?? {}), ...fromFieldsV1(entry.fieldsV1)]);
    merged.set(entry.apiVersion, { ...entry, manager: ancientChanges, fieldsV1: toFieldsV1(owned) });
  }
  return inOrder([...entries.filter((entry) => !surplus.includes(entry)), ...merged.values()]);
}
