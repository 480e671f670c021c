import { ApiError } from './api-error.js';
import { encodeBookmark, encodeObject, type Form } from './encoding.js';
import type { Faults } from './faults.js';
import type { Fields, StoredObject } from './kube-object.js';
import { readResourceVersion, type ListOptions } from './list-options.js';
import type { ObjectStore } from './object-store.js';
import type { Call } from './request.js';
import { expired } from './refusals.js';
import type { Resource, ResourceName } from './resources.js';
import type { ChangeType, Revision } from './revisions.js';
import { strategies } from './strategies.js';
import { WatchStream } from './watch-stream.js';

/** What watches are served from. */
export type WatchServices = {
  store: ObjectStore;
  faults: Faults;
  bookmarkIntervalMs: number;
  minRequestTimeoutSeconds: number;
};

/** What one watch asked for. */
export type WatchRequest = { call: Call; resource: Resource; namespace: string; options: ListOptions; form: Form };

type Frame = ChangeType | 'BOOKMARK' | 'ERROR';

/** Lines are made once for all watches that see the same of a write. Tables are not kept: they tell ages. */
const lines = new WeakMap<Revision, Map<string, Buffer>>();

const line = (type: Frame, object: unknown): Buffer => Buffer.from(`${JSON.stringify({ type, object })}\n`);

/**
 * Opens a watch: what was there, if asked for, then every write in its order, and bookmarks, until its time is over.
 * A position that is too old is told in the stream, as kube-apiserver does, not by the HTTP status.
 *
 * @throws ApiError 500 when the position is no number
 */
export function openWatch(services: WatchServices, request: WatchRequest): void {
  const { options } = request;
  const from = readResourceVersion(
    options.resourceVersion,
    (message) => new ApiError({ code: 500, reason: '', message }),
  );
  new Watch(services, request).start(from ?? 0);
}

class Watch {
  private readonly stream: WatchStream;
  private readonly prefix: string;
  private readonly name: ResourceName;
  private readonly timers = new Set<NodeJS.Timeout>();
  private stopListening: () => void = () => {};
  private framesSent = 0;

  constructor(
    private readonly services: WatchServices,
    private readonly request: WatchRequest,
  ) {
    this.name = request.resource.name as ResourceName;
    this.prefix = request.namespace && `${request.namespace}/`;
    this.stream = new WatchStream(this.name, request.call.response, services.faults, () => this.stop());
  }

  start(from: number): void {
    const { store } = this.services;
    const { sendInitialEvents } = this.request.options;
    const initial = sendInitialEvents || (from === 0 && !this.request.call.query.has('sendInitialEvents'));
    const missed = initial ? [] : this.missed(from);
    if (!missed) return;
    if (initial) this.sendState();
    if (sendInitialEvents) this.sendBookmark(true);
    for (const revision of missed) this.deliver(revision);
    this.stopListening = store.watch(this.name, (revision) => {
      if (revision.revision > from) this.deliver(revision);
    });
    this.scheduleEnd();
  }

  /** The writes since a position, or a refusal in the stream and nothing. */
  private missed(from: number): Revision[] | undefined {
    const { store, faults } = this.services;
    const position = from === 0 ? store.revisions.current : from;
    const cached = this.request.resource.watchCache ? faults.oldestCached : 0;
    const oldest = Math.max(faults.oldestPosition, store.revisions.compacted, cached);
    const writes = position < oldest ? undefined : store.revisions.since(this.name, position);
    if (writes) return writes;
    const message = this.request.resource.watchCache
      ? `too old resource version: ${from} (${oldest})`
      : 'The resourceVersion for the provided watch is too old.';
    this.stream.send(line('ERROR', expired(message).toStatus()));
    this.stream.endInTurn();
    return undefined;
  }

  private sendState(): void {
    const { store } = this.services;
    const { namespace, options } = this.request;
    for (const object of store.list(this.name, namespace)) {
      if (options.matches(object)) this.stream.send(line('ADDED', this.encode(object)));
    }
  }

  private deliver(revision: Revision): void {
    if (!revision.key.startsWith(this.prefix)) return;
    const { matches } = this.request.options;
    const { type, object, previous } = revision;
    const is = type !== 'DELETED' && matches(object);
    const was = previous !== undefined && matches(previous);
    if (is) this.stream.send(this.frame(revision, was ? 'MODIFIED' : 'ADDED', object));
    else if (was) this.stream.send(this.frame(revision, 'DELETED', lastSeen(revision, previous)));
  }

  private frame(revision: Revision, type: ChangeType, object: StoredObject): Buffer {
    const { form, resource } = this.request;
    if (form.as === 'table') return line(type, this.encode(object));
    const known = lines.get(revision) ?? new Map<string, Buffer>();
    lines.set(revision, known);
    const key = `${type} ${form.as} ${resource.group}`;
    const made = known.get(key) ?? line(type, this.encode(object));
    known.set(key, made);
    return made;
  }

  /** Only the first table of a watch describes its columns. */
  private encode(object: StoredObject): Fields {
    const { form, resource } = this.request;
    const encoded = encodeObject(resource, object, form, this.services.store.clock.now());
    this.framesSent += 1;
    return form.as === 'table' && this.framesSent > 1 ? { ...encoded, columnDefinitions: null } : encoded;
  }

  private sendBookmark(endOfInitialEvents: boolean): void {
    if (!this.request.options.allowWatchBookmarks) return;
    const { resource, form } = this.request;
    const { store, faults } = this.services;
    const position = endOfInitialEvents ? store.revisions.current : faults.agedPosition(store.revisions.current);
    const metadata = {
      resourceVersion: String(position),
      ...(endOfInitialEvents && { annotations: { 'k8s.io/initial-events-end': 'true' } }),
    };
    const { metadata: _, ...empty } = strategies[this.name].empty;
    this.stream.send(line('BOOKMARK', encodeBookmark(resource, form, metadata, empty)));
  }

  /** The end, and the bookmarks on the way there: about each minute, and two seconds before the end. */
  private scheduleEnd(): void {
    const { bookmarkIntervalMs, minRequestTimeoutSeconds } = this.services;
    const seconds = this.request.options.timeoutSeconds || minRequestTimeoutSeconds * (1 + Math.random());
    this.timer(seconds * 1000, () => this.stream.endInTurn());
    if (!this.request.resource.watchCache) return;
    const last = seconds * 1000 - 2_000;
    if (last > 0) this.timer(last, () => this.sendBookmark(false));
    const every = setInterval(() => this.sendBookmark(false), bookmarkIntervalMs);
    this.timers.add(every.unref());
  }

  private timer(delayMs: number, task: () => void): void {
    this.timers.add(setTimeout(task, Math.min(delayMs, 2 ** 31 - 1)).unref());
  }

  private stop(): void {
    this.stopListening();
    for (const timer of this.timers) clearTimeout(timer);
  }
}

/** What a watch with a selector sees last of an object that no longer fits: its state before, at the position of the write. */
function lastSeen(revision: Revision, previous: StoredObject): StoredObject {
  return revision.type === 'DELETED'
    ? revision.object
    : { ...previous, metadata: { ...previous.metadata, resourceVersion: revision.object.metadata.resourceVersion } };
}
