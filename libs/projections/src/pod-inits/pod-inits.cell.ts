import { setImmediate } from 'node:timers/promises';
import type { KubeEventObserved, ObservationGap, PodAccount, StuckLimits, WatchOpened } from '#libs/init-history';
import type { Recorded } from '#libs/event-store';
import { concerns } from '../context/context-book.js';
import { keyOf, kindOf, nextVersion, tellsOtherwise, toObservation } from '../context/context-version.js';
import type { ContextObserved } from '../context/context-version.js';
import { toWatchDoc, toWatchOpened } from '../context/watch-doc.js';
import type { Batch, Cell } from '../following/projection.js';
import type { Baselines } from '../statistics/baselines.js';
import { expectedBaselines } from '../statistics/expected-baselines.js';
import { BatchRows } from './batch-rows.js';
import { writeBatch } from './batch-tables.js';
import type { CellMemory } from './cell-memory.js';
import type { LivingPods } from './living-pods.js';
import { isOfContext, isOfStaticPod, isPodsList, mayBeShardWide } from './page.js';
import type { PodState } from './pod-cache.js';
import type { Input, Moving } from './pod-fold.js';
import type { FoldFailure } from './pod-loader.js';
import { isServedAlike } from './same-served.js';
import { standingBefore, standingOf } from './standing.js';
import type { StaticTwins } from './static-twins.js';
import { toInput } from '../reading-log/stored-input.js';
import { NewerEvent } from '../reading-log/upcasters.js';
import { hear, rowsOf, tellingOf } from './tell.js';
import type { Heard } from './tell.js';

/** What one shard's cell is made of. */
export type CellParts = Readonly<{
  shardId: number;
  /** Name of the projection. */
  name: string;
  memory: CellMemory;
  living: LivingPods;
  twins: StaticTwins;
  baselines: Baselines;
  limits: StuckLimits;
  /** A stream was parked. */
  onParked: (failure: FoldFailure & Readonly<{ shardId: number; position: number }>) => void;
}>;

/** Pods alive at a gap are folded this many at a time. */
const PODS_AT_ONCE = 1_000;

/** For so long a fold may keep the process from answering or recording, and each statement of the batch that is being written from following the one before. */
const UNINTERRUPTED_MS = 1.5;

/**
 * The pod projection of one shard: folds each event into the pods that it concerns, and makes rows of what is then told otherwise.
 * A pod at which the fold fails is parked; the others go on.
 */
export class PodInitsCell implements Cell {
  #rows: BatchRows;

  constructor(private readonly parts: CellParts) {
    this.#rows = new BatchRows(parts.shardId);
  }

  isAlone({ type }: Recorded): boolean {
    return mayBeShardWide(type);
  }

  async fold(page: readonly Recorded[]): Promise<Batch> {
    this.#begin();
    return this.#batch(await this.#foldIn(page), page);
  }

  leaveOut(event: Recorded, error: unknown): Promise<Batch> {
    this.#begin();
    this.#park({ uid: event.streamId, error }, event);
    return Promise.resolve(this.#batch(1, [event]));
  }

  #begin(): void {
    this.#rows = new BatchRows(this.parts.shardId);
    this.parts.memory.begin();
  }

  #batch(events: number, page: readonly Recorded[]): Batch {
    const { shardId, memory, baselines } = this.parts;
    const rows = this.#rows;
    let position = -1;
    const reach = (last: Recorded | undefined): void => {
      position = last?.position ?? position;
      memory.folded(position);
    };
    reach(page[events - 1]);
    return {
      events,
      more: async (next) => {
        const added = await this.#foldIn(next);
        reach(next[added - 1]);
        return added;
      },
      write: (db) => writeBatch(db, shardId, rows),
      committed: () => {
        memory.committed(position);
        baselines.committed(position);
      },
    };
  }

  /** Folds the first events of `page` into the batch that was begun last. @returns how many */
  async #foldIn(page: readonly Recorded[]): Promise<number> {
    const { memory, baselines } = this.parts;
    const read = readable(page);
    const { events, failures } = await memory.load(read.map(({ input }) => input));
    const folded = read.slice(0, events);
    const [first, last] = [folded[0], folded.at(-1)];
    if (!first || !last) return 0;
    for (const failure of failures) this.#park(failure, last.event);
    const inputs = folded.flatMap(({ input }) => input ?? []);
    await baselines.prepare(expectedBaselines(inputs, memory.book), Date.parse(first.event.recordedAt));
    let begun = performance.now();
    for (const { event, input, error } of folded) {
      if (performance.now() - begun > UNINTERRUPTED_MS) {
        await setImmediate();
        begun = performance.now();
      }
      if (input) await this.#apply(input);
      else if (error !== undefined) this.#park({ uid: event.streamId, error }, event);
    }
    return events;
  }

  async #apply(input: Input): Promise<void> {
    const { observation, streamId } = input;
    if (isOfContext(observation)) return this.#applyContext({ ...input, observation });
    switch (observation.type) {
      case 'PodObserved':
      case 'PodGone':
        return this.#touch(streamId, { ...input, observation });
      case 'KubeEventObserved':
        return this.#applyEvent({ ...input, observation });
      case 'WatchOpened':
        return this.#applyWatch({ ...input, observation });
      case 'ObservationGap':
        return this.#applyGap({ ...input, observation });
      // A log says nothing of what happened: it is answered from the record itself.
      case 'InitLogCaptured':
      case 'HistoryForked':
      case 'ReducerChanged':
        return undefined;
    }
  }

  /** An Event of a static pod is set aside until its mirror is seen. */
  async #applyEvent(input: Input<KubeEventObserved>): Promise<void> {
    const { twins } = this.parts;
    const podUid = isOfStaticPod(input.observation) ? twins.mirrorOf(input.streamId) : input.streamId;
    this.#rows.addKubeEvent(input, podUid ?? input.streamId);
    if (podUid === undefined) twins.setAside(input);
    else await this.#touch(podUid, input);
  }

  /** What a complete list of pods does not have, and Events tell of, will be shown by no frame. */
  async #applyWatch(input: Input<WatchOpened>): Promise<void> {
    const { memory, living } = this.parts;
    const { via, receivedAt } = input.observation;
    const doc = toWatchDoc(input.observation);
    this.#rows.addWatch(input);
    if (doc.serverMinor !== null) memory.book.addServer({ position: input.position, minor: doc.serverMinor });
    if (!isPodsList(input)) return;
    const list = { ...input, observation: toWatchOpened(doc, via, receivedAt) };
    memory.book.addList(list);
    await this.#touchAll(await living.unresolvedIn(doc.namespace), list);
  }

  /** Context that comes later corrects every living pod that names it, at its own position. */
  async #applyContext(input: Input<ContextObserved>): Promise<void> {
    const { book } = this.parts.memory;
    const version = nextVersion(book.subject(kindOf(input.observation), input.streamId), input);
    const key = keyOf(version);
    const before = book.find(key);
    const pods = this.parts.living.on(key);
    this.#rows.addContext(version);
    book.replace(version);
    if (!tellsOtherwise(before, version)) return;
    for (const uid of pods) await this.#touch(uid, { ...input, observation: toObservation(version) });
  }

  async #applyGap(input: Input<ObservationGap>): Promise<void> {
    const { memory, living } = this.parts;
    const pods = await living.in(input.observation.namespace);
    this.#rows.addGap(input, pods.length);
    memory.book.addGap(input);
    await this.#touchAll(pods, input);
  }

  /** What concerns pods by their namespace; it is a batch of its own, so that each can be read as of the bookmark. */
  async #touchAll(pods: readonly string[], input: Input<ObservationGap | WatchOpened>): Promise<void> {
    const { memory } = this.parts;
    for (let from = 0; from < pods.length; from += PODS_AT_ONCE) {
      const some = pods.slice(from, from + PODS_AT_ONCE);
      for (const failure of await memory.loadPods(some)) this.#park(failure, input);
      for (const uid of some) {
        const names = memory.find(uid)?.fold.names;
        if (names && concerns(input, names)) await this.#touch(uid, input);
      }
      memory.trim();
    }
  }

  async #touch(podUid: string, input: Input<Moving>): Promise<void> {
    const { memory, twins } = this.parts;
    const before = memory.find(podUid);
    if (!before) return;
    const heard = this.#guarded(podUid, input, () =>
      hear(before.fold, input, memory.book, (twin) => twins.early(twin)),
    );
    if (!heard) return;
    const standing = heard.account && (await this.#standing(heard.account, before, input));
    const told = this.#guarded(podUid, input, () => ({ telling: tellingOf(heard, standing) }));
    if (!told) return;
    const state = { ...before, ...told, fold: heard.fold, standing };
    if (isServedAlike(told.telling, before.telling)) memory.set(podUid, state);
    else if (!this.#moveRows(podUid, state, input)) return;
    this.#note(podUid, before, heard, input);
  }

  /** Opens and closes versions of the pod's rows. False if that parked the pod. */
  #moveRows(podUid: string, state: PodState, { position, recordedAt }: Input): boolean {
    const moment = { shardId: this.parts.shardId, position, recordedAt };
    const rows = this.#guarded(podUid, moment, () => rowsOf(state.telling, moment));
    if (!rows) return false;
    const { inForce, counts } = this.#rows.move(podUid, state, rows, position);
    for (const count of counts) this.parts.baselines.add(count);
    this.parts.memory.set(podUid, { ...state, ...inForce });
    return true;
  }

  /** What the pod's fold says beside its rows. */
  #note(podUid: string, before: PodState, { fold, happenings, claims }: Heard, input: Input): void {
    const { twins, living } = this.parts;
    if (claims !== null) {
      if (twins.mirrorOf(claims) === undefined) this.#rows.claims.push({ twin: claims, podUid });
      this.#rows.addTwin(claims, podUid, input);
      twins.claim(claims, podUid);
      this.parts.memory.book.addMirror(claims, { podUid, position: input.position });
    }
    this.#rows.addHappenings({ uid: podUid, namespace: fold.names.namespace ?? '' }, input.position, happenings);
    living.move(podUid, { from: before.fold.keys, to: fold.keys }, this.#rows);
  }

  async #standing(account: PodAccount, before: PodState, input: Input): Promise<PodState['standing']> {
    const { baselines, limits } = this.parts;
    const { namespace, namespaceUid, workload } = account;
    return standingOf(account, standingBefore(before.standing), limits, (container) =>
      baselines.of(
        {
          namespace,
          namespaceUid: namespaceUid ?? '',
          workloadKind: workload.kind,
          workloadName: workload.name,
          container,
        },
        Date.parse(input.recordedAt),
      ),
    );
  }

  #guarded<Result>(
    podUid: string,
    input: Pick<Input, 'position' | 'recordedAt'>,
    pure: () => Result,
  ): Result | undefined {
    try {
      return pure();
    } catch (error) {
      this.#park({ uid: podUid, error }, input);
      return undefined;
    }
  }

  #park(
    { uid, error }: FoldFailure,
    { position, recordedAt }: Readonly<{ position: number; recordedAt: string }>,
  ): void {
    if (!this.parts.memory.park(uid)) return;
    this.parts.onParked({ shardId: this.parts.shardId, uid, error, position });
    this.#rows.quarantined.push({
      shard_id: this.parts.shardId,
      name: this.parts.name,
      stream_id: uid,
      position,
      recorded_at: recordedAt,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  }
}

type ReadEvent = Readonly<{ event: Recorded; input: Input | undefined; error?: unknown }>;

/**
 * The events of `page` that this version can read, up to the first that a newer one wrote.
 *
 * @throws NewerEvent where that is the first of all
 */
function readable(page: readonly Recorded[]): readonly ReadEvent[] {
  const read = page.map(readEvent);
  const newer = read.findIndex(({ error }) => error instanceof NewerEvent);
  if (newer === 0) throw read[0]?.error;
  return newer === -1 ? read : read.slice(0, newer);
}

function readEvent(event: Recorded): ReadEvent {
  try {
    return { event, input: toInput(event) };
  } catch (error) {
    return { event, input: undefined, error };
  }
}
