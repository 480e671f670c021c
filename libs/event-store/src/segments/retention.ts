import type { Logger, Pool } from '#libs/platform';

import type { ActWriters } from './act-writers.js';
import { archived, type Keeping } from './archived.js';
import { dropPartition, type Dropping } from './drop-partition.js';
import { historyAct } from './history-acts.js';
import { Segments, type Kept, type Partition, type Segment } from './segments.js';

export type RetentionNeeds = Dropping &
  Keeping &
  Readonly<{
    pool: Pool;
    acts: Pick<ActWriters, 'appendInSpite'>;
    logger: Logger;
    /** Days that are kept; null: for ever. */
    days: number | null;
    /** Milliseconds since 1970. */
    now?: () => number;
  }>;

/**
 * What became of a partition that is over, in one look at it, and, where it is due and still there, why. `archives`: of what was dropped,
 * SHA-256, hex, of the files that it was exported to.
 */
export type Looked = Kept &
  Readonly<{
    partition: Partition;
    state: 'open' | 'sealed' | 'due' | 'dropped';
    archives?: readonly string[];
  }>;

const DAY_MS = 86_400_000;
const NOTHING: Kept = { keptBecause: null, awaitsSeal: false };

/**
 * Seals the weeks of observations that are over, and drops those that are older than is kept: first an act says what goes, then, once a
 * checkpoint covers that act, it goes. Where there is a folder for archives, it is exported first, and once more in the moment before it
 * goes: the act names the file that is there then. One look does what can be done now; the next goes on. Several processes that look do no harm.
 */
export class Retention {
  readonly #segments: Segments;

  constructor(private readonly needs: RetentionNeeds) {
    this.#segments = new Segments(needs.pool, needs.owner);
  }

  /** @param isDry says what would be done, and does nothing */
  async look(isDry = false): Promise<readonly Looked[]> {
    if (!isDry) await this.#segments.finishDrops();
    const found: Looked[] = [];
    for (const partition of await this.#segments.partitions()) {
      const isNext = found.every(mayBeTold);
      const isOldest = found.every(({ state }) => state === 'dropped');
      const looked = await this.#lookAt(partition, { isDry, isNext, isOldest });
      found.push(looked);
      // Nothing that is younger can go, or be over, before it.
      if (looked.state === 'open') break;
    }
    return found;
  }

  async #lookAt(
    partition: Partition,
    { isDry, isNext, isOldest }: Readonly<{ isDry: boolean; isNext: boolean; isOldest: boolean }>,
  ): Promise<Looked> {
    if (Date.parse(partition.toAt) > this.#now()) return { partition, state: 'open', ...NOTHING };
    const isSealed = isDry || (await this.#segments.seal(partition));
    if (!isSealed) return { partition, state: 'open', ...NOTHING };
    if (!this.#isDue(partition)) return { partition, state: 'sealed', ...NOTHING };
    if (!isDry) await this.#segments.noteDue(partition);
    const kept = await this.#segments.keptBecause(partition);
    // What goes is told once nothing but that keeps it, and what is before it goes too.
    const mayGo = isNext && mayBeTold(kept);
    return isDry || !mayGo ? { partition, state: 'due', ...kept } : this.#drop(partition, isOldest);
  }

  async #drop(partition: Partition, isOldest: boolean): Promise<Looked> {
    const { logger } = this.needs;
    await this.#tell(partition);
    const kept = await this.#segments.keptBecause(partition);
    if (kept.keptBecause !== null) return { partition, state: 'due', ...kept };
    if (!isOldest)
      return {
        partition,
        state: 'due',
        keptBecause: 'no checkpoint covers the act of those before it',
        awaitsSeal: true,
      };
    if (!(await this.#isKeptElsewhere(partition)))
      return {
        partition,
        state: 'due',
        keptBecause: 'it was archived anew, and no checkpoint covers the act that says so',
        awaitsSeal: true,
      };
    const archives = (await this.#segments.list(partition.fromAt)).flatMap(({ archive }) => archive ?? []);
    await dropPartition(partition, this.needs);
    logger.info({ ...partition, archives }, 'dropped a week of observations that is older than is kept');
    return { partition, state: 'dropped', ...NOTHING, archives };
  }

  /** Whether the archives are those that the acts name. Where rows changed since, by an erasure, another act names the new ones. */
  async #isKeptElsewhere({ fromAt }: Partition): Promise<boolean> {
    let isKept = true;
    // Of a week that was imported again, other shards may be gone.
    for (const segment of (await this.#segments.list(fromAt)).filter(({ dropped }) => !dropped)) {
      const archive = await archived(segment, this.#segments, this.needs);
      if (archive === segment.archive) continue;
      await this.#tellOf(segment, archive);
      isKept = false;
    }
    return isKept;
  }

  /** Records what goes, once. */
  async #tell({ fromAt }: Partition): Promise<void> {
    for (const segment of await this.#segments.list(fromAt))
      if (segment.dropPosition === null)
        await this.#tellOf(segment, await archived(segment, this.#segments, this.needs));
  }

  async #tellOf(segment: Segment, archive: string | null): Promise<void> {
    const act = historyAct(segment.shardId, {
      type: 'SegmentDropped',
      at: new Date(this.#now()).toISOString(),
      from: segment.firstPosition,
      to: segment.nextPosition,
      fromAt: segment.fromAt,
      toAt: segment.toAt,
      lastAt: await this.#segments.lastAt(segment),
      leaves: segment.leaves,
      archive,
    });
    const { first } = await this.needs.acts.appendInSpite(segment.shardId, [act]);
    await this.#segments.noteDrop(segment, first);
  }

  #isDue({ toAt }: Partition): boolean {
    const { days } = this.needs;
    return days !== null && Date.parse(toAt) < this.#now() - days * DAY_MS;
  }

  #now(): number {
    return (this.needs.now ?? Date.now)();
  }
}

const mayBeTold = ({ keptBecause, awaitsSeal }: Kept): boolean => keptBecause === null || awaitsSeal;
