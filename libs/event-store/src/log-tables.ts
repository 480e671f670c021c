import type { LogName } from './event.js';

/** The tables of a log. Names from here go into SQL as they are: they come from no caller. */
export type LogTables = Readonly<{
  log: LogName;
  head: string;
  tile: string;
  checkpoint: string;
  key: string;
  segment: string | null;
}>;

const tables = {
  event: {
    log: 'event',
    head: 'shard_head',
    tile: 'merkle_tile',
    checkpoint: 'checkpoint',
    key: 'checkpoint_key',
    segment: 'segment',
  },
  act_event: {
    log: 'act_event',
    head: 'act_head',
    tile: 'act_merkle_tile',
    checkpoint: 'act_checkpoint',
    key: 'act_checkpoint_key',
    // Acts are kept for ever.
    segment: null,
  },
} as const satisfies Record<LogName, LogTables>;

/** The tables that make up `log`. */
export function tablesOf(log: LogName): LogTables {
  return tables[log];
}
