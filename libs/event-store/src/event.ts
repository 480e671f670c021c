/** A log in the database: what the API server showed, or what this service and its users did. */
export type LogName = 'event' | 'act_event';

/** An event to append. `body` is canonical JSON text and is stored verbatim, for its bytes are what is hashed. */
export type NewEvent = Readonly<{
  streamId: string;
  eventId: string;
  type: string;
  schemaVersion: number;
  body: string;
}>;

/** An event of the log. `body` is null only after its erasure; `recordedAt` is RFC 3339 in UTC with microseconds. */
export type Recorded = Readonly<{
  shardId: number;
  position: number;
  recordedAt: string;
  streamId: string;
  eventId: string;
  type: string;
  schemaVersion: number;
  body: string | null;
}>;

/** Up to where a watch has been stored; `watch` is the resource, and "/namespace" where the scope is one. */
export type WatchPosition = Readonly<{ watch: string; resourceVersion: string }>;

/** A watch position as it is stored: `movedAt` is when the log last took it along. */
export type MovedWatchPosition = WatchPosition & Readonly<{ movedAt: string }>;

/** What an append moved: positions from `first` up to but without `next`. */
export type Appended = Readonly<{ first: number; next: number; recordedAt: string }>;

/**
 * Where a shard's log ends: its `size` is the next position. `recordedAt` is that of its last event. Events below `firstPosition` were
 * dropped by retention.
 */
export type Head = Readonly<{
  size: number;
  firstPosition: number;
  recordedAt: string;
  epoch: number;
  watchEpoch: number;
}>;

/** A reader's bookmark. `recordedAt` lets old partitions be left out; without it all are looked at. */
export type Bookmark = Readonly<{ position: number; recordedAt?: string | undefined }>;
