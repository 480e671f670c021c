/** Reads kept history with other rules beside those in force, and tells pod by pod what differs. It writes nothing. */
import { isTold as isToldOf } from '#libs/init-history';
import { EventReader, Shards } from '#libs/event-store';
import type { Pool, PoolClient } from '#libs/platform';
import { withoutRunning } from '../answering/carry-forward.js';
import { ContextBook } from '../context/context-book.js';
import { ContextTable } from '../context/context-table.js';
import { inTransaction } from '../following/transaction.js';
import { isFrozen } from '../horizon/seeds.js';
import type { Below } from '../horizon/seeds.js';
import { bookFor, readStreams, type Sources } from '../pod-inits/pod-loader.js';
import { ours, type Derivation } from '../pod-inits/pod-fold.js';
import { refold } from '../pod-inits/refold.js';
import type { PodStream } from '../pod-inits/refold.js';
import { differences, type FieldDifference } from './differences.js';
import { podsAfter, storedReadings, type Chosen, type StoredReading } from './stored-reading.js';

/** A pod that was read. `differences` is empty where both readings say the same. */
export type PodReread = Readonly<{
  shardId: number;
  uid: string;
  /** Null where no frame showed the pod. */
  namespace: string | null;
  name: string | null;
  /** The rules in force, and those that read it again. */
  rules: Readonly<{ from: string; to: string }>;
  differences: readonly FieldDifference[];
  /** Why the other rules could not read it. */
  error: string | null;
  /** True where its observations were dropped, and nothing came after: it stays told as it is, by whatever rules. */
  frozen?: true;
}>;

/** Pods that are in memory at a time, with all that was recorded of them. */
const AT_ONCE = 100;

const beforeAll = '00000000-0000-0000-0000-000000000000';

/**
 * Every chosen pod of every shard, as the read models in force tell it and as `rules` read it, up to where those have come. A hundred at a time,
 * each in a look of its own at the database: however large the history, neither memory nor a transaction grows with it.
 */
export async function* rederive(pool: Pool, chosen: Chosen = {}, rules: Derivation = ours): AsyncGenerator<PodReread> {
  for (const { shardId } of await new Shards(pool).list()) {
    let after: string | undefined = beforeAll;
    while (after !== undefined) {
      const batch: Batch = await readBatch(pool, { shardId, after }, chosen, rules);
      yield* batch.pods;
      after = batch.next;
    }
  }
}

type Batch = Readonly<{ pods: readonly PodReread[]; next: string | undefined }>;

async function readBatch(
  pool: Pool,
  { shardId, after }: Readonly<{ shardId: number; after: string }>,
  chosen: Chosen,
  rules: Derivation,
): Promise<Batch> {
  return inTransaction(pool, async (db) => {
    // One look at one set of read models, though another may take its place meanwhile.
    await db.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    await db.query('LOCK TABLE projection_bookmark IN ACCESS SHARE MODE');
    const { rows } = await db.query<{ position: number; rules: string }>(
      'SELECT position, rules FROM projection_bookmark WHERE shard_id = $1 ORDER BY position LIMIT 1',
      [shardId],
    );
    const [mark] = rows;
    if (!mark) return { pods: [], next: undefined };
    const uids = await podsAfter(db, { shardId, after, limit: AT_ONCE }, chosen);
    const stored = await storedReadings(db, shardId, uids);
    const reread = await Rereading.open(db, shardId, { rules, upTo: mark.position });
    const streams = await reread.streams(uids);
    const pods: PodReread[] = [];
    for (const uid of uids) {
      const told = stored.get(uid) ?? nothingTold;
      const { reading, error, from, stays = false } = await reread.read(uid, streams, told);
      pods.push({
        shardId,
        uid,
        namespace: told.namespace ?? reading?.account?.namespace ?? null,
        name: told.name ?? reading?.account?.name ?? null,
        rules: { from: mark.rules, to: rules.RULES },
        differences: reading
          ? between({ ...told, happenings: told.happenings.filter(({ position }) => position >= from) }, reading)
          : [],
        error,
        ...(stays ? { frozen: true } : {}),
      });
    }
    return { pods, next: uids.length < AT_ONCE ? undefined : uids.at(-1) };
  });
}

const nothingTold: StoredReading = {
  namespace: null,
  name: null,
  account: null,
  toldAt: 0,
  toldFrom: null,
  happenings: [],
};

type Reading = Pick<StoredReading, 'account' | 'happenings'>;

/** How a pod reads, and from which position on its happenings are told anew: those before are frozen. */
type Reread = Readonly<{ reading: Reading | null; error: string | null; from: number; stays?: boolean }>;

/** Pods of one shard, read by some rules up to a position. */
class Rereading {
  private constructor(
    private readonly sources: Sources,
    private readonly shardWide: ContextBook,
    private readonly by: Readonly<{ rules: Derivation; upTo: number }>,
  ) {}

  static async open(
    db: PoolClient,
    shardId: number,
    by: Readonly<{ rules: Derivation; upTo: number }>,
  ): Promise<Rereading> {
    const contexts = new ContextTable(db, shardId);
    const shardWide = new ContextBook();
    await contexts.loadShardWide(shardWide, by.upTo);
    return new Rereading({ reader: new EventReader(db), db, contexts, shardId }, shardWide, by);
  }

  /** What was recorded of these pods; undefined where one of them cannot be read: then they are read one at a time. */
  async streams(uids: readonly string[]): Promise<ReadonlyMap<string, Loaded> | undefined> {
    try {
      const { streams, below } = await readStreams(this.sources, uids, this.by.upTo);
      const book = await bookFor(this.sources, streams, this.by.upTo, this.shardWide);
      return new Map(streams.map((stream) => [stream.uid, { stream, book, below }]));
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
      throw error;
    }
  }

  async read(
    uid: string,
    loaded: ReadonlyMap<string, Loaded> | undefined,
    { toldAt, toldFrom }: StoredReading,
  ): Promise<Reread> {
    const own = (loaded ?? (await this.streams([uid])))?.get(uid);
    if (!own) return { reading: null, error: 'an observation of it cannot be read', from: 0 };
    const { stream, below } = own;
    const from = stream.seed?.horizon ?? 0;
    if (stream.seed === null && toldFrom !== null && isFrozen(below, toldFrom))
      return { reading: null, error: null, from, stays: true };
    try {
      return { reading: this.fold(own, toldAt), error: null, from };
    } catch (error) {
      const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return { reading: null, error: why, from };
    }
  }

  private fold({ stream, book }: Loaded, at: number): Reading {
    const { rules, upTo } = this.by;
    const { fold, happened } = refold(stream, book, rules);
    const asOf = fold.living ? upTo : (fold.history.position ?? upTo);
    const account = isToldOf(fold.history)
      ? rules.podAccount(fold.history, at, book.contextOf(fold.names, asOf))
      : null;
    return {
      account,
      happenings: happened.flatMap(({ position, happenings }) =>
        happenings.map((happening) => ({ position, id: happening.id, doc: { ...happening } })),
      ),
    };
  }
}

type Loaded = Readonly<{ stream: PodStream; book: ContextBook; below: Below }>;

function between(told: Reading, read: Reading): readonly FieldDifference[] {
  const happenings = differences(happeningsOf(told), happeningsOf(read), 'happenings');
  if ((told.account === null) !== (read.account === null)) {
    return [{ path: 'pod', from: isTold(told), to: isTold(read) }, ...happenings];
  }
  return [...differences(served(told.account), served(read.account)), ...happenings];
}

const isTold = ({ account }: Reading): string => (account === null ? 'not told' : 'told');

/** An account as JSON holds it, without what the mere passing of time changes. */
const served = (account: StoredReading['account']): unknown =>
  account && (JSON.parse(JSON.stringify(withoutRunning(account))) as unknown);

/** By position and id; whose rules told it is no difference in itself. */
const happeningsOf = ({ happenings }: Reading): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    happenings.map(({ position, id, doc }) => [
      `${position} ${String(doc['type'])} ${id}`,
      JSON.parse(JSON.stringify({ ...doc, rules: undefined })) as unknown,
    ]),
  );
