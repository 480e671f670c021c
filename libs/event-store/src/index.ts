export type {
  Appended,
  Bookmark,
  Head,
  LogName,
  MovedWatchPosition,
  NewEvent,
  Recorded,
  WatchPosition,
} from './event.js';
export { EventReader } from './event-reader.js';
export { EventStoreModule } from './event-store.module.js';
export { EventWriter, type WriterOptions } from './event-writer.js';
export { Feed, type Growth } from './feed.js';
export { Shards, type Shard, type ShardChange, type ShardDescription } from './shards.js';
