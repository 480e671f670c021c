import { fieldSchema } from './field-schema.js';
import { copyOf, isFields, type Fields } from './kube-object.js';

/** Field paths as a set: each is its elements (`f:spec`, `k:{"name":"app"}`, `v:"x"`) joined by a character that no field has. */
export type FieldSet = Set<string>;

/** What tells two states of an object apart. */
export type Difference = { added: FieldSet; modified: FieldSet; removed: FieldSet };

const joint = '\u0000';

/** How the value under a field merges: as a whole, as a set, by keys, or field by field. */
type Shape =
  | { readonly kind: 'atomic' }
  | { readonly kind: 'set' }
  | { readonly kind: 'keyed'; readonly keys: readonly string[]; readonly item: Shape }
  | { readonly kind: 'struct'; readonly fields: Readonly<Record<string, string>> };

const plain: Shape = { kind: 'struct', fields: {} };

/** The shape of a kind (`Pod`, `apps.v1.Deployment`). */
export const shapeOf = (type: string): Shape => ({ kind: 'struct', fields: fieldSchema[type] ?? {} });

function shapeNamed(reference: string | undefined): Shape {
  if (reference === undefined || reference === '{}') return plain;
  if (reference === '=') return { kind: 'atomic' };
  if (reference === '[]') return { kind: 'set' };
  const keyed = /^\[([^\]]+)\](.*)$/.exec(reference);
  if (!keyed) return shapeOf(reference.replace(/^\{\}/, ''));
  return { kind: 'keyed', keys: (keyed[1] ?? '').split(','), item: shapeNamed(keyed[2] || undefined) };
}

/** What `next` has that `known` has not, the other way round, and what both have with other values. */
export function difference(known: unknown, next: unknown, shape: Shape): Difference {
  const found: Difference = { added: new Set(), modified: new Set(), removed: new Set() };
  compare(known, next, shape, { path: '', found });
  return found;
}

/** The paths that whoever applies an object comes to own: its values and the items of its lists, not what merely holds them. */
export function appliedSet(object: unknown, shape: Shape): FieldSet {
  const set: FieldSet = new Set();
  collect(object, shape, '', set);
  return new Set([...set].filter((path) => isItem(path) || ![...set].some((other) => other.startsWith(path + joint))));
}

const isItem = (path: string): boolean => !(path.split(joint).at(-1) ?? '').startsWith('f:');

type Place = { readonly path: string; readonly found: Difference };

const below = (place: Place, element: string): Place => ({
  ...place,
  path: place.path ? `${place.path}${joint}${element}` : element,
});

function compare(known: unknown, next: unknown, shape: Shape, place: Place): void {
  if (next === undefined) return collect(known, shape, place.path, place.found.removed);
  if (known === undefined) return collect(next, shape, place.path, place.found.added);
  const before = elements(known ?? (Array.isArray(next) ? [] : {}), shape);
  const after = elements(next, shape);
  if (!before || !after) {
    if (!same(known, next)) place.found.modified.add(place.path);
    return;
  }
  for (const [element, [value, inner]] of after) compare(before.get(element)?.[0], value, inner, below(place, element));
  for (const [element, [value, inner]] of before) {
    if (!after.has(element)) compare(value, undefined, inner, below(place, element));
  }
}

/** Adds the paths of a value and of all that is in it. */
function collect(value: unknown, shape: Shape, path: string, into: FieldSet): void {
  if (path) into.add(path);
  for (const [element, [child, inner]] of elements(value, shape) ?? []) {
    collect(child, inner, path ? `${path}${joint}${element}` : element, into);
  }
}

/** The parts of a value that have owners of their own; none where it is owned as a whole. */
function elements(value: unknown, shape: Shape): Map<string, [unknown, Shape]> | undefined {
  if (Array.isArray(value)) return listElements(value, shape);
  if (!isFields(value) || shape.kind !== 'struct') return undefined;
  return new Map(Object.keys(value).map((name) => [`f:${name}`, [value[name], shapeNamed(shape.fields[name])]]));
}

function listElements(list: unknown[], shape: Shape): Map<string, [unknown, Shape]> | undefined {
  if (shape.kind === 'set')
    return new Map(list.map((item) => [`v:${JSON.stringify(item)}`, [item, { kind: 'atomic' }]]));
  if (shape.kind !== 'keyed') return undefined;
  return new Map(list.map((item) => [keyElement(item, shape.keys), [item, shape.item]]));
}

/** An item's name in a list: its keys in the order of the alphabet. A port without a protocol is a TCP port. */
function keyElement(item: unknown, keys: readonly string[]): string {
  const fields = isFields(item) ? item : {};
  const key: Fields = {};
  for (const name of keys.toSorted()) key[name] = fields[name] ?? (name === 'protocol' ? 'TCP' : '');
  return `k:${JSON.stringify(key)}`;
}

function same(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => same(item, other[index]));
  }
  if (!isFields(one) || !isFields(other)) return false;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length && names.every((name) => name in other && same(one[name], other[name]))
  );
}

/** Whether two JSON values say the same, whatever the order of their fields. */
export const sameJson: (one: unknown, other: unknown) => boolean = same;

/** The set without all that lies at or under these paths of fields: `without(set, ['status'])`. */
export function withoutFields(set: FieldSet, ...fields: readonly (readonly string[])[]): FieldSet {
  const stems = fields.map((path) => path.map((name) => `f:${name}`).join(joint));
  return new Set([...set].filter((path) => !stems.some((stem) => path === stem || path.startsWith(stem + joint))));
}

/** A copy of an object without what is at these paths. */
export function withoutPaths(object: Fields, paths: readonly string[]): Fields {
  const copy = copyOf(object);
  for (const path of paths.toSorted((one, other) => other.length - one.length)) removeAt(copy, path.split(joint));
  return copy;
}

function removeAt(value: unknown, [element = '', ...rest]: string[]): void {
  if (isFields(value)) {
    const name = element.slice(2);
    if (rest.length > 0) removeAt(value[name], rest);
    else delete value[name];
  } else if (Array.isArray(value)) {
    const index = value.findIndex((item) => isNamedBy(item, element));
    if (index >= 0 && rest.length > 0) removeAt(value[index], rest);
    else if (index >= 0) value.splice(index, 1);
  }
}

function isNamedBy(item: unknown, element: string): boolean {
  const wanted: unknown = JSON.parse(element.slice(2));
  if (element.startsWith('v:')) return same(item, wanted);
  return (
    isFields(item) &&
    isFields(wanted) &&
    Object.entries(wanted).every(([key, value]) => same(item[key] ?? 'TCP', value))
  );
}

/** A set in the form of `fieldsV1`: nested by element, in the order of the alphabet. */
export function toFieldsV1(set: FieldSet): Fields {
  const root: Fields = {};
  for (const path of [...set].toSorted(byElements)) {
    let node = root;
    for (const element of path.split(joint)) {
      const child = isFields(node[element]) ? node[element] : {};
      node[element] = child;
      node = child;
    }
    node['.'] = {};
  }
  return withoutLoneDots(root);
}

const byElements = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

function withoutLoneDots(node: Fields): Fields {
  const names = Object.keys(node);
  if (names.length === 1 && names[0] === '.') return {};
  const sorted: Fields = {};
  for (const name of names.toSorted()) {
    const child = node[name];
    sorted[name] = name === '.' || !isFields(child) ? {} : withoutLoneDots(child);
  }
  return sorted;
}

/** The set that a `fieldsV1` means. */
export function fromFieldsV1(fields: Fields): FieldSet {
  const set: FieldSet = new Set();
  const visit = (node: Fields, path: string) => {
    const names = Object.keys(node);
    if (path && (names.length === 0 || '.' in node)) set.add(path);
    for (const name of names) {
      const child = node[name];
      if (name !== '.' && isFields(child)) visit(child, path ? `${path}${joint}${name}` : name);
    }
  };
  visit(fields, '');
  return set;
}
