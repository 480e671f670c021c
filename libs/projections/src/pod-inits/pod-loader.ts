/** Brings pods into memory that a batch touches: from their streams, the context of those, and the rows in force. */
import type { EventReader } from '#libs/event-store';
import { ContextBook } from '../context/context-book.js';
import type { ContextTable, Twin } from '../context/context-table.js';
import { BegunBelow, assertStillKept, isFrozen, readBelow } from '../horizon/seeds.js';
import type { Below } from '../horizon/seeds.js';
import type { Queryable } from '../queryable.js';
import { readInForce } from './in-force.js';
import type { PodInForce } from './in-force.js';
import { unseenPod } from './pod-fold.js';
import { isMoving } from './page.js';
import type { Input, Moving, PodFold } from './pod-fold.js';
import type { PodState } from './pod-cache.js';
import { everNamed, refold } from './refold.js';
import type { PodStream } from './refold.js';
import { toInput } from '../reading-log/stored-input.js';

/** Where a log and its read models are read. */
export type Sources = Readonly<{
  reader: EventReader;
  db: Queryable;
  contexts: ContextTable;
  shardId: number;
  /** From where streams are read, on what is kept of them from below it; undefined: from what is left of the log. */
  horizon?: number;
}>;

/** Streams of pods, and what is known of what lies below them. */
type PodStreams = Readonly<{ streams: readonly PodStream[]; below: Below }>;

const nothingInForce: PodInForce = {
  inits: new Map(),
  attempts: new Map(),
  findings: new Map(),
  standing: null,
  toldFrom: null,
};

/** A fold that failed, and the event at which it did. */
export type FoldFailure = Readonly<{ uid: string; error: unknown }>;

/** Pods as of `upTo`, those whose fold fails apart. `shardWide` has the gaps and server versions of the shard. */
export async function loadPods(
  sources: Sources,
  podUids: readonly string[],
  upTo: number,
  shardWide: ContextBook,
): Promise<Readonly<{ states: ReadonlyMap<string, PodState>; failures: readonly FoldFailure[] }>> {
  if (podUids.length === 0) return { states: new Map(), failures: [] };
  const [inForce, { streams, below }] = await Promise.all([
    readInForce(sources.db, sources.shardId, podUids),
    readStreams(sources, podUids, upTo),
  ]);
  const book = await bookFor(sources, streams, upTo, shardWide);
  const states = new Map<string, PodState>();
  const failures: FoldFailure[] = [];
  for (const stream of streams) {
    const { toldFrom, ...rows } = inForce.get(stream.uid) ?? nothingInForce;
    try {
      if (stream.seed === null && toldFrom !== null) assertBegunAbove(below, toldFrom);
      states.set(stream.uid, { fold: foldStream(stream, book), ...rows, telling: null });
    } catch (error) {
      failures.push({ uid: stream.uid, error });
    }
  }
  return { states, failures };
}

/**
 * Of a pod of which nothing is kept from below the horizon nothing was told there, or a fold of the rest would put less in the place of what
 * was told. What was dropped before anything was frozen is told as it was always told.
 *
 * @throws BegunBelow
 */
function assertBegunAbove(below: Below, toldFrom: number): void {
  if (isFrozen(below, toldFrom))
    throw new BegunBelow(
      `what was observed of it before position ${below.horizon} was dropped, and nothing is kept to read the rest with: what was told of it stays`,
    );
}

/** The streams of pods up to a position, with the Events of their static twins. @throws AuditError `history-expired` where some are dropped meanwhile */
export async function readPodStreams(
  sources: Sources,
  podUids: readonly string[],
  upTo: number,
): Promise<readonly PodStream[]> {
  return (await readStreams(sources, podUids, upTo)).streams;
}

/** {@link readPodStreams}, with what is known of what lies below them. */
export async function readStreams(sources: Sources, podUids: readonly string[], upTo: number): Promise<PodStreams> {
  const { contexts } = sources;
  const below = await readBelow(sources, podUids);
  const inputsOf = async (streamIds: readonly string[]): Promise<readonly Input<Moving>[]> =>
    (await readInputs(sources, streamIds, upTo)).filter(({ position }) => position >= below.horizon);
  const own = Map.groupBy(await inputsOf(podUids), ({ streamId }) => streamId);
  const pods = podUids.map((uid) => ({ uid, seed: below.seeds.get(uid) ?? null, own: own.get(uid) ?? [] }));
  const twinOf = new Map(pods.map((pod) => [pod.uid, everNamed(pod).at(-1)?.twin ?? null]));
  const twinUids = [...new Set(twinOf.values())].filter((uid) => uid !== null);
  const twins = await contexts.twins(twinUids, upTo);
  const { early } = twinUids.length > 0 && below.horizon > 0 ? await readBelow(sources, twinUids) : below;
  const ofTwins = Map.groupBy(await inputsOf(twinUids), ({ streamId }) => streamId);
  await assertStillKept(sources, below);
  const streams = pods.map((pod) => {
    const twin = twinOf.get(pod.uid) ?? '';
    return {
      ...pod,
      ofTwin: claimed(pod.uid, [...(early.get(twin) ?? []), ...(ofTwins.get(twin) ?? [])], twins),
      mirrors: twins.filter(({ uid }) => uid === twinOf.get(pod.uid)),
    };
  });
  return { streams, below };
}

/** The Events of a static pod that are this mirror's: from its first observation to that of the next; the first mirror's also before. */
function claimed(podUid: string, events: readonly Input<Moving>[], twins: readonly Twin[]): readonly Input<Moving>[] {
  return events.filter(({ streamId, position }) => {
    const mirrors = twins.filter(({ uid }) => uid === streamId);
    return (mirrors.findLast((mirror) => mirror.position <= position) ?? mirrors[0])?.podUid === podUid;
  });
}

/** Every version of whatever these pods ever named, up to a position. */
export async function bookFor(
  { contexts }: Sources,
  streams: readonly PodStream[],
  upTo: number,
  shardWide: ContextBook,
): Promise<ContextBook> {
  const book = new ContextBook();
  const known = ({ position }: Readonly<{ position: number }>): boolean => position <= upTo;
  for (const gap of shardWide.gaps.filter(known)) book.addGap(gap);
  for (const list of shardWide.lists.filter(known)) book.addList(list);
  for (const server of shardWide.servers.filter(known)) book.addServer(server);
  for (const [first, ...rest] of streams.map(({ mirrors }) => mirrors))
    if (first) book.setMirrors(first.uid, [first, ...rest]);
  const names = streams.flatMap(everNamed);
  await contexts.load(book, new Set(names.flatMap((each) => book.keysOf(each))), { upTo, newestOnly: false });
  return book;
}

function foldStream(stream: PodStream, book: ContextBook): PodFold {
  return isEmpty(stream) ? unseenPod(stream.uid) : refold(stream, book).fold;
}

/** True for a pod of which there is nothing to fold. */
export const isEmpty = ({ seed, own }: PodStream): boolean => seed === null && own.length === 0;

async function readInputs(
  { reader, shardId }: Sources,
  streamIds: readonly string[],
  upTo: number,
): Promise<readonly Input<Moving>[]> {
  if (streamIds.length === 0) return [];
  const events = await reader.readStreams(shardId, streamIds, upTo);
  return events.map(toInput).filter((input) => input !== undefined && isMoving(input));
}
