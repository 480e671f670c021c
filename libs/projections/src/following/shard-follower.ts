import { setTimeout as sleep } from 'node:timers/promises';
import type { EventReader, Recorded } from '#libs/event-store';
import type { Pool, PoolClient } from '#libs/platform';
import { Doubt } from './doubt.js';
import { OthersKeep, beginBookmark, moveBookmark, ownBookmark, placeBookmark } from './bookmarks.js';
import type { Bookmark } from './bookmarks.js';
import type { Batch, Cell, Projection } from './projection.js';
import { inTransaction } from './transaction.js';

/** Events read at a time, and at most in a batch while it is far behind: large ones cost least. */
const PAGE = 1_000;

/** Events in a batch at most while it keeps up: what came first is told before what came last is written. */
export const LIVE_BATCH = 100;

/** How often it is looked, while a batch is written, what came for the next. */
export const GATHER_MS = 20;

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

/** A batch that is folded, how many events are in it, and the last of them. */
type Folded = Readonly<{ batch: Batch; events: number; end: Recorded }>;

/** The end of what was folded: a bookmark, or an event. */
type End = Readonly<{ position: number; recordedAt: string | null }>;

type Open = {
  cell: Cell;
  bookmark: Bookmark;
  /** What was read and is not folded. */
  page: readonly Recorded[];
  /** Whether a whole page was there to be read the last time. */
  isBehind: boolean;
  /** What follows the page, being read where it is certain that something does: what was read otherwise is as new as can be. */
  next: Promise<readonly Recorded[]> | undefined;
  /** What was folded while the batch before it was written. */
  ahead: Folded | undefined;
};

/**
 * Keeps one projection of one shard. A step writes a batch in the transaction that moves the bookmark, by compare-and-set on where it
 * stood: so each event is projected exactly once, whoever is killed, and however many try. While PostgreSQL writes one batch the next is folded of
 * all that comes until then, so that nothing waits for more than what is being written.
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
    const folded = open.ahead ?? (await this.#foldNext(open, open.bookmark));
    if (!folded) return { outcome: 'idle', events: 0 };
    open.ahead = undefined;
    const { batch, end, events } = folded;

    const committing = this.#commit(open.bookmark, folded);
    // The cell is folding: whatever becomes of the commit, it is left alone until it has ended.
    const [commit, ahead] = await Promise.allSettled([committing, this.#foldAhead(open, end, committing)]);
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
    return { outcome: 'moved', events };
  }

  /** Folds the next batch, from `after` on; undefined where nothing has come. */
  async #foldNext(open: Open, after: End): Promise<Folded | undefined> {
    const [first] = await this.#page(open, after);
    if (!first) return undefined;
    const batch = await this.#fold(open.cell, first, open.page.slice(0, atMostOf(open)));
    return { batch, events: batch.events, end: this.#taken(open, batch.events) };
  }

  /**
   * Folds what follows `end`, which is being written, and what comes until it is; undefined where that has to wait for it, or nothing came.
   */
  async #foldAhead(open: Open, end: Recorded, writing: Promise<unknown>): Promise<Folded | undefined> {
    let isWritten = false;
    const written = writing.catch(() => undefined).then(() => (isWritten = true));
    let ahead: Folded | undefined;
    while (!this.#isApart(open, ahead?.end ?? end)) {
      const [first] = await this.#page(open, ahead?.end ?? end, atMostOf(open) - (ahead?.events ?? 0));
      if (first && this.#isApart(open, first)) break;
      if (first) ahead = ahead ? await this.#foldOn(open, ahead) : await this.#foldNext(open, end);
      if (isWritten || open.page.length > 0 || (ahead && ahead.events >= atMostOf(open))) break;
      await Promise.race([written, sleep(GATHER_MS)]);
      if (isWritten) break;
    }
    return ahead;
  }

  async #foldOn(open: Open, { batch, events }: Folded): Promise<Folded> {
    const added = await batch.more(open.page);
    return { batch, events: events + added, end: this.#taken(open, added) };
  }

  /** An event that shares no batch with others: by its nature, or because one with it in it was refused. */
  #isApart({ cell }: Open, event: Recorded): boolean {
    return cell.isAlone(event) || this.#doubt.on(event.position);
  }

  #fold(cell: Cell, first: Recorded, page: readonly Recorded[]): Promise<Batch> {
    if (!this.#doubt.on(first.position)) return cell.fold(page);
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
    return { cell, bookmark, page: [], isBehind: false, next: undefined, ahead: undefined };
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

  /** What follows `after` and is not folded, so many events at most. */
  async #page(open: Open, after: End, atMost = PAGE): Promise<readonly Recorded[]> {
    if (open.page.length === 0) {
      const next = open.next;
      open.next = undefined;
      const read = await next;
      // Since nothing was read ahead something may have come.
      open.page = read?.length ? read : await this.#read(after, atMost);
      open.isBehind = open.page.length >= PAGE;
      const last = open.page.at(-1);
      if (last && open.page.length === atMost) open.next = this.#readAhead(last);
    }
    return open.page;
  }

  /** Takes what was folded off the page. @returns the last of it */
  #taken(open: Open, events: number): Recorded {
    const end = open.page[events - 1];
    const { name, shardId } = open.bookmark;
    if (!end) throw new Error(`a batch of ${name} in shard ${shardId} holds no event`);
    open.page = open.page.slice(events);
    return end;
  }

  #read({ position, recordedAt }: End, atMost = PAGE): Promise<readonly Recorded[]> {
    const { reader, shardId } = this.parts;
    return reader.readAfter(shardId, { position, recordedAt: recordedAt ?? undefined }, atMost);
  }

  #readAhead(last: Recorded): Promise<readonly Recorded[]> {
    const page = this.#read(last);
    // Whoever awaits it hears of a failure; if writing fails first, nobody does.
    page.catch(() => undefined);
    return page;
  }
}

const atMostOf = ({ isBehind }: Open): number => (isBehind ? PAGE : LIVE_BATCH);

/** Rolls the transaction back: nothing has failed. */
class StoodAside extends Error {}
