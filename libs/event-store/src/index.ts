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
export { archivesHolding, archivesNoted, type ArchiveHolding } from './archive/archives-holding.js';
export { importArchive, type Imported } from './archive/import-archive.js';
export { inOrder } from './archive/place.js';
export { actSpans, weekSpans, type Wanted } from './archive/spans.js';
export { writeArchive, type Written } from './archive/write-archive.js';
export { SEALING } from './segments/act-providers.js';
export { ActWriters } from './segments/act-writers.js';
export { Holds, listHolds, type Hold } from './segments/holds.js';
export {
  assertErasable,
  eraseBodies,
  eventsHolding,
  positionsHolding,
  type Erased,
  type Holding,
} from './segments/erase.js';
export { noteDerived, pendingErasures, type Erasure } from './segments/erasures.js';
export { forgetText, type ToldText } from './segments/erasure-texts.js';
export { historyAct, type Ground, type RowsFrozen, type RowsTold } from './segments/history-acts.js';
export { Retention, type Looked } from './segments/retention.js';
export { Segments, type Partition, type Segment } from './segments/segments.js';
export { Shards, type Shard, type ShardChange, type ShardDescription, type ShardSlice } from './shards.js';
export type { ProposedDivision, SlicesBy } from './slice-division.js';
export { readWatchPositions } from './watch-positions.js';
export type { Sealing } from './ledger/checkpointer.js';
export { CheckpointsFile, checkpointsFileOf } from './ledger/checkpoints-file.js';
export { Ledger } from './ledger/ledger.js';
export { readLedgerKeys, rotateLedgerKey, signersOf } from './ledger/ledger-key.js';
export { parseVerifier, type Verifier } from './ledger/signed-note.js';
export { originOf } from './ledger/origin.js';
export { rowsAgainstLogs } from './ledger/rows-by-logs.js';
export { parseTilePath } from './ledger/tile-paths.js';
export type { Witnessed } from './ledger/claims.js';
export { verifyLog, type Disagreement, type Verdict } from './ledger/verify-log.js';
