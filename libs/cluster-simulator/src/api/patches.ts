import { badRequest } from './refusals.js';
import { ApiError } from './api-error.js';
import { fieldSchema } from './field-schema.js';
import { sameJson } from './field-sets.js';
import { copyOf, isFields, type Fields } from './kube-object.js';

/** The forms of patches that change fields one by one. `apply` is merged by owners, in `apply.ts`. */
export type PatchType = 'json' | 'merge' | 'strategic';

/** A patch and its form. */
export type Patch = { type: PatchType; body: unknown };

/**
 * The object with the patch laid over it; what is given stays as it was.
 *
 * @param type the kind's name in the schema, for lists that merge by key
 * @throws ApiError 400 or 422 when the patch is no patch, or does not fit
 */
export function patched(object: Fields, { type, body }: Patch, kind: string): Fields {
  if (type === 'json') return jsonPatched(object, body);
  if (!isFields(body)) throw badRequest(type === 'merge' ? `error decoding patch: ${notAMap}` : notAMap);
  return type === 'merge' ? mergePatched(object, body) : strategicallyPatched(object, body, fieldSchema[kind] ?? {});
}

const notAMap = 'json: cannot unmarshal array into Go value of type map[string]interface {}';

/** RFC 7386: fields replace, null removes. */
export function mergePatched(target: unknown, patch: Fields): Fields {
  const result: Fields = isFields(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = isFields(value) ? mergePatched(result[name], value) : value;
  }
  return result;
}

type Types = Readonly<Record<string, string>>;

/** Lists of these fields merge although server-side apply treats them as one value: their Go tags say so (`k/k:core/v1/types.go`). */
const mergedAnyway: Types = { hostIPs: '[ip]' };

/** Kubernetes' own merge: lists of named things merge by name, `$patch` and its like direct it. */
export function strategicallyPatched(target: unknown, patch: Fields, types: Types): Fields {
  if (patch['$patch'] === 'replace') return withoutDirectives(patch);
  if (patch['$patch'] === 'delete') return {};
  const result: Fields = isFields(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (name.startsWith('$')) continue;
    if (value === null) delete result[name];
    else result[name] = mergedField(result[name], value, { patch, name, type: mergedAnyway[name] ?? types[name] });
  }
  applyListDirectives(result, patch);
  retainKeys(result, patch);
  return result;
}

type FieldPatch = { patch: Fields; name: string; type: string | undefined };

function mergedField(known: unknown, value: unknown, { patch, name, type }: FieldPatch): unknown {
  if (isFields(value)) return strategicallyPatched(known, value, fieldSchema[(type ?? '').replace(/^\{\}/, '')] ?? {});
  if (!Array.isArray(value)) return value;
  const order = patch[`$setElementOrder/${name}`];
  const before = asList(known);
  const places = Array.isArray(order) ? order : value;
  if (type === '[]') return inOrderOf([...new Set([...before, ...value])], places, before, (item) => item);
  const keyed = /^\[([^\],]+)[^\]]*\](.*)$/.exec(type ?? '');
  if (!keyed) return value;
  const key = keyed[1] ?? '';
  const merged = mergedList(before, value, { key, types: fieldSchema[keyed[2] ?? ''] ?? {} });
  const named = (item: unknown) => (isFields(item) ? item[key] : item);
  return isReplaced(value) ? merged : inOrderOf(merged, places, before, named);
}

type ListPatch = { key: string; types: Types };

const isReplaced = (patch: unknown[]): boolean => patch.some((item) => isFields(item) && item['$patch'] === 'replace');

function mergedList(known: unknown[], patch: unknown[], { key, types }: ListPatch): unknown[] {
  if (isReplaced(patch)) {
    return patch.filter((item) => !isFields(item) || item['$patch'] !== 'replace');
  }
  const merged = known.map((item) => item);
  const named = (item: unknown) => (isFields(item) ? item[key] : undefined);
  for (const item of patch) {
    if (!isFields(item)) continue;
    const name = named(item);
    if (name === undefined) throw withoutKey(item, key);
    const index = merged.findIndex((other) => named(other) === name);
    if (item['$patch'] === 'delete') merged.splice(index, index < 0 ? 0 : 1);
    else if (index < 0) merged.push(strategicallyPatched({}, item, types));
    else merged[index] = strategicallyPatched(merged[index], item, types);
  }
  return merged;
}

/**
 * The order of a merged list: what the patch names (in `$setElementOrder`, or by patching it) in the patch's order, the rest in the order it had;
 * of the two that come next, the one that stood first before, and the patch's where one of them is new (`strategicpatch`, mergeSortedSlice).
 */
function inOrderOf(
  merged: unknown[],
  order: readonly unknown[],
  before: readonly unknown[],
  named: (item: unknown) => unknown,
): unknown[] {
  const places = order.map(named);
  const mentioned = places.flatMap((name) => merged.find((item) => named(item) === name) ?? []);
  const rest = merged.filter((item) => !places.includes(named(item)));
  const known = before.map(named);
  const sorted: unknown[] = [];
  while (mentioned.length > 0 && rest.length > 0) {
    const mine = known.indexOf(named(rest[0]));
    const theirs = known.indexOf(named(mentioned[0]));
    const restFirst = mine >= 0 && theirs >= 0 && mine < theirs;
    sorted.push((restFirst ? rest : mentioned).shift());
  }
  return [...sorted, ...mentioned, ...rest];
}

function applyListDirectives(result: Fields, patch: Fields): void {
  for (const [directive, values] of Object.entries(patch)) {
    const name = /^\$deleteFromPrimitiveList\/(.+)$/.exec(directive)?.[1];
    if (!name || !Array.isArray(values)) continue;
    result[name] = asList(result[name]).filter((item) => !values.includes(item));
  }
}

function retainKeys(result: Fields, patch: Fields): void {
  const kept = patch['$retainKeys'];
  if (!Array.isArray(kept)) return;
  for (const name of Object.keys(result)) if (!kept.includes(name)) delete result[name];
}

function withoutDirectives(patch: Fields): Fields {
  return Object.fromEntries(Object.entries(patch).filter(([name]) => !name.startsWith('$')));
}

const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
/** 500: what the server makes of an item that says no name. */
const withoutKey = (item: Fields, key: string): ApiError =>
  new ApiError({ code: 500, reason: '', message: `map: ${goMap(item)} does not contain declared merge key: ${key}` });

const goMap = (item: Fields): string =>
  `map[${Object.keys(item)
    .toSorted()
    .map((name) => `${name}:${String(item[name])}`)
    .join(' ')}]`;

type Operation = { op: string; path: string; from?: string; value?: unknown };

/** RFC 6902. */
function jsonPatched(object: Fields, body: unknown): Fields {
  if (!Array.isArray(body))
    throw badRequest(
      'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
    );
  const root = { object: copyOf(object) as unknown };
  for (const operation of body as Operation[]) perform(root, operation);
  if (!isFields(root.object)) throw badRequest('the patch leaves no object');
  return root.object;
}

type Root = { object: unknown };

function perform(root: Root, { op, path, from, value }: Operation): void {
  switch (op) {
    case 'add':
      return put(root, path, copyOf(value), 'insert');
    case 'replace':
      read(root, path, op);
      return put(root, path, copyOf(value), 'replace');
    case 'remove':
      return void remove(root, path);
    case 'move':
      return put(root, path, remove(root, from ?? ''), 'insert');
    case 'copy':
      return put(root, path, copyOf(read(root, from ?? '', op)), 'insert');
    case 'test':
      if (sameJson(read(root, path, op) ?? null, value ?? null)) return;
      throw unprocessable();
    default:
      throw badRequest(`Unexpected kind: ${op}`);
  }
}

const steps = (path: string): string[] =>
  path
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));

function parentOf(root: Root, path: string): [unknown, string] {
  const all = steps(path);
  const last = all.pop();
  if (last === undefined) return [root, 'object'];
  const parent = all.reduce<unknown>(
    (value, step) => (isFields(value) || Array.isArray(value) ? childOf(value, step) : undefined),
    root.object,
  );
  if (!isFields(parent) && !Array.isArray(parent)) throw unprocessable();
  return [parent, last];
}

const childOf = (value: Fields | unknown[], step: string): unknown =>
  Array.isArray(value) ? value[Number(step)] : value[step];

function read(root: Root, path: string, op: string): unknown {
  const [parent, step] = parentOf(root, path);
  const held = parent as Fields | unknown[];
  const missing = Array.isArray(held) ? !(Number(step) < held.length) : !(step in held);
  if (missing && op !== 'test') throw unprocessable();
  return childOf(held, step);
}

function put(root: Root, path: string, value: unknown, how: 'insert' | 'replace'): void {
  const [parent, step] = parentOf(root, path);
  if (!Array.isArray(parent)) {
    (parent as Fields)[step] = value;
    return;
  }
  const index = step === '-' ? parent.length : Number(step);
  if (!Number.isInteger(index) || index > parent.length) throw unprocessable();
  parent.splice(index, how === 'replace' ? 1 : 0, value);
}

function remove(root: Root, path: string): unknown {
  const removed = read(root, path, 'remove');
  const [parent, step] = parentOf(root, path);
  if (Array.isArray(parent)) parent.splice(Number(step), 1);
  else delete (parent as Fields)[step];
  return removed;
}

/** 422 as the server words a patch that does not fit the object: it does not say why. */
const unprocessable = (): ApiError =>
  new ApiError({
    code: 422,
    reason: 'Invalid',
    message: 'the server rejected our request due to an error in our request',
    details: {},
  });
