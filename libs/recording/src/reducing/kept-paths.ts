import { eventPaths, namespacePaths, nodePaths } from './kept-paths-others.js';
import { podMetadataPaths, podStatusPaths } from './kept-paths-pod.js';
import { podSpecPaths } from './kept-paths-pod-spec.js';

/**
 * How the value at a path is kept.
 *
 * - `kept`: as it is. `aside`: kept outside of the part in which it stands, or by other code than the walk of the tree.
 * - `dropped`: not at all.
 * - masked: `value` becomes an HMAC; `target` stays if it names what is waited for; `command` and `text` lose their
 *   secret-shaped words; `message` likewise, and is cut; `annotations` go by an allow-list.
 */
export type How = 'kept' | 'aside' | 'dropped' | 'value' | 'target' | 'command' | 'text' | 'message' | 'annotations';

/** One path of one schema, as kubernetes-paths writes it: `[]` is a list's item, `{}` a map's value. */
export type KeptPath = Readonly<{ path: string; how: How; reason: string }>;

/**
 * Every path of the Pod, Event, Node and Namespace schemas of every supported Kubernetes version, once.
 * The reducer walks objects by this very list: what is not in it is unknown.
 */
export const keptPaths: readonly KeptPath[] = [
  podMetadataPaths,
  podSpecPaths,
  podStatusPaths,
  eventPaths,
  nodePaths,
  namespacePaths,
].flatMap(read);

/** Lists whose order carries no meaning, by the member that names an item: they are written in the order of that member. */
export const unorderedLists: ReadonlyMap<string, string> = new Map([
  ['Pod.metadata.ownerReferences', 'uid'],
  ['Pod.spec.volumes', 'name'],
  ['Pod.spec.imagePullSecrets', 'name'],
  ['Pod.spec.resourceClaims', 'name'],
  ['Pod.spec.readinessGates', 'conditionType'],
  ['Pod.spec.schedulingGates', 'name'],
  ['Pod.status.resourceClaimStatuses', 'name'],
  ['Node.spec.taints', 'key'],
]);

/** Lists whose items are parts of their own, and of which the surrounding part keeps the names in their order. */
export const namedLists: ReadonlySet<string> = new Set([
  'Pod.spec.initContainers',
  'Pod.spec.containers',
  'Pod.spec.ephemeralContainers',
  'Pod.status.initContainerStatuses',
  'Pod.status.containerStatuses',
  'Pod.status.ephemeralContainerStatuses',
]);

/** Lists whose items are parts of their own, and of which the surrounding part keeps nothing. */
export const apartLists: ReadonlySet<string> = new Set(['Pod.status.conditions', 'Node.status.conditions']);

/** Reads rows of `how | path with {alternatives} | reason`. */
function read(table: string): KeptPath[] {
  const rows = table.split('\n').filter((row) => row.includes('|'));
  return rows.flatMap((row) => {
    const [how = '', pattern = '', reason = ''] = row.split('|').map((cell) => cell.trim());
    return spelledOut(pattern).map((path) => ({ path, how: how as How, reason }));
  });
}

/** Every path of a pattern: `a.{b,c[]}.d` stands for two. Alternatives may nest; `{}` is a map and stays. */
function spelledOut(pattern: string): string[] {
  const open = pattern.search(/\{(?!\})/);
  if (open < 0) return [pattern];
  const close = endOf(pattern, open);
  const [before, after] = [pattern.slice(0, open), pattern.slice(close + 1)];
  return alternatives(pattern.slice(open + 1, close)).flatMap((each) => spelledOut(before + each.trim() + after));
}

/** Where the brace that opens at `open` closes. */
function endOf(pattern: string, open: number): number {
  let depth = 0;
  for (let at = open; at < pattern.length; at += 1) {
    depth += Number(pattern[at] === '{') - Number(pattern[at] === '}');
    if (depth === 0) return at;
  }
  throw new RangeError(`Unclosed brace in ${pattern}`);
}

/** Splits at the commas that stand in no braces. */
function alternatives(list: string): string[] {
  const found = [''];
  let depth = 0;
  for (const char of list) {
    depth += Number(char === '{') - Number(char === '}');
    if (char === ',' && depth === 0) found.push('');
    else found[found.length - 1] += char;
  }
  return found;
}
