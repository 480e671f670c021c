import type { EventReader, Recorded } from '#libs/event-store';
import { compareResourceVersions } from '#libs/kubernetes';
import { TailLedger } from './log-tails/index.js';
import { KnownParts, readParts, subjectStream } from './reducing/index.js';

/** What is known in one scope: of a namespace, or of all. */
export type KnownScope = Readonly<{
  pods: KnownParts;
  events: KnownParts;
  /** Pods whose newest observation lies beyond the position that was stored for them, and its resourceVersion. */
  ahead: Map<string, string>;
}>;

/** What a recorder knows of the cluster, regained from the log. */
export type Regained = Readonly<{
  /** By namespace; by '' where all are watched together. */
  scopes: ReadonlyMap<string, KnownScope>;
  nodes: KnownParts;
  owners: KnownParts;
  namespaces: KnownParts;
  /** Failed attempts, and whose logs are recorded; undefined where no logs are. */
  tails: TailLedger | undefined;
  /** The reducer that wrote last; null where nothing is stored. */
  reducer: number | null;
  /** When the last of the events was recorded, RFC 3339; null where there is none. */
  knownUntil: string | null;
  /** When the newest of them was received, RFC 3339, which is the past where they are of a recording; null where there is none. */
  receivedUntil: string | null;
  /** Events that were read. */
  count: number;
}>;

/** Which log to read, and for which scopes. */
export type RegainChoice = Readonly<{
  shardId: number;
  /** Empty: all namespaces. */
  namespaces: readonly string[];
  /** The position that is stored for the pods of a scope. */
  podsPosition: (scope: string) => string | undefined;
  /** Whether the logs of failed attempts are recorded. */
  logTails: boolean;
}>;

const pageSize = 2_000;
const mostOwners = 50_000;
/** Kubernetes keeps an Event for one hour, OpenShift for three: of older ones nothing can come again. */
const eventsMatterMs = 4 * 3_600_000;

/**
 * Folds the log of a shard into what its recorder knew: hashes of the parts of what lives. The log is streamed, and nothing of a
 * body is kept.
 */
export async function regain(reader: Pick<EventReader, 'readAfter'>, choice: RegainChoice): Promise<Regained> {
  const folding = new Folding(choice);
  let bookmark: { position: number; recordedAt?: string } = { position: -1 };
  for (;;) {
    const events = await reader.readAfter(choice.shardId, bookmark, pageSize);
    for (const event of events) folding.fold(event);
    const last = events.at(-1);
    if (!last || events.length < pageSize) return folding.result;
    bookmark = { position: last.position, recordedAt: last.recordedAt };
  }
}

class Folding {
  private readonly scopes = new Map<string, KnownScope>();
  private readonly nodes = new KnownParts();
  private readonly owners = new KnownParts();
  private readonly namespaces = new KnownParts();
  /** The scope of each live pod; those outside of every scope have none. */
  private readonly scopeOf = new Map<string, string | undefined>();
  private readonly tails: TailLedger | undefined;
  /** Where logs are recorded: what each live pod is called. */
  private readonly names = new Map<string, Readonly<{ uid: string; namespace: string; pod: string }>>();
  private reducer: number | null = null;
  private knownUntil: string | null = null;
  private receivedUntil: string | null = null;
  private count = 0;

  constructor(private readonly choice: RegainChoice) {
    if (choice.logTails) this.tails = new TailLedger();
    for (const scope of choice.namespaces.length > 0 ? choice.namespaces : ['']) {
      this.scopes.set(scope, { pods: new KnownParts(), events: new KnownParts(), ahead: new Map() });
    }
  }

  get result(): Regained {
    const { scopes, nodes, owners, namespaces, tails, reducer, knownUntil, receivedUntil, count } = this;
    return { scopes, nodes, owners, namespaces, tails, reducer, knownUntil, receivedUntil, count };
  }

  fold(event: Recorded): void {
    this.count += 1;
    this.knownUntil = event.recordedAt;
    const { body } = event;
    // An erased body takes its knowledge along: the subject's next frame restates what it still says.
    if (body === null) return;
    const reducer = /"reducer":(\d+)/.exec(body.slice(0, 200))?.[1];
    if (reducer !== undefined) this.reducer = Number(reducer);
    const received = /"receivedAt":"([^"]*)"/.exec(body.slice(0, 300))?.[1];
    if (received !== undefined && received > (this.receivedUntil ?? '')) this.receivedUntil = received;
    this.foldBody(event, body);
  }

  private foldBody({ type, streamId, recordedAt }: Recorded, body: string): void {
    switch (type) {
      case 'PodObserved':
        return this.foldPod(streamId, body);
      case 'PodGone':
        return this.forgetPod(streamId, body);
      case 'InitLogCaptured':
        return this.foldTail(streamId, body);
      case 'KubeEventObserved':
        return this.foldEvent(recordedAt, body);
      case 'NodeObserved':
        return foldSubject(this.nodes, streamId, body);
      case 'OwnerObserved':
        return this.foldOwner(streamId, body);
      case 'NamespaceObserved':
        return foldSubject(this.namespaces, streamId, body);
    }
  }

  private foldPod(stream: string, body: string): void {
    const { parts, writes } = readParts(body);
    if (!this.scopeOf.has(stream)) this.scopeOf.set(stream, this.scopeNamed(namespaceIn(parts.get('metadata'))));
    const scope = this.scopeOf.get(stream);
    const known = scope === undefined ? undefined : this.scopes.get(scope);
    if (scope === undefined || !known) return;
    known.pods.lay(stream, parts, writes);
    this.noteFailures(stream, parts);
    this.noteAhead(scope, stream, body);
  }

  private noteFailures(stream: string, parts: ReadonlyMap<string, string | null>): void {
    if (!this.tails) return;
    const metadata = parts.get('metadata');
    if (metadata) {
      const { uid, namespace, name } = JSON.parse(metadata) as Record<'uid' | 'namespace' | 'name', string>;
      this.names.set(stream, { uid, namespace, pod: name });
    }
    const named = this.names.get(stream);
    if (named) this.tails.look({ stream, ...named, resourceVersion: null }, parts);
  }

  private foldTail(stream: string, body: string): void {
    const { container, containerId } = JSON.parse(body) as Record<'container' | 'containerId', string>;
    if (this.scopeOf.has(stream)) this.tails?.captured(stream, container, containerId);
  }

  private forgetPod(stream: string, body: string): void {
    const scope = this.scopeOf.get(stream);
    this.scopeOf.delete(stream);
    this.names.delete(stream);
    this.tails?.forget(stream);
    if (scope === undefined) return;
    this.scopes.get(scope)?.pods.delete(stream);
    this.noteAhead(scope, stream, body);
  }

  /** Frames between the stored position and what was written of a pod will come again, and must add nothing. */
  private noteAhead(scope: string, stream: string, body: string): void {
    const position = this.choice.podsPosition(scope);
    const resourceVersion = /"resourceVersion":"([^"]*)"/.exec(body.slice(0, 300))?.[1];
    if (position === undefined || resourceVersion === undefined) return;
    if ((compareResourceVersions(resourceVersion, position) ?? 0) > 0) {
      this.scopes.get(scope)?.ahead.set(stream, resourceVersion);
    }
  }

  /** Owners are not watched, so their end is not seen: the oldest are forgotten. One that is read again is recorded again. */
  private foldOwner(stream: string, body: string): void {
    foldSubject(this.owners, stream, body);
    const [oldest] = this.owners.uids();
    if (oldest !== undefined && this.owners.size > mostOwners) this.owners.delete(oldest);
  }

  private foldEvent(recordedAt: string, body: string): void {
    if (Date.now() - Date.parse(recordedAt) > eventsMatterMs) return;
    const { parts, writes } = readParts(body);
    const event = parts.get('event');
    if (event === null || event === undefined) return;
    const { uid, namespace } = JSON.parse(event) as { uid: string; namespace?: string };
    const scope = this.scopeNamed(namespace);
    if (scope !== undefined) this.scopes.get(scope)?.events.lay(subjectStream(uid), parts, writes);
  }

  private scopeNamed(namespace: string | undefined): string | undefined {
    if (this.choice.namespaces.length === 0) return '';
    return namespace !== undefined && this.scopes.has(namespace) ? namespace : undefined;
  }
}

function foldSubject(known: KnownParts, stream: string, body: string): void {
  const { parts, writes } = readParts(body);
  if (body.includes('"gone":true,"parts":')) known.delete(stream);
  else known.lay(stream, parts, writes);
}

function namespaceIn(metadata: string | null | undefined): string | undefined {
  return metadata ? (JSON.parse(metadata) as { namespace?: string }).namespace : undefined;
}
