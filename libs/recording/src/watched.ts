import type { IsReadSpec, KubernetesObject, Resource, Slice } from '#libs/kubernetes';
import type { Draft, KnownParts, Source } from './reducing/index.js';

/** The span in which something went unseen: RFC 3339, and the resourceVersion of the list that showed it. */
export type Absence = Readonly<{ lastSeen: string; foundMissing: string; listResourceVersion: string }>;

/** Makes drafts of what was found out, in the turn in which they are appended: what is known and what is queued must stay in step. */
export type MakeDrafts = () => readonly Draft[];

/** What is watched, and how its objects become observations. One for each watch: it knows what that watch has shown. */
export type Watched = Readonly<{
  resource: Resource;
  /** Null: all namespaces, or a resource that has none. */
  namespace: string | null;
  /** Only what is in this part of the cluster. */
  slice?: Slice | undefined;
  fieldSelector?: string;
  metadataOnly?: boolean;
  /** How long this watch may be silent, in milliseconds; without it, as long as bookmarks allow. */
  silentAfterMs?: number;
  /** Whether a spec was read before: then it is not read again. */
  isReadSpec?: IsReadSpec;
  /** What is known of the living, by their streams. */
  known: KnownParts;
  /** Told before nothing is known any more of one that lives: what is held back of it goes. */
  forgotten?(stream: string): void;
  /** What should be recorded before these objects, and is not known yet. */
  before?(objects: readonly KubernetesObject[], source: Source): Promise<MakeDrafts>;
  /** The same of all of these objects, known or not. */
  again?(objects: readonly KubernetesObject[], source: Source): Promise<MakeDrafts>;
  /** What an object shows that was not known. `after`: the position that its frame follows; null in a list. */
  observed(object: KubernetesObject, source: Source, after: string | null): readonly Draft[];
  /** The object is no more: its last frame. */
  gone(object: KubernetesObject, source: Source): readonly Draft[];
  /** A known one, by its stream, was absent from a complete list. */
  missing(stream: string, source: Source, absence: Absence): readonly Draft[];
  /** The newest position that may be stored once all frames up to `seen` were taken: older where something is held back. */
  storable?(seen: string): string;
  /** When the first of what is held back is due, in epoch milliseconds. */
  readonly nextDue?: number;
  /** What was held back until now; with `all`, everything that is. */
  due?(now: number, all?: boolean): readonly Draft[];
}>;

/** The name under which a watch keeps its position. */
export function watchName({ resource, namespace }: Pick<Watched, 'resource' | 'namespace'>): string {
  return namespace === null ? resource.name : `${resource.name}/${namespace}`;
}
