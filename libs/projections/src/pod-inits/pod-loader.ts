/** Brings pods into memory that a batch touches: from their streams, the context of those, and the rows in force. */
import type { EventReader } from '#libs/event-store';
import { ContextBook } from '../context/context-book.js';
import type { ContextTable, Twin } from '../context/context-table.js';
import type { Queryable } from '../queryable.js';
import { readInForce } from './in-force.js';
import type { PodInForce } from './in-force.js';
import { unseenPod } from './pod-fold.js';
import { isMoving } from './page.js';
import type { Input, Moving } from './pod-fold.js';
import type { PodState } from './pod-cache.js';
import { everNamed, refold } from './refold.js';
import type { PodStream, Refolded } from './refold.js';
import { toInput } from '../reading-log/stored-input.js';

/** Where a log and its read models are read. */
export type Sources = Readonly<{ reader: EventReader; db: Queryable; contexts: ContextTable; shardId: number }>;

const nothingInForce: PodInForce = {
  inits: new Map(),
  attempts: new Map(),
  findings: new Map(),
  standing: null,
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
  const [inForce, streams] = await Promise.all([
    readInForce(sources.db, sources.shardId, podUids),
    readPodStreams(sources, podUids, upTo),
  ]);
  const book = await bookFor(sources, streams, upTo, shardWide);
  const states = new Map<string, PodState>();
  const failures: FoldFailure[] = [];
  for (const stream of streams) {
    try {
      const { fold } = foldStream(stream, book);
      states.set(stream.uid, { fold, ...(inForce.get(stream.uid) ?? nothingInForce), telling: null });
    } catch (error) {
      failures.push({ uid: stream.uid, error });
    }
  }
  return { states, failures };
}

/** The streams of pods up to a position, with the Events of their static twins. */
export async function readPodStreams(
  { reader, contexts, shardId }: Sources,
  podUids: readonly string[],
  upTo: number,
): Promise<readonly PodStream[]> {
  const own = Map.groupBy(await readInputs(reader, shardId, podUids, upTo), ({ streamId }) => streamId);
  const twinOf = new Map(podUids.map((uid) => [uid, everNamed(own.get(uid) ?? []).at(-1)?.twin ?? null]));
  const twinUids = [...new Set(twinOf.values())].filter((uid) => uid !== null);
  const twins = await contexts.twins(twinUids, upTo);
  const ofTwins = Map.groupBy(await readInputs(reader, shardId, twinUids, upTo), ({ streamId }) => streamId);
  return podUids.map((uid) => ({
    uid,
    own: own.get(uid) ?? [],
    ofTwin: claimed(uid, ofTwins.get(twinOf.get(uid) ?? '') ?? [], twins),
    mirrors: twins.filter((twin) => twin.uid === twinOf.get(uid)),
  }));
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
  const names = streams.flatMap(({ own }) => everNamed(own));
  await contexts.load(book, new Set(names.flatMap((each) => book.keysOf(each))), { upTo, newestOnly: false });
  return book;
}

function foldStream(stream: PodStream, book: ContextBook): Refolded {
  return stream.own.length === 0 ? { fold: unseenPod(stream.uid), happened: [], steps: [] } : refold(stream, book);
}

async function readInputs(
  reader: EventReader,
  shardId: number,
  streamIds: readonly string[],
  upTo: number,
): Promise<readonly Input<Moving>[]> {
  if (streamIds.length === 0) return [];
  const events = await reader.readStreams(shardId, streamIds, upTo);
  return events.map(toInput).filter((input) => input !== undefined && isMoving(input));
}
