/** What two readings of one pod say differently, field by field. Pure. */

/** One field: where it stands, what is told of it, and what the other rules tell. Null also where one of the two does not have it. */
export type FieldDifference = Readonly<{ path: string; from: unknown; to: unknown }>;

type Plain = Readonly<Record<string, unknown>>;

/** By what the elements of a list are known, so that one more in front does not make all the others different. */
const identities = ['containerId', 'name', 'number', 'id', 'phase'] as const;

/** The fields in which `to` differs from `from`, in the order in which they are told. */
export function differences(from: unknown, to: unknown, path = ''): readonly FieldDifference[] {
  if (isList(from) && isList(to)) return listDifferences(from, to, path);
  if (isPlain(from) && isPlain(to)) {
    const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])];
    return keys.flatMap((key) => differences(of(from, key), of(to, key), path === '' ? key : `${path}.${key}`));
  }
  const [before, after] = [from ?? null, to ?? null];
  return Object.is(before, after) || JSON.stringify(before) === JSON.stringify(after)
    ? []
    : [{ path, from: before, to: after }];
}

/** A path without the names of what is in lists: what differences of many pods are counted by. */
export const withoutNames = (path: string): string => path.replaceAll(/\[[^\]]*\]/g, '[]');

function listDifferences(from: readonly unknown[], to: readonly unknown[], path: string): readonly FieldDifference[] {
  const identity = identities.find((key) => isKnownBy(from, key) && isKnownBy(to, key));
  const [before, after] = [named(from, identity), named(to, identity)];
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names.flatMap((name) => differences(before.get(name), after.get(name), `${path}[${name}]`));
}

function isKnownBy(list: readonly unknown[], key: string): boolean {
  const names = list.map((element) => (isPlain(element) ? element[key] : undefined));
  return (
    names.every((name) => typeof name === 'string' || typeof name === 'number') && new Set(names).size === list.length
  );
}

function named(list: readonly unknown[], identity: string | undefined): ReadonlyMap<string, unknown> {
  return new Map(
    list.map((element, index) => [
      identity !== undefined && isPlain(element) ? String(element[identity]) : String(index),
      element,
    ]),
  );
}

const of = (record: Plain, key: string): unknown => (Object.hasOwn(record, key) ? record[key] : undefined);

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
