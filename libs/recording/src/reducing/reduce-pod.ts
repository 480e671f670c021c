import { specTextOf } from '#libs/kubernetes';
import { isObject, objectText, scalarText, type JsonObject } from './canonical.js';
import type { Masking } from './masking.js';
import { nodeAt, type PathNode } from './path-tree.js';
import type { Known, Reduced } from './reduced.js';
import { subjectOf } from './subject.js';
import { distinctNames, writePart } from './write-part.js';

const metadata = nodeAt('Pod.metadata');
const spec = nodeAt('Pod.spec');
const status = nodeAt('Pod.status');
const condition = nodeAt('Pod.status.conditions[]');

/** The lists of containers, and what their parts are called. */
export const specLists = containerLists('Pod.spec', {
  initContainers: 'spec.initContainer.',
  containers: 'spec.container.',
  ephemeralContainers: 'spec.ephemeralContainer.',
});
export const statusLists = containerLists('Pod.status', {
  initContainerStatuses: 'status.initContainer.',
  containerStatuses: 'status.container.',
  ephemeralContainerStatuses: 'status.ephemeralContainer.',
});

/**
 * A pod as it is kept, in parts: metadata, deletion, spec, status, condition.TYPE, spec.initContainer.NAME and so on.
 * Whatever the object looks like, it does not throw: a member of an unexpected shape is an unknown path.
 *
 * @param knownOf what is known of a uid. A spec that came apart, with the text from which that was made, is not reduced again
 */
export function reducePod(raw: JsonObject, masking: Masking, knownOf?: (uid: string) => Known | undefined): Reduced {
  const parts = new Map<string, string>();
  const subject = subjectOf(raw);
  const text = specTextOf(raw);
  const known = text && knownOf?.(subject.uid);
  const carried = known?.spec !== undefined && known.spec === text?.fingerprint ? known : undefined;
  const podSpec = carried || !text ? raw['spec'] : text.read();
  put(parts, 'metadata', writePart(metadata, raw['metadata'], masking));
  put(parts, 'deletion', deletionText(raw['metadata']));
  put(parts, 'spec', carried ? '' : writePart(spec, podSpec, masking));
  put(parts, 'status', writePart(status, raw['status'], masking));
  if (isObject(raw['status'])) putItems(parts, raw['status']['conditions'], conditions, masking);
  if (carried) for (const name of carried.layout) if (name.startsWith('spec.')) parts.set(name, '');
  for (const list of specLists) if (isObject(podSpec)) putItems(parts, podSpec[list.key], list, masking);
  for (const list of statusLists) if (isObject(raw['status'])) putItems(parts, raw['status'][list.key], list, masking);
  return { ...subject, parts, spec: text?.fingerprint, carried };
}

type ItemList = Readonly<{ key: string; prefix: string; named: string; item: PathNode }>;

const conditions: ItemList = { key: 'conditions', prefix: 'condition.', named: 'type', item: condition };

/** Puts each item of a list as a part of its own. */
export function putItems(parts: Map<string, string>, list: unknown, of: ItemList, masking: Masking): void {
  if (!Array.isArray(list)) return;
  const names = distinctNames(list, of.named);
  list.forEach((item, at) => put(parts, of.prefix + (names[at] ?? ''), writePart(of.item, item, masking)));
}

/** The deletion mark is a part of its own: it comes late, alone, and changes once. */
function deletionText(raw: unknown): string | undefined {
  if (!isObject(raw) || typeof raw['deletionTimestamp'] !== 'string') return undefined;
  return objectText(
    ['deletionTimestamp', 'deletionGracePeriodSeconds'].map((key) => [key, scalarText(raw[key])] as const),
  );
}

function containerLists(parent: string, prefixes: Readonly<Record<string, string>>): ItemList[] {
  return Object.entries(prefixes).map(([key, prefix]) => ({
    key,
    prefix,
    named: 'name',
    item: nodeAt(`${parent}.${key}[]`),
  }));
}

function put(parts: Map<string, string>, name: string, text: string | undefined): void {
  if (text !== undefined) parts.set(name, text);
}
