/** What the follower asks of a projection. */
import type { Recorded } from '#libs/event-store';
import type { PoolClient } from '#libs/platform';

/** Where a shard's projection stands. */
export type Place = Readonly<{ shardId: number; position: number }>;

/** What a page of the log comes to. */
export type Batch = Readonly<{
  /** How many events of its page it holds, from the first on: a page may be worth several batches. */
  events: number;
  /** Folds the first events of a page that follows into it as well, and says how many. Only until it is written, and while no other was folded after it. */
  more: (page: readonly Recorded[]) => Promise<number>;
  /** Writes it, within the transaction that moves the bookmark. */
  write: (db: PoolClient) => Promise<void>;
  /** It is committed. Another may be folded by then, and no more than one. */
  committed: () => void;
}>;

/** One projection of one shard, in memory. It is disposed of whenever something fails, and opened anew at the bookmark. */
export type Cell = Readonly<{
  /** True for an event that is a batch of its own: all before it is to be committed before it is folded, and it before all that follows. */
  isAlone(event: Recorded): boolean;
  /** Folds the first events of `page`, which follows what was folded before; that may still be being written. Reads; writes nothing. */
  fold(page: readonly Recorded[]): Promise<Batch>;
  /** A batch of `event` alone that parks its stream, because its rows are refused: `error` says why. */
  leaveOut(event: Recorded, error: unknown): Promise<Batch>;
}>;

/** A way of reading the log into tables. */
export type Projection = Readonly<{
  /** Carries the version of its rows, `pod-inits-v2`: another is built beside those in force, from the first event. */
  name: string;
  /** The name without its version. */
  family: string;
  /** Version of the derivation. Read models of another are built beside those in force, and take over. */
  rules: string;
  /** The tables that hold its rows of a shard. */
  tables: readonly string[];
  open(place: Place): Promise<Cell>;
  /** Reads some pods of a shard, taken by chance, from the log once more, and names those whose rows do not say what that comes to. */
  misread(shardId: number, atMost: number): Promise<readonly string[]>;
}>;
