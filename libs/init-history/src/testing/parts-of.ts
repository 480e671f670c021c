import type { Parts, Write } from '../observations.js';

/** A pod object as a server tells it: nothing is assumed of it. */
export type RawPod = Readonly<Record<string, unknown>>;

type Bag = Readonly<Record<string, unknown>>;

const bag = (value: unknown): Bag => (typeof value === 'object' && value !== null ? (value as Bag) : {});
const list = (value: unknown): readonly Bag[] => (Array.isArray(value) ? value.map(bag) : []);

/** Lists whose items are parts of their own: field, prefix of the part's name, and what an item is named by. */
const ofSpec = [
  ['initContainers', 'spec.initContainer.'],
  ['containers', 'spec.container.'],
  ['ephemeralContainers', 'spec.ephemeralContainer.'],
] as const;
const ofStatus = [
  ['initContainerStatuses', 'status.initContainer.'],
  ['containerStatuses', 'status.container.'],
  ['ephemeralContainerStatuses', 'status.ephemeralContainer.'],
] as const;

function split(whole: Bag, lists: readonly (readonly [string, string])[], parts: Record<string, unknown>): Bag {
  const rest: Record<string, unknown> = { ...whole };
  for (const [field, prefix] of lists) {
    if (!Array.isArray(whole[field])) continue;
    rest[field] = list(whole[field]).map((item) => item['name']);
    for (const item of list(whole[field])) parts[prefix + String(item['name'])] = item;
  }
  return rest;
}

/** The parts of a pod object, as a reducer that drops nothing but the managed fields would make them. */
export function partsOf(pod: RawPod): Parts {
  const parts: Record<string, unknown> = {};
  const { deletionTimestamp, deletionGracePeriodSeconds, ...metadata } = bag(pod['metadata']);
  parts['metadata'] = { ...metadata, managedFields: undefined, resourceVersion: undefined };
  if (deletionTimestamp !== undefined) parts['deletion'] = { deletionTimestamp, deletionGracePeriodSeconds };
  parts['spec'] = split(bag(pod['spec']), ofSpec, parts);
  const { conditions, ...status } = split(bag(pod['status']), ofStatus, parts);
  parts['status'] = status;
  for (const condition of list(conditions)) parts[`condition.${String(condition['type'])}`] = condition;
  return parts;
}

/** The parts that are not as before; gone ones null. Undefined if nothing changed. */
export function changedParts(before: Parts, now: Parts): Parts | undefined {
  const result: Record<string, unknown> = {};
  for (const [name, part] of Object.entries(now)) {
    if (JSON.stringify(before[name]) !== JSON.stringify(part)) result[name] = part;
  }
  for (const name of Object.keys(before)) if (!(name in now)) result[name] = null;
  return Object.keys(result).length === 0 ? undefined : result;
}

/** The managedFields entries of a pod that are not those of the look before. */
export function writesOf(pod: RawPod, before: RawPod | undefined): readonly Write[] {
  const entries = (one: RawPod | undefined): readonly Write[] =>
    list(bag(one?.['metadata'])['managedFields']).map((entry) => ({
      manager: String(entry['manager']),
      operation: String(entry['operation']),
      subresource: typeof entry['subresource'] === 'string' ? entry['subresource'] : null,
      time: typeof entry['time'] === 'string' ? entry['time'] : null,
    }));
  const known = new Set(entries(before).map((entry) => JSON.stringify(entry)));
  return entries(pod).filter((entry) => !known.has(JSON.stringify(entry)));
}
