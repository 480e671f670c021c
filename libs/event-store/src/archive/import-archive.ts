import { randomUUID } from 'node:crypto';

import { AuditError, rowTypes, type Pool, type PoolClient } from '#libs/platform';

import { Ledger } from '../ledger/ledger.js';
import { parseVerifier, type Verifier } from '../ledger/signed-note.js';
import type { ActWriters } from '../segments/act-writers.js';
import { historyAct, type Ground, type HistoryAct } from '../segments/history-acts.js';
import { Holds, listHolds } from '../segments/holds.js';
import { Segments } from '../segments/segments.js';
import { assertTold, erasedWithin } from './erased-since.js';
import type { ArchiveHeader } from './header.js';
import { isHere, marksOf, whatIsHere, type Here } from './place.js';
import { digestOf, readArchive, readArchiveHeader, type ReadArchive } from './read-archive.js';
import { takeIn } from './take-in.js';

/** With what an archive is imported. */
export type Importing = Readonly<{
  /** Of the projector. */
  pool: Pool;
  acts: Pick<ActWriters, 'appendInSpite'>;
  /** Verifier keys that are trusted; none: those that the database names, of a log that is here. */
  keys: readonly string[];
  /** An archive of the acts of the same log: what it says was erased stays so. */
  actsFile?: string | undefined;
  /** What people call a cluster that is not here yet; unless told, its uid. */
  clusterName?: string | undefined;
  ground: Ground;
  /** Done in the transaction in which events come that are older than those that were here. */
  older?: (db: PoolClient, came: Pick<ArchiveHeader, 'from' | 'to'> & Readonly<{ shardId: number }>) => Promise<void>;
}>;

/** What became of an archive. `holdId`: what keeps it from being dropped again. */
export type Imported = Readonly<{
  header: ArchiveHeader;
  outcome: 'imported' | 'there';
  /** Events that came. */
  events: number;
  erased: number;
  holdId: string | null;
}>;

type ImportAct = Extract<HistoryAct, { type: 'SegmentImported' }>;

/**
 * Takes the events of an archived week into the log that they are of: below what is here, above it, or, where nothing of it is here, as
 * the beginning of a closed shard. All of it is proved before, and again while it comes; an act says who wanted it and why; it comes in one
 * transaction, held from being dropped. Done again, it does nothing.
 *
 * @throws AuditError `archive-invalid`, `archive-unproved`, `archive-refused`: then nothing has come
 */
export async function importArchive(file: string, importing: Importing): Promise<Imported> {
  const { pool, actsFile } = importing;
  const header = await readArchiveHeader(file);
  if (header.log !== 'event' || header.fromAt === null || header.toAt === null) throw ofActs(file);
  const here = await whatIsHere(pool, header);
  const verifiers = await trusted(importing, header);
  const without: number[] = [];
  const read = await readArchive(file, {
    verifiers,
    marks: marksOf(header, here),
    take: ({ rows }) => {
      for (const { position, body } of rows) if (body === null) without.push(position);
    },
  });
  if (await isHere(pool, header, { here, roots: read.roots }))
    return { header, outcome: 'there', events: 0, erased: 0, holdId: null };

  const erased = await erasedWithin(header, { pool, actsFile, verifiers });
  assertTold(without, erased);
  if (!here) await begin(importing, header);
  const holdId = await hold(importing, header);
  const events = await come(file, importing, { here, read, verifiers, erased });
  return { header, outcome: 'imported', events, erased: erased.length, holdId };
}

type Proved = Readonly<{ here: Here; read: ReadArchive; verifiers: readonly Verifier[]; erased: readonly number[] }>;

async function come(file: string, importing: Importing, { here, read, verifiers, erased }: Proved): Promise<number> {
  const { header, leaves } = read;
  const { shardId } = header.shard;
  const archive = await digestOf(file);
  const actPosition = await tell(importing, header, { leaves, archive, begins: here === undefined, erased });
  const isOlder = here !== undefined && header.from < here.first;
  return takeIn(importing.pool, {
    shardId,
    actPosition,
    evidence: evidenceOf(read, verifiers),
    read: (take) => readArchive(file, { verifiers, take }),
    erased: new Set(erased),
    also: async (db) => {
      if (isOlder) await importing.older?.(db, { from: header.from, to: header.to, shardId });
    },
  });
}

const ofActs = (file: string): AuditError =>
  new AuditError('archive-refused', `${file} holds acts, which stay with the database that recorded them.`, {
    remedy: 'Give it with --acts-file: then what it says was erased stays erased.',
  });

async function trusted({ pool, keys }: Importing, { origin, shard }: ArchiveHeader): Promise<readonly Verifier[]> {
  const named = keys.length > 0 ? keys : await new Ledger(pool).keys(shard.shardId);
  const verifiers = named.map(parseVerifier).filter(({ name }) => name === origin);
  if (verifiers.length > 0) return verifiers;
  throw new AuditError('archive-unproved', `No verifier key of ${origin} is known here.`, {
    remedy: 'Give one that you kept with --key; `npm run ledger -- keys` prints it where the log was recorded.',
  });
}

/** What it holds was recorded elsewhere, up to its end: nobody records into this shard here. */
async function begin({ pool, clusterName }: Importing, { shard, toAt }: ArchiveHeader): Promise<void> {
  const description = { ...shard, clusterName: clusterName ?? shard.clusterUid, closedAt: toAt };
  await pool.query('SELECT begin_import($1, $2::json)', [shard.shardId, JSON.stringify(description)]);
}

/** Before it comes: retention would drop it again at once. */
async function hold({ pool, acts, ground }: Importing, { shard, fromAt, toAt }: ArchiveHeader): Promise<string> {
  const holds = await listHolds(pool);
  const { shardId } = shard;
  const isOurs = (each: (typeof holds)[number]): boolean =>
    each.shardId === shardId && each.fromAt === fromAt && each.toAt === toAt && each.author === ground.author;
  const known = holds.find(isOurs);
  if (known) return known.holdId;
  const holdId = randomUUID();
  await new Holds(pool, acts).place(shardId, { holdId, fromAt: fromAt ?? '', toAt: toAt ?? '', ...ground });
  return holdId;
}

type Told = Pick<ImportAct, 'leaves' | 'archive' | 'begins' | 'erased'>;

/** Records that it comes, once: an import that was broken off before it had come is the same one. */
async function tell(importing: Importing, header: ArchiveHeader, told: Told): Promise<number> {
  const { pool, acts, actsFile, ground } = importing;
  const { from, to, fromAt, toAt, shard } = header;
  const { shardId } = shard;
  const known = (await new Segments(pool).list(fromAt ?? '')).find((segment) => segment.shardId === shardId);
  const act = historyAct(shardId, {
    type: 'SegmentImported',
    at: new Date().toISOString(),
    from,
    to,
    fromAt: fromAt ?? '',
    toAt: toAt ?? '',
    ...told,
    acts: actsFile === undefined ? null : await digestOf(actsFile),
    droppedBy: known?.dropPosition ?? null,
    ...ground,
  });
  const { rows } = await pool.query<{ position: number }>({
    text: 'SELECT position FROM act_event WHERE shard_id = $1 AND stream_id = $2 AND event_id = $3',
    values: [shardId, act.streamId, act.eventId],
    types: rowTypes,
  });
  return rows[0]?.position ?? (await acts.appendInSpite(shardId, [act])).first;
}

const evidenceOf = ({ header, edge, checkpoints }: ReadArchive, verifiers: readonly Verifier[]) => ({
  edge: edge.toString('hex'),
  before: header.before.map((hashes) => Buffer.from(hashes, 'base64').toString('hex')),
  keys: verifiers.map(({ vkey }) => vkey),
  checkpoints: checkpoints.map(({ size, root, note }) => ({ size, root: root.toString('hex'), note })),
});
