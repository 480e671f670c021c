import type { Viewer } from '#libs/access';
import type { EventReader } from '#libs/event-store';
import type { Place } from '../asking/cursor.js';
import type { Horizon, Progress } from './place.js';
import type { Snapshot } from './reports-database.js';
import type { Shard } from './shards.js';

/** From where a question is asked: what had been recorded by then, or what was so then. */
export type Viewpoint = Readonly<{
  asOf?: string | undefined;
  at?: string | undefined;
  minPosition?: string | undefined;
}>;

/** One consistent look at the read models: all that is read through it is as of one place. */
export type Reading = Readonly<{
  snapshot: Snapshot;
  log: EventReader;
  viewer: Viewer;
  shards: readonly Shard[];
  place: Place;
  /** Epoch milliseconds: the latest time that it is in any of the shards; `nowOf` tells that of one. */
  asOf: number;
  /** Epoch milliseconds of `at`, or null where it was not asked for. */
  at: number | null;
  /** Whether `place` is the newest: then the versions in force are those without an end. */
  live: boolean;
  rules: string;
  progress: readonly Progress[];
  horizons: readonly Horizon[];
}>;

/** The span a question is about, in epoch milliseconds: gaps in it make the answer incomplete. */
export type Span = Readonly<{ from: number | null; to: number | null; clusters?: readonly string[] | undefined }>;
