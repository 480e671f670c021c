import { ApiError } from './api-error.js';
import type { StoredObject } from './kube-object.js';
import type { ResourceName } from './resources.js';

/** What one write did to one object. */
export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** One write: after it, the object was so. Of a deletion it holds the last state, with the deletion's resourceVersion. */
export type Revision = {
  readonly revision: number;
  readonly at: number;
  readonly resource: ResourceName;
  readonly key: string;
  readonly type: ChangeType;
  readonly object: StoredObject;
  readonly previous: StoredObject | undefined;
};

/** How long what is past can still be read. */
export type HistoryLimits = {
  /** How many writes are kept at most. */
  maxRevisions: number;
  /** How long a write is kept at most, in milliseconds of the cluster's time. etcd is compacted every 5 minutes. */
  maxAgeMs: number;
};

type Version = { readonly revision: number; readonly object: StoredObject | undefined };
type Shelf = {
  readonly chains: Map<string, Version[]>;
  keys: string[];
  sorted: boolean;
  live: number;
  snapshot?: { revision: number; keys: readonly string[] } | undefined;
};
type Listener = (revision: Revision) => void;

/**
 * What etcd is to kube-apiserver: every write gets the next number, the past can be read until it is compacted,
 * and whoever listens hears of each write once and in order.
 */
export class Revisions {
  private readonly shelves = new Map<ResourceName, Shelf>();
  private readonly listeners = new Map<ResourceName, Set<Listener>>();
  private readonly listenersToAll = new Set<Listener>();
  private log: Revision[] = [];
  private newest: number;
  private compactedTo = 0;

  constructor(
    private readonly limits: HistoryLimits = { maxRevisions: 100_000, maxAgeMs: 300_000 },
    first = 0,
  ) {
    this.newest = first;
    this.compactedTo = first;
  }

  /** The number of the newest write, of any resource. */
  get current(): number {
    return this.newest;
  }

  /** The newest write that can no longer be read; a watch from here on is still whole. */
  get compacted(): number {
    return this.compactedTo;
  }

  /** The number that the next write gets. */
  get next(): number {
    return this.newest + 1;
  }

  /** The object as it is now. */
  get(resource: ResourceName, key: string): StoredObject | undefined {
    return this.shelf(resource).chains.get(key)?.at(-1)?.object;
  }

  /** How many objects of a resource there are now. */
  count(resource: ResourceName): number {
    return this.shelf(resource).live;
  }

  /** Writes: `object` must already carry `next` as its resourceVersion. */
  write(entry: Omit<Revision, 'revision'>): Revision {
    const revision: Revision = { revision: this.next, ...entry };
    const shelf = this.shelf(entry.resource);
    const gone = entry.type === 'DELETED';
    this.newest = revision.revision;
    const version = { revision: revision.revision, object: gone ? undefined : entry.object };
    const chain = shelf.chains.get(entry.key);
    if (chain) chain.push(version);
    else {
      shelf.chains.set(entry.key, [version]);
      shelf.sorted &&= shelf.keys.length === 0 || (shelf.keys.at(-1) ?? '') < entry.key;
      shelf.keys.push(entry.key);
    }
    if (entry.type === 'ADDED') shelf.live += 1;
    if (gone) shelf.live -= 1;
    this.log.push(revision);
    this.trim(entry.at);
    for (const listener of this.listeners.get(entry.resource) ?? []) listener(revision);
    for (const listener of this.listenersToAll) listener(revision);
    return revision;
  }

  /** Hears of every later write to a resource; the answer ends it. */
  listen(resource: ResourceName, listener: Listener): () => void {
    const listeners = this.listeners.get(resource) ?? new Set();
    this.listeners.set(resource, listeners.add(listener));
    return () => {
      listeners.delete(listener);
    };
  }

  /** Hears of every later write; the answer ends it. */
  listenToAll(listener: Listener): () => void {
    this.listenersToAll.add(listener);
    return () => {
      this.listenersToAll.delete(listener);
    };
  }

  /** The writes to a resource after a revision, oldest first; `undefined` when some of them were compacted. */
  since(resource: ResourceName, revision: number): Revision[] | undefined {
    if (revision < this.compactedTo) return undefined;
    return this.log.slice(this.firstAfter(revision)).filter((entry) => entry.resource === resource);
  }

  /**
   * The keys of the objects as of a revision, in their order. The newest answer for each resource is kept, so that
   * the pages of one list cost no more than one reading.
   */
  keysAt(resource: ResourceName, revision: number): readonly string[] {
    if (revision < this.compactedTo) throw new Error(`revision ${revision} was compacted`);
    const shelf = this.shelf(resource);
    if (shelf.snapshot?.revision === revision) return shelf.snapshot.keys;
    const keys = sortedKeys(shelf).filter((key) => versionAt(shelf.chains.get(key), revision));
    shelf.snapshot = { revision, keys };
    return keys;
  }

  /** The object as it was at a revision. */
  objectAt(resource: ResourceName, key: string, revision: number): StoredObject | undefined {
    return versionAt(this.shelf(resource).chains.get(key), revision);
  }

  /** Forgets what was before a revision: only the state at that point and what came later can be read. */
  compact(revision = this.newest): void {
    if (revision <= this.compactedTo) return;
    this.compactedTo = Math.min(revision, this.newest);
    this.log = this.log.slice(this.firstAfter(this.compactedTo));
    for (const shelf of this.shelves.values()) {
      for (const [key, chain] of shelf.chains) {
        const keep = chain.findLastIndex((version) => version.revision <= this.compactedTo);
        if (keep > 0) chain.splice(0, keep);
        if (chain.length === 1 && !chain[0]?.object) shelf.chains.delete(key);
      }
      if (shelf.chains.size < shelf.keys.length) shelf.keys = shelf.keys.filter((key) => shelf.chains.has(key));
    }
  }

  /**
   * Goes back to a backup, as a restored etcd does: everything written after `revision` never was, and its numbers are given out again.
   *
   * @throws ApiError when that point has been compacted
   */
  restore(revision: number): void {
    if (revision < this.compactedTo || revision > this.newest) {
      throw new ApiError({ code: 400, reason: 'BadRequest', message: `there is no backup of revision ${revision}` });
    }
    for (const shelf of this.shelves.values()) {
      for (const [key, chain] of shelf.chains) {
        while ((chain.at(-1)?.revision ?? 0) > revision) chain.pop();
        if (chain.length === 0) shelf.chains.delete(key);
      }
      shelf.keys = shelf.keys.filter((key) => shelf.chains.has(key));
      shelf.snapshot = undefined;
      shelf.live = [...shelf.chains.values()].filter((chain) => chain.at(-1)?.object).length;
    }
    this.log = this.log.slice(0, this.firstAfter(revision));
    this.newest = revision;
  }

  private shelf(resource: ResourceName): Shelf {
    const shelf = this.shelves.get(resource) ?? { chains: new Map(), keys: [], sorted: true, live: 0 };
    if (!this.shelves.has(resource)) this.shelves.set(resource, shelf);
    return shelf;
  }

  /** A tenth more than is allowed is kept, so that compaction is rare and its cost shared by many writes. */
  private trim(now: number): void {
    const oldest = this.log[0];
    if (!oldest) return;
    if (this.log.length > this.limits.maxRevisions * 1.1) {
      this.compact(this.log.at(-this.limits.maxRevisions)?.revision);
    } else if (now - oldest.at > this.limits.maxAgeMs * 1.1) {
      const kept = this.log.findIndex(({ at }) => now - at <= this.limits.maxAgeMs);
      this.compact((this.log[kept]?.revision ?? this.newest) - 1);
    }
  }

  private firstAfter(revision: number): number {
    let low = 0;
    for (let high = this.log.length; low < high;) {
      const middle = (low + high) >>> 1;
      if ((this.log[middle]?.revision ?? 0) > revision) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function sortedKeys(shelf: Shelf): string[] {
  if (!shelf.sorted) shelf.keys = shelf.keys.toSorted((a, b) => (a < b ? -1 : 1));
  shelf.sorted = true;
  return shelf.keys;
}

/** Where in sorted keys the first one is that is not before `from`. */
export function firstFrom(keys: readonly string[], from: string): number {
  let low = 0;
  for (let high = keys.length; low < high;) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? '') < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

const versionAt = (chain: readonly Version[] = [], revision: number): StoredObject | undefined =>
  chain.findLast((version) => version.revision <= revision)?.object;
