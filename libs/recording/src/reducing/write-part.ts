import { canonical, clean, isObject, objectText, quoted, scalarText, type JsonObject } from './canonical.js';
import type { How } from './kept-paths.js';
import type { Masking } from './masking.js';
import type { PathNode } from './path-tree.js';

/**
 * Writes what is kept of a value as canonical JSON text: the tree says what, the masking how.
 * Undefined where nothing is kept. A value of another shape than its path has is unknown.
 */
export function writePart(node: PathNode, value: unknown, masking: Masking): string | undefined {
  if (value === null || value === undefined || node.how === 'dropped' || node.how === 'aside') return undefined;
  if (node.split === 'apart') return undefined;
  if (node.item) {
    if (Array.isArray(value)) return listText(node, node.item, value, masking);
    return node.item.how === 'command' && isMasked(value) ? canonical(value) : unknown(node, value, masking);
  }
  if (node.isMap) return isObject(value) ? mapText(node, value, masking) : unknown(node, value, masking);
  if (node.how !== undefined) return leafText(node, node.how, value, { masking, name: '' });
  return isObject(value) ? membersText(node, value, masking) : unknown(node, value, masking);
}

/**
 * What a recording with secrets masked says in place of a value: it stays as it is, so that recording it again gives the same. An API
 * server says nothing like it, for where something is masked its schemas have strings, or lists of them.
 */
function isMasked(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { masked, targets, ...others } = value;
  const isDigest = typeof masked === 'string' && masked.startsWith('hmac:');
  return isDigest && (targets === undefined || Array.isArray(targets)) && Object.keys(others).length === 0;
}

/** The name of an item of a list: of a container, a condition, a volume. */
function nameOf(item: unknown, key = 'name'): string {
  const name = isObject(item) ? item[key] : undefined;
  return typeof name === 'string' ? clean(name) : '';
}

/** An object's kept members. The walk follows the tree, not the object: order and unknown members cost nothing. */
function membersText(node: PathNode, object: JsonObject, masking: Masking): string {
  let text = '';
  let met = 0;
  for (const { key, label, next, node: member } of node.members) {
    const value = object[key];
    if (value === undefined) continue;
    met += 1;
    if (member.how === 'message' && typeof value === 'string') {
      const message = masking.message(value);
      if (message.truncated) return unusualText(node, object, masking);
      text += (text === '' ? label : next) + message.text;
      continue;
    }
    const written = memberText(member, value, object, masking);
    if (written !== undefined) text += (text === '' ? label : next) + written;
  }
  return met === countKeys(object) ? `{${text}}` : unusualText(node, object, masking);
}

/** An object with a cut message, or with members that the tree does not know. */
function unusualText(node: PathNode, object: JsonObject, masking: Masking): string {
  const members: [string, string | undefined][] = [];
  const known = new Map(node.members.map(({ key, node: member }) => [key, member]));
  for (const key of Object.keys(object)) {
    const [member, value] = [known.get(key), object[key]];
    if (!member && key === 'truncated' && value === true && saysMessage(node)) {
      members.push([key, 'true']);
    } else if (!member) {
      members.push([key, unknown({ ...node, path: `${node.path}.${key}` }, value, masking)]);
    } else if (member.how === 'message' && typeof value === 'string') {
      const { text, truncated } = masking.message(value);
      members.unshift([key, text], ['truncated', truncated ? 'true' : undefined]);
    } else {
      members.push([key, memberText(member, value, object, masking)]);
    }
  }
  return objectText(members);
}

/** Beside a message stands whether it was cut. */
const saysMessage = ({ members }: PathNode) => members.some(({ node }) => node.how === 'message');

function memberText(node: PathNode, value: unknown, object: JsonObject, masking: Masking): string | undefined {
  if (node.how === 'target') return leafText(node, 'target', value, { masking, name: nameOf(object) });
  return writePart(node, value, masking);
}

type Leaf = Readonly<{ masking: Masking; name: string }>;

function leafText(node: PathNode, how: How, value: unknown, { masking, name }: Leaf): string | undefined {
  if (typeof value === 'object') return isMasked(value) ? canonical(value) : unknown(node, value, masking);
  if (typeof value !== 'string')
    return how === 'kept' || how === 'text' ? scalarText(value) : masking.value(scalarText(value) ?? '');
  switch (how) {
    case 'kept':
      return quoted(value);
    case 'value':
      return masking.value(value);
    case 'target':
      return masking.target(name, value);
    case 'command':
    case 'text':
      return masking.text(value);
    case 'message':
      return masking.message(value).text;
    case 'annotations':
    case 'dropped':
    case 'aside':
      return undefined;
  }
}

function listText(node: PathNode, item: PathNode, list: readonly unknown[], masking: Masking): string | undefined {
  if (item.how === 'dropped' || item.how === 'aside') return undefined;
  if (node.split === 'names') return `[${distinctNames(list, 'name').map(quoted).join(',')}]`;
  if (item.how === 'command') {
    if (!list.every((word) => typeof word === 'string')) return unknown(node, list, masking);
    return masking.command(list);
  }
  if (node.orderedBy === undefined)
    return `[${list.map((each) => writePart(item, each, masking) ?? 'null').join(',')}]`;
  const key = node.orderedBy;
  const texts = list.map((each) => [nameOf(each, key), writePart(item, each, masking) ?? 'null'] as const);
  const ordered = texts.toSorted(([a, x], [b, y]) => compare(a, b) || compare(x, y));
  return `[${ordered.map(([, text]) => text).join(',')}]`;
}

/** The names of a list's items; of those that have one name, all but the first get a number: nothing is lost. */
export function distinctNames(list: readonly unknown[], key: string): string[] {
  const names = list.map((item) => nameOf(item, key));
  // Nearly always they are few, and distinct.
  const isDistinct = names.length <= 16 && names.every((name, at) => names.indexOf(name) === at);
  return isDistinct ? names : numbered(names);
}

function numbered(names: readonly string[]): string[] {
  const met = new Map<string, number>();
  return names.map((name) => {
    const count = (met.get(name) ?? 0) + 1;
    met.set(name, count);
    return count === 1 ? name : `${name}#${count}`;
  });
}

function mapText(node: PathNode, map: JsonObject, masking: Masking): string | undefined {
  const how = node.how ?? 'kept';
  return objectText(
    Object.keys(map).map((key) => {
      const value = map[key];
      if (how === 'annotations' && typeof value === 'string') return [key, masking.annotation(key, value)];
      return [key, value === null ? undefined : leafText(node, how, value, { masking, name: key })];
    }),
  );
}

/** What no list knows: kept under status with its words masked, dropped elsewhere, counted always. */
function unknown(node: PathNode, value: unknown, masking: Masking): string | undefined {
  if (value === null) return undefined;
  masking.unknownPath(clean(node.path), node.keepsUnknown);
  return node.keepsUnknown ? canonical(value, (text) => masking.message(text).text) : undefined;
}

function countKeys(object: JsonObject): number {
  let count = 0;
  for (const key in object) if (object[key] !== undefined) count += 1;
  return count;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
