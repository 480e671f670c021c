import type { EventReader, Recorded } from '#libs/event-store';
import type { Pool, PoolClient } from '#libs/platform';
import { Doubt } from './doubt.js';
import { OthersKeep, beginBookmark, moveBookmark, ownBookmark, placeBookmark } from './bookmarks.js';
import type { Bookmark } from './bookmarks.js';
import type { Batch, Cell, Projection } from './projection.js';
import { inTransaction } from './transaction.js';

/** Events read at a time. */
const PAGE = 1_000;

/** What following one shard needs. */
export type ShardFollowerParts = Readonly<{
  projection: Projection;
  shardId: number;
  pool: Pool;
  reader: EventReader;
  /** True while read models are built that were told before by other rules. */
  isRebuild?: boolean;
  /**
   * Brings into empty read models what is frozen of a shard, in the transaction that begins it, and says up to where they are told then: -1
   * where nothing is.
   */
  carry?: ((db: PoolClient, shardId: number) => Promise<number>) | undefined;
}>;

/** What a step came to. `stoodAside`: another worker has the shard; nothing was written. */
export type Step = Readonly<{ outcome: 'moved' | 'idle' | 'stoodAside'; events: number }>;

/** A batch that is folded, and the last event in it. */
type Folded = Readonly<{ batch: Batch; end: Recorded }>;

type Open = {
  cell: Cell;
  bookmark: Bookmark;
  /** What was read and is not folded. */
  page: readonly Recorded[];
  next: Promise<readonly Recorded[]> | undefined;
  /** What was folded while the batch before it was written. */
  ahead: Folded | undefined;
};

/**
 * Keeps one projection of one shard. A step writes a batch in the transaction that moves the bookmark, by compare-and-set on where it
 * stood: so each event is projected exactly once, whoever is killed, and however many try. While PostgreSQL writes one batch the next page is
 * read and folded.
 */
export class ShardFollower {
  #open: Open | undefined;
  readonly #doubt = new Doubt();

  constructor(private readonly parts: ShardFollowerParts) {}

  /** Projects the next batch, if there is one. Whatever fails leaves tables and bookmark as they were; the next step begins anew. */
  async step(): Promise<Step> {
    try {
      const open = (this.#open ??= await this.#begin());
      return await this.#stepOn(open);
    } catch (error) {
      this.#open = undefined;
      if (error instanceof OthersKeep) return { outcome: 'stoodAside', events: 0 };
      throw error;
    }
  }

  /** Forgets what is in memory: another worker has the shard. */
  letGo(): void {
    this.#open = undefined;
  }

  async #stepOn(open: Open): Promise<Step> {
    const folded = open.ahead ?? (await this.#foldNext(open));
    if (!folded) return { outcome: 'idle', events: 0 };
    open.ahead = undefined;
    const { batch, end } = folded;

    const committing = this.#commit(open.bookmark, folded);
    // The cell is folding: whatever becomes of the commit, it is left alone until it has ended.
    const [commit, ahead] = await Promise.allSettled([committing, this.#foldAhead(open, end)]);
    if (commit.status === 'rejected') throw commit.reason;
    if (!commit.value) {
      this.#open = undefined;
      return { outcome: 'stoodAside', events: 0 };
    }
    batch.committed();
    open.bookmark = { ...open.bookmark, position: end.position, recordedAt: end.recordedAt };
    if (ahead.status === 'fulfilled') open.ahead = ahead.value;
    // The next step folds it anew, and says what is wrong with it.
    else this.#open = undefined;
    return { outcome: 'moved', events: batch.events };
  }

  /** Folds the next batch; undefined where nothing has come. */
  async #foldNext(open: Open): Promise<Folded | undefined> {
    if (open.page.length === 0) open.page = await this.#nextPage(open);
    if (open.page.length === 0) return undefined;
    const batch = await this.#fold(open);
    const end = open.page[batch.events - 1];
    open.page = open.page.slice(batch.events);
    const last = open.page.at(-1) ?? end;
    if (!end || !last)
      throw new Error(`a batch of ${open.bookmark.name} in shard ${open.bookmark.shardId} holds no event`);
    if (open.page.length === 0) open.next = this.#prefetch(last);
    return { batch, end };
  }

  /** Folds what follows `end`, which is being written; undefined where that has to wait for it, or nothing is at hand. */
  async #foldAhead(open: Open, end: Recorded): Promise<Folded | undefined> {
    if (open.page.length === 0) open.page = (await open.next) ?? [];
    const [first] = open.page;
    if (!first || open.cell.isAlone(end) || open.cell.isAlone(first) || this.#doubt.on(first.position))
      return undefined;
    return this.#foldNext(open);
  }

  #fold({ cell, page }: Open): Promise<Batch> {
    const [first] = page;
    if (!first || !this.#doubt.on(first.position)) return cell.fold(page);
    const refusal = this.#doubt.refusalOf(first.position);
    return refusal === undefined ? cell.fold([first]) : cell.leaveOut(first, refusal);
  }

  async #commit(from: Bookmark, { batch, end }: Folded): Promise<boolean> {
    try {
      await inTransaction(this.parts.pool, async (db) => {
        // First, for it takes the row's lock: of two workers the second waits here, and finds it moved.
        if (!(await moveBookmark(db, from, end))) throw new StoodAside();
        await batch.write(db);
      });
      return true;
    } catch (error) {
      if (error instanceof StoodAside) return false;
      this.#doubt.failed(error, { from: from.position + 1, to: end.position });
      throw error;
    }
  }

  async #begin(): Promise<Open> {
    const { pool, projection, shardId } = this.parts;
    const bookmark = await inTransaction(
      pool,
      async (db) => (await ownBookmark(db, shardId, projection)) ?? this.#beginShard(db),
    );
    const cell = await projection.open({ shardId, position: bookmark.position });
    return { cell, bookmark, page: [], next: undefined, ahead: undefined };
  }

  /** Of a shard never projected into these tables: from the first event, or upon what is frozen. */
  async #beginShard(db: PoolClient): Promise<Bookmark> {
    const { projection, shardId, reader, isRebuild = false, carry } = this.parts;
    // What was told already is not told again.
    const liveFrom = isRebuild ? ((await reader.head(shardId))?.size ?? 0) : 0;
    const isOurs = await beginBookmark(db, projection, { shardId, liveFrom });
    // Whoever else begins it waits for the bookmark, and finds it begun.
    if (isOurs && carry) await placeBookmark(db, projection, { shardId, position: await carry(db, shardId) });
    const begun = await ownBookmark(db, shardId, projection);
    if (!begun) throw new Error(`the bookmark of ${projection.name} in shard ${shardId} vanished while it was made`);
    return begun;
  }

  /** What was read ahead, unless that was nothing: something may have come since. */
  async #nextPage(open: Open): Promise<readonly Recorded[]> {
    const ahead = await open.next;
    open.next = undefined;
    return ahead?.length ? ahead : this.#read(open.bookmark);
  }

  #read({ shardId, position, recordedAt }: Bookmark): Promise<readonly Recorded[]> {
    return this.parts.reader.readAfter(shardId, { position, recordedAt: recordedAt ?? undefined }, PAGE);
  }

  #prefetch({ shardId, position, recordedAt }: Recorded): Promise<readonly Recorded[]> {
    const page = this.parts.reader.readAfter(shardId, { position, recordedAt }, PAGE);
    // Whoever awaits it hears of a failure; if writing fails first, nobody does.
    page.catch(() => undefined);
    return page;
  }
}

/** Rolls the transaction back: nothing has failed. */
class StoodAside extends Error {}
