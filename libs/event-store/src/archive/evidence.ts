import { AuditError, rowTypes, type Pool } from '#libs/platform';

import type { LogName } from '../event.js';
import { loadTree } from '../load-tree.js';
import { tablesOf, type LogTables } from '../log-tables.js';
import { LogTree } from '../ledger/log-tree.js';
import { originOf } from '../ledger/origin.js';
import { Shards } from '../shards.js';
import { storedCuts } from '../slice-division.js';
import { ARCHIVE_VERSION, type ArchiveHeader } from './header.js';

/** What goes into one archive. */
export type Span = Readonly<{
  log: LogName;
  shardId: number;
  /** Positions `[from, to)`. */
  from: number;
  to: number;
  fromAt: string | null;
  toAt: string | null;
}>;

/** Between two of the signed checkpoints that an archive takes along lie so many events at least: then they weigh nothing. */
const CHECKPOINT_EVERY = 4_096;

/**
 * What proves the events of a span, from the database as it is.
 *
 * @throws AuditError `proof-unknown` where no checkpoint covers it
 */
export async function evidenceOf(pool: Pool, { log, shardId, ...span }: Span): Promise<ArchiveHeader> {
  const tables = tablesOf(log);
  const { from, to } = span;
  const shards = new Shards(pool);
  const shard = (await shards.list()).find((each) => each.shardId === shardId);
  if (!shard) throw new AuditError('shard-unknown', `There is no shard ${shardId}.`);
  const covering = await coveringCheckpoint(pool, tables, shardId, to);
  const tree = await LogTree.at(pool, tables, shardId, covering.size);
  const before = from === 0 ? [] : (await loadTree(pool, tables, shardId, from)).allEdges;
  const cuts = storedCuts(await shards.cutsOf(shardId));
  const { origin, clusterUid, source, identity, slice, generation, predecessors } = shard;
  return {
    format: 'initledger-archive',
    version: ARCHIVE_VERSION,
    log,
    origin: await originOf(pool, shardId, log),
    shard: {
      shardId,
      origin,
      clusterUid,
      source,
      identity,
      slice: slice?.nth ?? null,
      slices: slice?.of ?? null,
      generation,
      predecessors: [...predecessors],
      cuts: cuts && [...cuts],
    },
    ...span,
    before: before.map((hashes) => Buffer.concat(hashes).toString('base64')),
    checkpoints: await checkpointsWithin(pool, tables, shardId, { from, to: Math.min(to, covering.size - 1) }),
    checkpoint: covering.note,
    after: (await tree.rightOf(to)).map((hash) => hash.toString('base64')),
  };
}

/** The first that covers all: later ones would do as well, but then the same rows would not make the same bytes. */
async function coveringCheckpoint(
  pool: Pool,
  tables: LogTables,
  shardId: number,
  to: number,
): Promise<Readonly<{ size: number; note: string }>> {
  const { rows } = await pool.query<{ size: number; note: string }>({
    text: `SELECT size, note FROM ${tables.checkpoint} WHERE shard_id = $1 AND size >= $2 ORDER BY size LIMIT 1`,
    values: [shardId, to],
    types: rowTypes,
  });
  if (rows[0]) return rows[0];
  throw new AuditError('proof-unknown', `No checkpoint of shard ${shardId} covers its events up to ${to - 1}.`, {
    remedy:
      'A log is sealed each five seconds by who records it. Without a ledger key nothing of it can be proved elsewhere.',
  });
}

/** Of each stretch the last, so that where something was changed lies between two of them. */
async function checkpointsWithin(
  pool: Pool,
  tables: LogTables,
  shardId: number,
  { from, to }: Readonly<{ from: number; to: number }>,
): Promise<string[]> {
  const { rows } = await pool.query<{ note: string }>(
    `SELECT DISTINCT ON ((size - 1) / ${CHECKPOINT_EVERY}) note
       FROM ${tables.checkpoint}
      WHERE shard_id = $1 AND size > $2 AND size <= $3
      ORDER BY (size - 1) / ${CHECKPOINT_EVERY}, size DESC`,
    [shardId, from, to],
  );
  return rows.map(({ note }) => note);
}
