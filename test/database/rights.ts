import type { DatabaseRole } from '#libs/platform';

/** What may be done to rows. */
export const verbs = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'] as const;
export type Verb = (typeof verbs)[number];

/** A verb for all columns, or for those that are named. */
export type Right = Verb | `${Verb} (${string})`;

/** Who may do what to one table; who is not named may do nothing. */
export type TableRights = Readonly<Partial<Record<DatabaseRole, readonly Right[]>>>;

const read = ['SELECT'] as const;
const add = ['SELECT', 'INSERT'] as const;
const change = ['SELECT', 'INSERT', 'UPDATE'] as const;

/** The recorder's own; the others look on. */
const observed = (by: readonly Right[]): TableRights => ({ recorder: by, projector: read, api: read });
/** The projector's own, which the api reads. */
const acted = (by: readonly Right[]): TableRights => ({ projector: by, api: read });
/** Disposable: the projector may do everything to it. */
const readModel = acted(verbs);

/**
 * Every table, and what each role may do to its rows. **A migration that makes a table adds its line here**, and one that changes a grant
 * changes it; partitions of the logs and the queue's tables have one line for all.
 */
export const tableRights: Readonly<Record<string, TableRights>> = {
  _prisma_migrations: { recorder: read, projector: read, api: read },
  shard: observed(change),
  shard_head: observed(change),
  watch_position: observed(change),
  restated: observed(change),
  // What became of the partitions: the projector's, and the recorder sees what it has to restate.
  segment: { recorder: read, projector: change, api: read },
  legal_hold: acted(change),
  // What an import lays there before one function takes it into the log.
  import_event: { projector: ['SELECT', 'INSERT', 'DELETE'], api: read },
  import_tile: { projector: ['SELECT', 'INSERT', 'DELETE'], api: read },
  // Triggers alone write it, in the statements that write the rows.
  row_seal: { recorder: read, projector: read, api: read },
  // Disposable: kept by the recorder, for the recorder.
  recorder_state: { recorder: ['SELECT', 'INSERT', 'DELETE'], api: read },
  event: observed(add),
  merkle_tile: observed(add),
  checkpoint: observed(add),
  checkpoint_key: observed(add),
  act_head: acted(change),
  act_event: acted(add),
  act_merkle_tile: acted(add),
  act_checkpoint: acted(add),
  act_checkpoint_key: acted(add),
  projection_bookmark: readModel,
  projection_lease: readModel,
  quarantine: readModel,
  happening: readModel,
  pod_init: readModel,
  init_attempt: readModel,
  kube_event: readModel,
  gap: readModel,
  context: readModel,
  pod_context: readModel,
  workload_stats: readModel,
  day_stats: readModel,
  finding: readModel,
  frozen_span: readModel,
  pod_seed: readModel,
  frozen_digest: readModel,
  takeover: readModel,
  alert_bookmark: readModel,
  alert: readModel,
  outbox: readModel,
  delivery: readModel,
  // What was erased, and how far that has come; the recorder throws away what it kept before, and notes that it told again what lives.
  erasure: { ...readModel, recorder: ['SELECT', 'UPDATE (restated_at)'] },
  // What is being erased, until it is.
  erasure_text: { projector: ['SELECT', 'INSERT', 'DELETE'], api: read },
};

/** Nobody reaches round a log by its parts. */
export const partitionRights: TableRights = {};

/** The queue is the projector's alone. */
export const queueRights: TableRights = { projector: verbs };

/** A read model that is being built beside the one in force: nobody but its builder gets into its schema. */
export const buildRights: TableRights = { projector: verbs };

/** Every function by its signature, and who may call it. A trigger's function is called by nobody. */
export const functionRights: Readonly<Record<string, readonly DatabaseRole[]>> = {
  'add_counts(jsonb, jsonb)': ['projector'],
  'analyze_read_model(text)': ['projector'],
  'assert_read_model(text)': ['projector'],
  'begin_import(integer, json)': ['projector'],
  'begin_read_model(text)': ['projector'],
  'column_seals(text[], json)': ['recorder', 'projector', 'api'],
  'drop_partition(text, text)': ['projector'],
  'drop_read_model(text, text)': ['projector'],
  'grant_read_models(text[])': [],
  'erase_bodies(integer, bigint)': ['projector'],
  'histogram_buckets(numeric, bigint)': ['api'],
  'histogram_downscale(jsonb, integer)': ['api'],
  'histogram_quantile(jsonb, double precision, integer)': ['api'],
  'import_segment(integer, bigint, json)': ['projector'],
  'index_read_model(text)': ['projector'],
  'keep_seals()': [],
  'key_columns(regclass)': ['recorder', 'projector', 'api'],
  'kept_because(timestamp with time zone, timestamp with time zone)': ['projector'],
  'make_partition(text, timestamp with time zone)': ['recorder', 'projector'],
  'move_head(text, integer, bigint, bigint, bigint, timestamp with time zone)': ['recorder', 'projector'],
  'move_read_model(text, text, text)': ['projector'],
  'note_dropped(timestamp with time zone)': ['projector'],
  'note_rows(regclass)': [],
  'note_seals()': [],
  'note_table(regclass)': [],
  'oldest_transaction()': ['recorder', 'projector', 'api'],
  'partition_bounds(text)': ['projector'],
  'raise_horizon(text)': ['projector'],
  'read_model_schema(text)': ['projector'],
  'refuse_change()': [],
  'refuse_event_change()': [],
  'refuse_tile_change()': [],
  'row_key(text[], jsonb)': ['recorder', 'projector', 'api'],
  'sample_anew()': ['projector'],
  'seal_rows(regclass)': [],
  'seal_shard(integer, timestamp with time zone)': ['projector'],
  'sealed_tables()': ['recorder', 'projector', 'api'],
  'sum_counts(jsonb)': ['api'],
};

/** Every schema, and who may use what is in it and who may make something there. */
export const schemaRights: Readonly<Record<string, Readonly<Partial<Record<DatabaseRole, 'use' | 'make'>>>>> = {
  public: { recorder: 'use', projector: 'use', api: 'use' },
  public_next: { projector: 'use' },
  public_former: { projector: 'use' },
  // a queue's numbers are a sequence, which BullMQ makes
  bullmq: { projector: 'make' },
};
