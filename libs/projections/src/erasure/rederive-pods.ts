/** Derives pods again from what is left of their streams, and puts that in the place of what was told of them. */
import { EventReader } from '#libs/event-store';
import type { StuckLimits } from '#libs/init-history';
import { errorCode, isConnectionError } from '#libs/platform';
import { ContextBook } from '../context/context-book.js';
import { ContextTable } from '../context/context-table.js';
import { takeAwayFrom, toldFrom } from '../horizon/above.js';
import { readBelow } from '../horizon/seeds.js';
import type { Queryable } from '../queryable.js';
import { BatchRows } from '../pod-inits/batch-rows.js';
import { writeBatch } from '../pod-inits/batch-tables.js';
import { readInForce, readStandings } from '../pod-inits/in-force.js';
import { isOfStaticPod } from '../pod-inits/page.js';
import type { Standing } from '../pod-inits/pod-cache.js';
import { podInitsName } from '../pod-inits/pod-inits.projection.js';
import { bookFor, readPodStreams } from '../pod-inits/pod-loader.js';
import { refold, type FoldedAt, type PodStream } from '../pod-inits/refold.js';
import { standingOf, type AskBaseline } from '../pod-inits/standing.js';
import { accountOf, rowsOf, tellingOf } from '../pod-inits/tell.js';
import type { Count, InForce, RowsInForce } from '../pod-inits/version-ledger.js';
import type { BaselineKey } from '../statistics/baselines.js';
import { baselineThen, type Turn } from './baseline-then.js';
import type { Extent } from './extent.js';
import { unsay } from './unsay.js';
import { OldHappenings } from './old-happenings.js';

/**
 * What each of these pods was told to be goes, and what its stream comes to now is written. A pod keeps the thresholds of the places where it
 * stood; one that stands elsewhere now gets that which it would have been given then. One whose stream cannot be folded is parked.
 */
export async function rederivePods(extent: Extent, pods: readonly string[], limits: StuckLimits): Promise<void> {
  const { db, shardId } = extent;
  const happenings = new OldHappenings();
  const stood = new Map<string, ReadonlyMap<string, Standing>>();
  for (const uid of pods) stood.set(uid, await takeAway(extent, uid, happenings));
  const reading = await readingOf(extent);
  const apart = new Map<string, readonly Count[]>();
  for (const uid of pods) apart.set(uid, await countsOf(reading, uid, limits));
  const asking: Asking = (turn, key) => baselineThen({ db, shardId, apart }, key, turn);
  for (const [uid, standings] of stood) {
    const rows = await orParked(extent, uid, async () => {
      const pod = await reading(uid);
      const told = new BatchRows(shardId);
      if (pod) await tell(told, pod, { standings, limits, asking });
      return told;
    });
    const numbered = await happenings.number(db, rows.happenings);
    rows.happenings.splice(0, rows.happenings.length, ...numbered);
    await openStats(db, rows);
    await writeBatch(db, shardId, rows);
    // From now on it is in the tables.
    apart.delete(uid);
  }
}

/** A pod folded again; undefined where nothing is left of it, or nothing that is a pod's. */
type Reading = (uid: string) => Promise<Folded | undefined>;
type Folded = Readonly<{
  uid: string;
  steps: readonly FoldedAt[];
  book: ContextBook;
  /** What it rests on before the first of these steps. */
  keys: readonly string[];
  /** What is frozen of it, and in force before the first of these steps. */
  inForce: RowsInForce | undefined;
}>;

async function readingOf({ db, shardId, upTo: { position: upTo } }: Extent): Promise<Reading> {
  const contexts = new ContextTable(db, shardId);
  const sources = { reader: new EventReader(db), db, contexts, shardId };
  const shardWide = new ContextBook();
  await contexts.loadShardWide(shardWide, upTo);
  const frozen = new Map<string, RowsInForce | undefined>();
  return async (uid) => {
    const [stream] = await readPodStreams(sources, [uid], upTo);
    if (!frozen.has(uid)) frozen.set(uid, (await readInForce(db, shardId, [uid])).get(uid));
    const inForce = frozen.get(uid);
    if (!stream || isLeftAsItIs(stream, inForce)) return undefined;
    const book = await bookFor(sources, [stream], upTo, shardWide);
    return { uid, steps: refold(stream, book).steps, book, keys: stream.seed?.fold.keys ?? [], inForce };
  };
}

/** Of a static pod; or nothing is kept to read the rest with: then what is frozen of it is all that is told. */
const isLeftAsItIs = ({ seed, own }: PodStream, inForce: RowsInForce | undefined): boolean =>
  seed === null && (inForce !== undefined || own.every(({ observation }) => isOfStaticPod(observation)));

/**
 * What a pod was told to be goes from the tables, but for what is frozen, and what that counted for is taken back.
 *
 * @returns the places where it stood
 */
async function takeAway(
  { db, shardId, upTo, erased, unsaid }: Extent,
  uid: string,
  happenings: OldHappenings,
): Promise<ReadonlyMap<string, Standing>> {
  const from = erased.has(uid) ? 0 : toldFrom(await readBelow({ db, shardId }, []));
  const before = (await readInForce(db, shardId, [uid])).get(uid);
  const standings = await readStandings(db, shardId, uid);
  const rows = new BatchRows(shardId);
  count(rows, before, -1, upTo.position);
  await happenings.take(db, shardId, uid, from);
  await takeAwayFrom(db, shardId, uid, from);
  if (from > 0 && unsaid) await unsay(db, { shardId, uid, from }, unsaid.pods.get(uid), unsaid.mark);
  count(rows, (await readInForce(db, shardId, [uid])).get(uid), 1, upTo.position);
  await openStats(db, rows);
  await writeBatch(db, shardId, rows);
  return standings;
}

/** What these versions count for counts no more (-1), or again (1). */
function count(rows: BatchRows, told: RowsInForce | undefined, times: 1 | -1, position: number): void {
  const counted: readonly InForce[] = [...(told?.inits.values() ?? []), ...(told?.attempts.values() ?? [])];
  for (const { contribution } of counted)
    for (const each of contribution ?? []) rows.stats.add({ contribution: each, times, position });
}

/** What a pod counts for, by position: no threshold bears on that. */
async function countsOf(reading: Reading, uid: string, limits: StuckLimits): Promise<readonly Count[]> {
  try {
    const pod = await reading(uid);
    const counts: Count[] = [];
    const nobody = { standings: new Map<string, Standing>(), limits, asking: () => Promise.resolve(null) };
    if (pod) await tell(new BatchRows(-1), pod, nobody, (some) => counts.push(...some));
    return counts;
  } catch (error) {
    if (isOfDatabase(error)) throw error;
    // It is parked when it is to be told.
    return [];
  }
}

/** Statistics take each position once, and what is taken back and added here is of positions that they had: their rows forget which. */
async function openStats(db: Queryable, { stats, shardId }: BatchRows): Promise<void> {
  const open = (table: string, time: string, times: readonly string[]): Promise<unknown> =>
    db.query(`UPDATE ${table} SET last_position = -1 WHERE shard_id = $1 AND ${time} = ANY ($2)`, [shardId, times]);
  await open('workload_stats', 'hour', [...new Set(stats.rows.map(({ hour }) => hour))]);
  await open('day_stats', 'day', [...new Set(stats.days.map(({ day }) => day))]);
}

type Asking = (turn: Turn, key: BaselineKey) => ReturnType<AskBaseline>;
type Telling = Readonly<{ standings: ReadonlyMap<string, Standing>; limits: StuckLimits; asking: Asking }>;

async function tell(
  rows: BatchRows,
  { uid, steps, book, keys, inForce: frozen }: Folded,
  { standings, limits, asking }: Telling,
  counted: (counts: readonly Count[]) => void = () => undefined,
): Promise<void> {
  const known = new Map(standings);
  let inForce: RowsInForce = frozen ?? { inits: new Map(), attempts: new Map(), findings: new Map() };
  for (const { fold, happenings, position, recordedAt } of steps) {
    const account = accountOf(fold, { position, recordedAt }, book);
    const standing =
      account &&
      (await standingOf(account, known, limits, (container) => {
        const { namespace, namespaceUid, workload } = account;
        const key = {
          namespace,
          namespaceUid: namespaceUid ?? '',
          workloadKind: workload.kind,
          workloadName: workload.name,
          container,
        };
        return asking({ position, recordedAt, podUid: uid }, key);
      }));
    if (standing) known.set(standing.place, standing);
    const next = rowsOf(tellingOf({ fold, happenings, claims: null, account }, standing), {
      shardId: rows.shardId,
      position,
      recordedAt,
    });
    const moved = rows.move(uid, inForce, next, position);
    inForce = moved.inForce;
    counted(moved.counts);
    rows.addHappenings({ uid, namespace: fold.names.namespace ?? '' }, position, happenings);
  }
  for (const key of steps.at(-1)?.fold.keys ?? keys) rows.restOn(uid, key, true);
}

/** Rows that park the pod alone, where telling it fails for another reason than the database: then nothing is told of it. */
async function orParked({ shardId, upTo }: Extent, uid: string, telling: () => Promise<BatchRows>): Promise<BatchRows> {
  try {
    return await telling();
  } catch (error) {
    if (isOfDatabase(error)) throw error;
    const rows = new BatchRows(shardId);
    rows.quarantined.push({
      shard_id: shardId,
      name: podInitsName,
      stream_id: uid,
      position: upTo.position,
      recorded_at: upTo.recordedAt ?? new Date(0).toISOString(),
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    return rows;
  }
}

const isOfDatabase = (error: unknown): boolean =>
  isConnectionError(error) || /^[0-9A-Z]{5}$/u.test(errorCode(error) ?? '');
