import { z } from 'zod';

import { AuditError } from '#libs/platform';

/** The version of the format. A reader refuses others: what it does not know it cannot prove. */
export const ARCHIVE_VERSION = 1;

const base64 = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/u);
const position = z.int().nonnegative();

/**
 * The first line of an archive: which events of which log it holds, and what proves them. Of a log's description it has only what never
 * changes, so that the same rows make the same bytes.
 */
const ArchiveHeader = z.strictObject({
  format: z.literal('initledger-archive'),
  version: z.literal(ARCHIVE_VERSION),
  log: z.enum(['event', 'act_event']),
  /** As in the log's checkpoints. */
  origin: z.string(),
  shard: z.strictObject({
    shardId: z.int().positive(),
    origin: z.string(),
    clusterUid: z.string(),
    source: z.enum(['kubernetes', 'demo', 'recording']),
    identity: z.enum(['namespaceUid', 'serverAndCa', 'recording']),
    slice: z.int().nullable(),
    slices: z.int().nullable(),
    generation: z.int().nonnegative(),
    predecessors: z.array(z.int()),
    /** Where the hashes of namespaces are cut into its slices, 16 hex digits each; null: they are not. */
    cuts: z.array(z.string().regex(/^[0-9a-f]{16}$/u)).nullable(),
  }),
  /** Positions `[from, to)`. */
  from: position,
  to: position,
  /** Of a week, by `recorded_at`: `[fromAt, toAt)`; null of acts, which have no weeks. */
  fromAt: z.string().nullable(),
  toAt: z.string().nullable(),
  /** Hashes of the tiles in which the log ended at `from`, one after the other, of each level from the leaves up. */
  before: z.array(base64),
  /** Signed notes of checkpoints of sizes in `(from, to]`, the smallest first: they say between which two something was changed. */
  checkpoints: z.array(z.string()),
  /** The signed note of a checkpoint whose size is not below `to`. */
  checkpoint: z.string(),
  /** Hashes of what its tree has right of `to`, from the root down. */
  after: z.array(base64),
});
export type ArchiveHeader = z.infer<typeof ArchiveHeader>;

/** The last line: how many events there were, and SHA-256, hex, of their leaf hashes one after the other. */
export const ArchiveEnd = z.strictObject({ events: position, leaves: z.string().regex(/^[0-9a-f]{64}$/u) });
export type ArchiveEnd = z.infer<typeof ArchiveEnd>;

/** @throws AuditError `archive-invalid` that says what is wrong with it, or that it is of another version */
export function parseHeader(line: string): ArchiveHeader {
  const said = parsedJson(line);
  const { format, version } = (said ?? {}) as Partial<ArchiveHeader>;
  if (format !== 'initledger-archive') throw invalid('it does not begin with the header of one');
  if (version !== ARCHIVE_VERSION)
    throw new AuditError('archive-invalid', `The archive is of version ${String(version)} of the format.`, {
      remedy: `This version reads ${ARCHIVE_VERSION}: read it with the version that wrote it.`,
    });
  const header = ArchiveHeader.safeParse(said);
  if (!header.success) throw invalid(`its header is wrong: ${z.prettifyError(header.error)}`);
  if (header.data.from >= header.data.to) throw invalid('it holds no events');
  return header.data;
}

export function parseEnd(line: string): ArchiveEnd {
  const end = ArchiveEnd.safeParse(parsedJson(line));
  if (!end.success) throw invalid('its last line is wrong');
  return end.data;
}

export const invalid = (what: string, cause?: unknown): AuditError =>
  new AuditError('archive-invalid', `This is no whole archive: ${what}.`, {
    cause,
    remedy: 'deploy/audit/verify.mjs finds all that is wrong with it. Take another copy.',
  });

function parsedJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
