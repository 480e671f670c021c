import { ContextBook } from '../context/context-book.js';
import { keyOf, kindOf, nextVersion } from '../context/context-version.js';
import type { ContextKind } from '../context/context-version.js';
import type { LivingPods } from './living-pods.js';
import { isOfContext, isShardWide, needsOf } from './page.js';
import type { Needs } from './page.js';
import { PodCache } from './pod-cache.js';
import type { PodState } from './pod-cache.js';
import type { Input } from './pod-fold.js';
import { loadPods } from './pod-loader.js';
import type { FoldFailure, Sources } from './pod-loader.js';
import type { StaticTwins } from './static-twins.js';

/** Pods whose histories are kept between batches. */
const PODS_KEPT = 5_000;

/** Nodes, owners and namespaces kept between batches. */
const CONTEXT_KEPT = 50_000;

/** Pods that one batch may touch because something that they name changed; what would touch more begins the next batch. */
const FAN_OUT = 5_000;

/** What a cell is made of to remember. */
export type MemoryParts = Readonly<{
  sources: Sources;
  living: LivingPods;
  twins: StaticTwins;
  parked: ReadonlySet<string>;
}>;

/** What a cell has in memory: brought there for each page before it is folded, so that folding itself waits for nothing but baselines. */
export class CellMemory {
  readonly book = new ContextBook();
  readonly #pods = new PodCache(PODS_KEPT);
  readonly #parked: Set<string>;
  /** Up to here all is in the tables. */
  #position: number;
  /** Up to here all is folded: beyond the tables by the batch that is being written. */
  #folded: number;

  constructor(
    private readonly parts: MemoryParts,
    position: number,
  ) {
    this.#position = position;
    this.#folded = position;
    this.#parked = new Set(parts.parked);
  }

  /** Reads what concerns all pods of the shard. Once, first. */
  async open(): Promise<void> {
    await this.parts.sources.contexts.loadShardWide(this.book, this.#position);
  }

  /** A batch begins. What the one before the last changed is in the tables. */
  begin(): void {
    this.#pods.begin();
    this.parts.living.begin();
  }

  /** All up to `position` is folded. */
  folded(position: number): void {
    this.#folded = position;
  }

  /**
   * Brings into memory what folding the first of `inputs` needs.
   *
   * @returns how many: a gap or a complete list, which concern pods that they do not name, are a batch each, and so is what fans out too widely
   */
  async load(
    inputs: readonly (Input | undefined)[],
  ): Promise<Readonly<{ events: number; failures: readonly FoldFailure[] }>> {
    const first = inputs[0];
    if (first && isShardWide(first)) return { events: 1, failures: [] };
    const gap = inputs.findIndex((input) => input !== undefined && isShardWide(input));
    const some = gap === -1 ? inputs : inputs.slice(0, gap);
    const needs = needsOf(some.filter((input) => input !== undefined));
    await this.#loadContext(needs);
    const touched = await this.#movedBy(some);
    const events = eventsThatFit(touched);
    const mirrors = needs.twins.flatMap((twin) => this.parts.twins.mirrorOf(twin) ?? []);
    return { events, failures: await this.loadPods([...needs.pods, ...mirrors, ...touched.slice(0, events).flat()]) };
  }

  /** Brings pods into memory as of the bookmark; those whose stream cannot be folded are named. */
  async loadPods(podUids: readonly string[]): Promise<readonly FoldFailure[]> {
    const missing = [...new Set(podUids)].filter((uid) => !this.#pods.has(uid) && !this.#parked.has(uid));
    const { states, failures } = await loadPods(this.parts.sources, missing, this.#position, this.book);
    for (const [uid, state] of states) this.#pods.keep(uid, state);
    const keys = [...states.values()].flatMap(({ fold }) => this.book.keysOf(fold.names));
    await this.parts.sources.contexts.load(this.book, keys, { upTo: this.#position, newestOnly: true });
    return failures;
  }

  /** A pod as of the event that is being folded; undefined for one that is parked. */
  find(podUid: string): PodState | undefined {
    return this.#parked.has(podUid) ? undefined : this.#pods.find(podUid);
  }

  set(podUid: string, state: PodState): void {
    this.#pods.set(podUid, state);
  }

  /** From now on the stream moves nothing. False if it was parked already. */
  park(podUid: string): boolean {
    if (this.#parked.has(podUid)) return false;
    this.#parked.add(podUid);
    this.#pods.delete(podUid);
    return true;
  }

  /** What was folded up to `position` is in the tables: what is dropped from memory now can be read from there. */
  committed(position: number): void {
    this.#position = position;
    this.parts.living.committed();
    this.parts.twins.committed();
    this.book.trim(CONTEXT_KEPT);
    this.#pods.trim();
  }

  /** Drops pods above the limit. Only where no pod is touched twice before the commit. */
  trim(): void {
    this.#pods.trimAll();
  }

  async #loadContext({ keys, subjects, twins, pods }: Needs): Promise<void> {
    const { contexts } = this.parts.sources;
    for (const kind of ['node', 'owner', 'namespace'] as const) await this.#loadSubjects(kind, subjects[kind]);
    const known = pods.flatMap((uid) => this.#pods.find(uid)?.fold.keys ?? []);
    await contexts.load(this.book, [...keys, ...known], { upTo: this.#position, newestOnly: true });
    await this.parts.twins.load(twins, this.#folded, this.book);
  }

  async #loadSubjects(kind: ContextKind, uids: readonly string[]): Promise<void> {
    const unknown = uids.filter((uid) => this.book.subject(kind, uid) === undefined);
    const versions = await this.parts.sources.contexts.subjects(kind, unknown, this.#position);
    for (const version of versions) this.book.note(version);
  }

  /** The pods that each input may move by what they name of it: none for observations of pods. */
  async #movedBy(inputs: readonly (Input | undefined)[]): Promise<readonly (readonly string[])[]> {
    const keys = inputs.map((input) => (input ? this.#keyOf(input) : undefined));
    const moved = keys.filter((key) => key !== undefined);
    await this.parts.living.load(moved);
    await this.parts.sources.contexts.load(this.book, moved, { upTo: this.#position, newestOnly: true });
    return keys.map((key) => (key === undefined ? [] : this.parts.living.on(key)));
  }

  #keyOf({ streamId, observation }: Input): string | undefined {
    if (!isOfContext(observation)) return undefined;
    const before = this.book.subject(kindOf(observation), streamId);
    return keyOf(nextVersion(before, { streamId, position: -1, recordedAt: '', observation }));
  }
}

/** How many inputs touch no more than the fan-out allows; one at least. */
function eventsThatFit(touched: readonly (readonly string[])[]): number {
  let sum = 0;
  const over = touched.findIndex((pods, index) => (sum += pods.length) > FAN_OUT && index > 0);
  return over === -1 ? touched.length : over;
}
