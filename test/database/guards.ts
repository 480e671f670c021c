/** How a change of a column shows that somebody made behind the service's back. */
export type Guard =
  /** The tree of the log is made of it, or is held against it. */
  | 'tree'
  /** A hash of it is kept beside it (0028_column_seals), by the service alone. */
  | 'seals'
  /** It is what is noted of a row elsewhere (0048_row_seals): the two must agree. */
  | 'row'
  /** The row holds a digest of all rows of its state. */
  | 'digest'
  /** Derived from the log alone: `rederive` tells what is not what the log comes to, and a rebuild is held against it. */
  | 'derived';

const log: Readonly<Record<string, Guard>> = Object.fromEntries(
  [
    'shard_id',
    'position',
    'recorded_at',
    'stream_id',
    'event_id',
    'type',
    'schema_ver',
    'salt',
    'body',
    'body_digest',
  ].map((column) => [column, 'tree']),
);
const tile = { shard_id: 'tree', level: 'tree', index: 'tree', hashes: 'tree' } as const;
/** What moves with every append: the log itself says what it must be. */
const head = { '*': 'seals', size: 'tree', recorded_at: 'tree' } as const;
const sealed = { '*': 'seals' } as const;
const derived = { '*': 'derived' } as const;

/** Every table, and what guards its columns; `*`: all that are not named. **A migration that makes a table adds its line here.** */
export const guards: Readonly<Record<string, Readonly<Record<string, Guard>>>> = {
  event: log,
  act_event: log,
  merkle_tile: tile,
  // An import computes the leaves of what it takes in from there.
  import_event: log,
  import_tile: tile,
  act_merkle_tile: tile,
  shard_head: head,
  act_head: head,
  _prisma_migrations: sealed,
  shard: sealed,
  watch_position: sealed,
  restated: sealed,
  segment: sealed,
  legal_hold: sealed,
  checkpoint: sealed,
  checkpoint_key: sealed,
  act_checkpoint: sealed,
  act_checkpoint_key: sealed,
  projection_bookmark: sealed,
  projection_lease: sealed,
  quarantine: sealed,
  takeover: sealed,
  alert_bookmark: sealed,
  alert: sealed,
  outbox: sealed,
  delivery: sealed,
  erasure: sealed,
  row_seal: { '*': 'row' },
  erasure_text: sealed,
  recorder_state: { '*': 'digest' },
  happening: derived,
  pod_init: derived,
  init_attempt: derived,
  kube_event: derived,
  gap: derived,
  context: derived,
  pod_context: derived,
  workload_stats: derived,
  day_stats: derived,
  finding: derived,
  // As far as the log goes: what is frozen was derived from what it held.
  frozen_span: derived,
  pod_seed: derived,
  // The act RowsFrozen says what it comes to.
  frozen_digest: derived,
};

/** Tables that are no record though a guard is named for them, and why: what somebody does to their rows need not be found. */
export const noRecordTables: Readonly<Record<string, string>> = {
  import_event: 'what is laid there is computed once more by the import that takes it in, and emptied with it',
  import_tile: 'what is laid there is computed once more by the import that takes it in, and emptied with it',
};

/** Rows that may go, and why; what is left must still be whole. */
export const disposableRows: Readonly<Record<string, string>> = {
  recorder_state: 'a recorder that finds no state, or an older one, reads the log instead, from there on',
};

/** Schemas whose tables are no record, and why. */
export const noRecord: Readonly<Record<string, string>> = {
  bullmq:
    'jobs are made again from the outbox, whose rows are sealed, and go when they are done; their tables are BullMQ’s own',
  public_next:
    'read models that are being built: they are compared with those in force before they take over, or dropped',
  public_former: 'read models that were in force before, which nobody asks and which go after a day',
};
