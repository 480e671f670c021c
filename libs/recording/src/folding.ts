import type { Recorded } from '#libs/event-store';
import { compareResourceVersions } from '#libs/kubernetes';
import { Ahead } from './ahead.js';
import type { KnownScope, Knowledge } from './knowledge.js';
import type { Piece } from './kept-state/index.js';
import { TailLedger } from './log-tails/index.js';
import { KnownParts, readParts, resourceVersionIn, subjectStream } from './reducing/index.js';

/** What a recorder knows, regained from the log. */
export type Folded = Knowledge &
  Readonly<{
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
export type FoldingChoice = Readonly<{
  shardId: number;
  /** Empty: all namespaces. */
  namespaces: readonly string[];
  /** The position that is stored for the pods of a scope. */
  podsPosition: (scope: string) => string | undefined;
  /** Whether the logs of failed attempts are recorded. */
  logTails: boolean;
}>;

const mostOwners = 50_000;
/** Kubernetes keeps an Event for one hour, OpenShift for three: of older ones nothing can come again. */
const eventsMatterMs = 4 * 3_600_000;

/** Events of a log laid over one another, and over what was kept of those before them. */
export class Folding {
  private readonly scopes = new Map<string, KnownScope>();
  private readonly nodes = new KnownParts();
  private readonly owners = new KnownParts();
  private readonly namespaces = new KnownParts();
  /** The scope of each live pod; those outside of every scope have none. */
  private readonly scopeOf = new Map<string, string | undefined>();
  private readonly tails: TailLedger | undefined;
  private reducer: number | null = null;
  private knownUntil: string | null = null;
  private receivedUntil: string | null = null;
  private count = 0;

  constructor(readonly choice: FoldingChoice) {
    if (choice.logTails) this.tails = new TailLedger();
    for (const scope of choice.namespaces.length > 0 ? choice.namespaces : ['']) {
      this.scopes.set(scope, { pods: new KnownParts(), events: new KnownParts(), ahead: new Ahead() });
    }
  }

  get result(): Folded {
    const { scopes, nodes, owners, namespaces, tails, reducer, knownUntil, receivedUntil, count } = this;
    return { scopes, nodes, owners, namespaces, tails, reducer, knownUntil, receivedUntil, count };
  }

  /**
   * Takes a piece of what was kept.
   *
   * @param at when the last event was recorded that is in it, RFC 3339
   * @throws RangeError for a piece that no state of these scopes has
   */
  load(piece: Piece, at: string): void {
    switch (piece.of) {
      case 'tails':
        return this.tails?.load(piece.tails);
      case 'ahead':
        for (const [stream, resourceVersion] of piece.ahead) this.noteAheadOf(piece.scope, stream, resourceVersion);
        return;
      case 'pods':
        this.scope(piece.scope).pods.load(piece.known);
        for (const [stream] of piece.known.subjects) this.scopeOf.set(stream, piece.scope);
        return;
      case 'events':
        if (isRecent(at)) this.scope(piece.scope).events.load(piece.known);
        return;
      case 'nodes':
      case 'owners':
      case 'namespaces':
        return this[piece.of].load(piece.known);
    }
  }

  /** Folds the next event in. */
  fold(event: Recorded): void {
    this.count += 1;
    const { body } = event;
    this.note(event);
    // An erased body takes its knowledge along: the subject's next frame restates what it still says.
    if (body !== null) this.foldBody(event, body);
  }

  /** Begins after the event that is the last in what was loaded. */
  begin(last: Recorded): void {
    this.note(last);
  }

  private note({ recordedAt, body }: Recorded): void {
    this.knownUntil = recordedAt;
    if (body === null) return;
    const reducer = /"reducer":(\d+)/.exec(body.slice(0, 200))?.[1];
    if (reducer !== undefined) this.reducer = Number(reducer);
    const received = /"receivedAt":"([^"]*)"/.exec(body.slice(0, 300))?.[1];
    if (received !== undefined && received > (this.receivedUntil ?? '')) this.receivedUntil = received;
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
    const named = metadata ? nameIn(metadata) : this.tails.nameOf(stream);
    if (named) this.tails.look({ stream, ...named, resourceVersion: null }, parts);
  }

  private foldTail(stream: string, body: string): void {
    const { container, containerId } = JSON.parse(body) as Record<'container' | 'containerId', string>;
    if (this.scopeOf.has(stream)) this.tails?.captured(stream, container, containerId);
  }

  private forgetPod(stream: string, body: string): void {
    const scope = this.scopeOf.get(stream);
    this.scopeOf.delete(stream);
    this.tails?.forget(stream);
    if (scope === undefined) return;
    this.scopes.get(scope)?.pods.delete(stream);
    this.noteAhead(scope, stream, body);
  }

  /** Frames between the stored position and what was written of a pod will come again, and must add nothing. */
  private noteAhead(scope: string, stream: string, body: string): void {
    const resourceVersion = resourceVersionIn(body);
    if (resourceVersion !== undefined) this.noteAheadOf(scope, stream, resourceVersion);
  }

  private noteAheadOf(scope: string, stream: string, resourceVersion: string): void {
    const position = this.choice.podsPosition(scope);
    if (position === undefined) return;
    if ((compareResourceVersions(resourceVersion, position) ?? 0) > 0) {
      this.scopes.get(scope)?.ahead.note(stream, resourceVersion);
    }
  }

  /** Owners are not watched, so their end is not seen: the oldest are forgotten. One that is read again is recorded again. */
  private foldOwner(stream: string, body: string): void {
    foldSubject(this.owners, stream, body);
    const [oldest] = this.owners.uids();
    if (oldest !== undefined && this.owners.size > mostOwners) this.owners.delete(oldest);
  }

  private foldEvent(recordedAt: string, body: string): void {
    if (!isRecent(recordedAt)) return;
    const { parts, writes } = readParts(body);
    const event = parts.get('event');
    if (event === null || event === undefined) return;
    const { uid, namespace } = JSON.parse(event) as { uid: string; namespace?: string };
    const scope = this.scopeNamed(namespace);
    if (scope !== undefined) this.scopes.get(scope)?.events.lay(subjectStream(uid), parts, writes);
  }

  private scope(name: string): KnownScope {
    const scope = this.scopes.get(name);
    if (!scope) throw new RangeError(`There is no scope ${name}`);
    return scope;
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

function nameIn(metadata: string): Readonly<{ uid: string; namespace: string; pod: string }> {
  const { uid, namespace, name } = JSON.parse(metadata) as Record<'uid' | 'namespace' | 'name', string>;
  return { uid, namespace, pod: name };
}

const isRecent = (recordedAt: string) => Date.now() - Date.parse(recordedAt) <= eventsMatterMs;
