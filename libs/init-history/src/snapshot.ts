/** What was folded of a pod so far: parts by name, laid over one another, and read as a pod. */
import type { Parts } from './observations.js';
import type { ContainerSpec, PodView } from './pod-view.js';
import { bag } from './read-fields.js';
import { readView } from './read-view.js';

export type { Condition, ContainerSpec, ContainerStatus, PodView, Terminated } from './pod-view.js';

/** Views already read: parts are never changed, so a view is as good the second time. */
const views = new WeakMap<Parts, PodView>();

/** The folded parts of a pod, read. */
export function viewOf(parts: Parts): PodView {
  const known = views.get(parts);
  if (known) return known;
  const view = readView(parts);
  views.set(parts, view);
  return view;
}

/** Folds the parts that changed over those known; a part that is null goes. */
export function layOver(parts: Parts, changedParts: Parts): Parts {
  const result: Record<string, unknown> = { ...parts };
  for (const [name, part] of Object.entries(bag(changedParts))) {
    if (part === null) delete result[name];
    // No part has this name; as a key it would change what the object is.
    else if (name !== '__proto__') result[name] = part;
  }
  return result;
}

/**
 * The parts of a snapshot that are not as known: new and different ones as they are, gone ones null; undefined if all
 * are as known. Known parts may be kept as anything that `same` can hold against a part, a hash for instance.
 */
export function changed<Known, Part>(
  known: ReadonlyMap<string, Known>,
  snapshot: ReadonlyMap<string, Part>,
  same: (known: Known, part: Part) => boolean,
): Map<string, Part | null> | undefined {
  const result = new Map<string, Part | null>();
  for (const [name, part] of snapshot) {
    const before = known.get(name);
    if (before === undefined || !same(before, part)) result.set(name, part);
  }
  for (const name of known.keys()) if (!snapshot.has(name)) result.set(name, null);
  return result.size === 0 ? undefined : result;
}

/** An init container that stays: container-level restartPolicy Always (semantics 2.6). */
export const isSidecar = (container: ContainerSpec | undefined): boolean => container?.restartPolicy === 'Always';

/** The uid that Events about a static pod carry: not its mirror's (semantics 2.8). Null for every other pod. */
export function staticPodUid(view: PodView): string | null {
  const uid = view.metadata.annotations['kubernetes.io/config.mirror'];
  return typeof uid === 'string' && uid !== '' ? uid : null;
}

/** Text, or null. */
export const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** A number, or null. */
export const number = (value: unknown): number | null => (typeof value === 'number' ? value : null);
