/** What was known of the subjects that pods name, as of a position. In memory; filled by whoever can read the table. */
import type {
  Context,
  GapContext,
  MirrorContext,
  NamespaceContext,
  NodeContext,
  ObservationGap,
  OwnerContext,
  WatchOpened,
} from '#libs/init-history';
import { keyOf, toNamespaceContext, toNodeContext, toOwnerContext } from './context-version.js';
import type { ContextKind, ContextVersion } from './context-version.js';
import type { PodNames } from './pod-names.js';

/** A gap and where the log tells of it. */
export type RecordedGap = Readonly<{ position: number; recordedAt: string; observation: ObservationGap }>;

/** An API server's version, known from this position on. */
export type RecordedServer = Readonly<{ position: number; minor: number }>;

/** A complete list of pods, and the observation that says so. */
export type RecordedList = Readonly<{ position: number; recordedAt: string; observation: WatchOpened }>;

/** A controller above a controller, and so on: a circle in the references, or a bad joke, ends here. */
const HIGHEST_OWNER = 8;

/**
 * Versions of nodes, owners and namespaces, each list in the order of positions. A book may hold the newest version alone
 * (while following) or all of them (while reading a stream again): a question names its position, and the answer is the last one at or before it.
 */
export class ContextBook {
  readonly #versions = new Map<string, ContextVersion[]>();
  readonly #newest = new Map<string, ContextVersion>();
  readonly #gaps: RecordedGap[] = [];
  readonly #servers: RecordedServer[] = [];
  readonly #lists: RecordedList[] = [];
  readonly #mirrors = new Map<string, readonly MirrorContext[]>();

  /** Adds a version; of one subject they come in the order of positions. */
  add(version: ContextVersion): void {
    const key = keyOf(version);
    const versions = this.#versions.get(key);
    if (versions) versions.push(version);
    else this.#versions.set(key, [version]);
    this.#newest.set(`${version.kind}:${version.uid}`, version);
  }

  /** Puts `version` in the place of all earlier ones: following never asks for what was. */
  replace(version: ContextVersion): void {
    const key = keyOf(version);
    this.#versions.delete(key);
    this.#versions.set(key, [version]);
    // The last to be forgotten: the table may not have it yet.
    this.#newest.delete(`${version.kind}:${version.uid}`);
    this.#newest.set(`${version.kind}:${version.uid}`, version);
  }

  addGap(gap: RecordedGap): void {
    this.#gaps.push(gap);
  }

  addServer(server: RecordedServer): void {
    this.#servers.push(server);
  }

  /** Adds a complete list of pods; they come in the order of positions. */
  addList(list: RecordedList): void {
    this.#lists.push(list);
  }

  /** Of a static pod: all mirrors that stood for it, in the order of positions. */
  setMirrors(twin: string, mirrors: readonly MirrorContext[]): void {
    this.#mirrors.set(twin, mirrors.map(toMirrorContext));
  }

  addMirror(twin: string, mirror: MirrorContext): void {
    this.#mirrors.set(twin, [...(this.#mirrors.get(twin) ?? []), toMirrorContext(mirror)]);
  }

  get lists(): readonly RecordedList[] {
    return this.#lists;
  }

  get gaps(): readonly RecordedGap[] {
    return this.#gaps;
  }

  get servers(): readonly RecordedServer[] {
    return this.#servers;
  }

  /** The subject that pods call by `key`, as of `position`. */
  find(key: string, position = Number.MAX_SAFE_INTEGER): ContextVersion | undefined {
    return this.#versions.get(key)?.findLast((version) => version.position <= position);
  }

  /** Remembers a subject by its uid alone: another may go by its name now. */
  note(version: ContextVersion): void {
    this.#newest.set(`${version.kind}:${version.uid}`, version);
  }

  /** The newest version of a subject, whatever it is called. */
  subject(kind: ContextKind, uid: string): ContextVersion | undefined {
    return this.#newest.get(`${kind}:${uid}`);
  }

  /** All versions of one key, in the order of positions. */
  versions(key: string): readonly ContextVersion[] {
    return this.#versions.get(key) ?? [];
  }

  /** True once the table was asked for `key`, whatever it held. */
  knows(key: string): boolean {
    return this.#versions.has(key);
  }

  /** Remembers that the table holds nothing of `key`. */
  addAbsent(key: string): void {
    if (!this.#versions.has(key)) this.#versions.set(key, []);
  }

  /** Forgets the longest unchanged keys until `limit` are left. Mirrors stay: they are read once, and then only added to. */
  trim(limit: number): void {
    dropOldest(this.#versions, limit);
    dropOldest(this.#newest, limit);
  }

  /** The keys that an account of the pod rests on as of `position`: its node, its namespace, its controllers from the nearest up. */
  keysOf(names: PodNames, position?: number): readonly string[] {
    return [
      ...(names.namespace === null ? [] : [`namespace:${names.namespace}`]),
      ...(names.node === null ? [] : [`node:${names.node}`]),
      ...this.#controllers(names, position),
    ];
  }

  /** What the derivation is told of a pod with these names, as of `position`. */
  contextOf(names: PodNames, position: number): Context {
    return {
      node: this.#node(names, position),
      owners: this.#owners(names, position),
      namespace: this.#namespace(names, position),
      gaps: this.#gaps.filter((gap) => gap.position <= position && concerns(gap, names)).map(toGapContext),
      podsListed: toListContext(this.#lists.findLast((list) => list.position <= position && concerns(list, names))),
      mirrors: this.#mirrorsOf(names, position),
      serverMinor: this.#servers.findLast((server) => server.position <= position)?.minor ?? null,
    };
  }

  #mirrorsOf({ twin }: PodNames, position: number): Context['mirrors'] {
    const all = twin === null ? undefined : this.#mirrors.get(twin);
    return all?.filter((mirror) => mirror.position <= position) ?? [];
  }

  #node({ node }: PodNames, position: number): NodeContext | null {
    const version = node === null ? undefined : this.find(`node:${node}`, position);
    return version ? toNodeContext(version) : null;
  }

  #namespace({ namespace }: PodNames, position: number): NamespaceContext | null {
    const version = namespace === null ? undefined : this.find(`namespace:${namespace}`, position);
    return version && !version.gone ? toNamespaceContext(version) : null;
  }

  #owners(names: PodNames, position: number): Readonly<Record<string, OwnerContext>> {
    const known = this.#controllers(names, position).map((key) => this.find(key, position));
    return Object.fromEntries(
      known.filter((owner) => owner !== undefined).map((owner) => [owner.uid, toOwnerContext(owner)]),
    );
  }

  #controllers({ controller }: PodNames, position?: number): readonly string[] {
    const keys: string[] = [];
    let uid = controller;
    while (uid !== null && keys.length < HIGHEST_OWNER && !keys.includes(`owner:${uid}`)) {
      const key = `owner:${uid}`;
      keys.push(key);
      const owner = this.find(key, position);
      uid = owner
        ? (toOwnerContext(owner).ownerReferences.find(({ controller: top }) => top === true)?.uid ?? null)
        : null;
    }
    return keys;
  }
}

function dropOldest(entries: Map<string, unknown>, limit: number): void {
  for (const key of entries.keys()) {
    if (entries.size <= limit) return;
    entries.delete(key);
  }
}

/** True for what is told of the watch of all namespaces, or of the pod's own. */
export const concerns = (
  { observation }: Readonly<{ observation: Readonly<{ namespace: string | null }> }>,
  { namespace }: PodNames,
): boolean => observation.namespace === null || observation.namespace === namespace;

const toGapContext = ({ position, observation: { resource, from, to, cause } }: RecordedGap): GapContext => ({
  position,
  resource,
  from,
  to,
  cause,
});

/** No more than that, wherever it was read: it is told as it stands in the context. */
const toMirrorContext = ({ podUid, position }: MirrorContext): MirrorContext => ({ podUid, position });

const toListContext = (list: RecordedList | undefined): Context['podsListed'] =>
  list ? { position: list.position, resourceVersion: list.observation.resourceVersion } : null;
