import { apartLists, keptPaths, namedLists, unorderedLists, type How } from './kept-paths.js';

/** A step of a kept path: what stands there, and what may stand below. */
export type PathNode = Readonly<{
  path: string;
  /** What is unknown below is kept, masked; elsewhere it is dropped. */
  keepsUnknown: boolean;
  /** Of an object: its known members in the order in which they are written. */
  members: readonly Member[];
  /** Of a list: what its items are. */
  item: PathNode | undefined;
  /** Of a list whose order carries no meaning: the member by which it is written. */
  orderedBy: string | undefined;
  /** `names`: the items are parts of their own, their names stay. `apart`: nothing stays. */
  split: 'names' | 'apart' | undefined;
  /** Of a scalar, a map's values, or of everything below. */
  how: How | undefined;
  isMap: boolean;
}>;

/** A member's key, the same as JSON text with a colon, and with a comma before it, and what it is. */
type Member = Readonly<{ key: string; label: string; next: string; node: PathNode }>;

type Growing = { path: string; members: Map<string, Growing>; item?: Growing; how?: How; isMap?: boolean };

/** The tree of all kept paths: one root for each kind. */
const roots: ReadonlyMap<string, PathNode> = plant();

/** The node at a path as kubernetes-paths writes it. @throws RangeError where the list has none: a mistake in our code */
export function nodeAt(path: string): PathNode {
  const [kind = '', ...steps] = path.split('.');
  let node = roots.get(kind);
  for (const step of steps) {
    const key = step.replace(/\[\]$/, '');
    node = node?.members.find((member) => member.key === key)?.node;
    if (step !== key) node = node?.item;
  }
  if (!node) throw new RangeError(`No kept path ${path}`);
  return node;
}

function plant(): Map<string, PathNode> {
  const growing: Growing = { path: '', members: new Map() };
  for (const { path, how } of keptPaths) {
    const leaf = path.split('.').reduce(grow, growing);
    leaf.how = how;
  }
  return new Map([...growing.members].map(([kind, root]) => [kind, finish(root)]));
}

function grow(parent: Growing, step: string): Growing {
  const [, key = '', ending = ''] = /^(.*?)(\[\]|\{\})?$/.exec(step) ?? [];
  const path = parent.path === '' ? key : `${parent.path}.${key}`;
  const child = parent.members.get(key) ?? { path, members: new Map<string, Growing>() };
  parent.members.set(key, child);
  if (ending === '{}') child.isMap = true;
  if (ending !== '[]') return child;
  child.item ??= { path: `${path}[]`, members: new Map() };
  return child.item;
}

/** A member of an object. */
export function memberOf(key: string, node: PathNode): Member {
  const label = `${JSON.stringify(key)}:`;
  return { key, label, next: `,${label}`, node };
}

/** Of an object or list nothing of which is written, nothing is written. */
function finish({ path, members, item, how, isMap = false }: Growing): PathNode {
  const below = [...members].map(([key, child]) => memberOf(key, finish(child)));
  const itemNode = item && finish(item);
  const all = [...below.map(({ node }) => node.how), ...(itemNode ? [itemNode.how] : [])];
  const unkept = all.length > 0 && all.every((each) => each === 'dropped' || each === 'aside');
  return {
    path,
    keepsUnknown: /^\w+\.status(?:\.|$)/.test(path),
    members: below.toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    item: itemNode,
    orderedBy: unorderedLists.get(path),
    split: namedLists.has(path) ? 'names' : apartLists.has(path) ? 'apart' : undefined,
    how: how ?? (unkept ? 'dropped' : undefined),
    isMap,
  };
}
