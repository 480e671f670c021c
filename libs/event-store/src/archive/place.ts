import { AuditError, rowTypes, type Pool } from '#libs/platform';

import { tablesOf } from '../log-tables.js';
import { LogTree } from '../ledger/log-tree.js';
import type { ArchiveHeader } from './header.js';
import { readArchiveHeader } from './read-archive.js';

/** What a database has of the log that an archive is of: events `[first, size)`; undefined where it has none. */
export type Here = Readonly<{ first: number; size: number }> | undefined;

type Known = Readonly<{ shard_id: number; origin: string; cluster_uid: string }>;

/**
 * Looks what is here of an archive's log.
 *
 * @throws AuditError `archive-refused` where its shard's number is that of another cluster here: a log is called by its number, and keeps it
 */
export async function whatIsHere(pool: Pool, { shard }: ArchiveHeader): Promise<Here> {
  const { rows } = await pool.query<Known & { first: number | null; size: number | null }>({
    text: `SELECT shard_id, origin, cluster_uid, first_position AS first, size FROM shard LEFT JOIN shard_head USING (shard_id) WHERE shard_id = $1`,
    values: [shard.shardId],
    types: rowTypes,
  });
  const [known] = rows;
  if (known && (known.origin !== shard.origin || known.cluster_uid !== shard.clusterUid))
    throw new AuditError(
      'archive-refused',
      `Shard ${shard.shardId} of this database is of cluster ${known.cluster_uid}, and the archive is of ${shard.clusterUid}.`,
      { remedy: 'Import it into an empty database: a log keeps its number, which its checkpoints name.' },
    );
  return known?.size ? { first: known.first ?? 0, size: known.size } : undefined;
}

/** Files in the order in which they can be imported: from what is here downwards, then upwards; of what is not here, the oldest first. */
export async function inOrder(pool: Pool, files: readonly string[]): Promise<readonly string[]> {
  const known = await Promise.all(
    files.map(async (file) => {
      const header = await readArchiveHeader(file);
      const { first = 0 } = (await whatIsHere(pool, header)) ?? {};
      return { file, shard: header.shard.shardId, from: header.from, isBelow: header.from < first };
    }),
  );
  const below = known.filter(({ isBelow }) => isBelow).toSorted((a, b) => a.shard - b.shard || b.from - a.from);
  const others = known.filter(({ isBelow }) => !isBelow).toSorted((a, b) => a.shard - b.shard || a.from - b.from);
  return [...below, ...others].map(({ file }) => file);
}

/** Sizes at which an archive's log has to have the root of the one that is here. */
export const marksOf = ({ from, to }: ArchiveHeader, here: Here): readonly number[] =>
  here ? [Math.min(to, here.size)].filter((mark) => mark >= from) : [];

/**
 * Whether all events of an archive are here already. Else it goes on below, or above, what is.
 *
 * @throws AuditError `archive-refused` where there would be a hole between, or the log that is here has other events
 */
export async function isHere(
  pool: Pool,
  header: ArchiveHeader,
  { here, roots }: Readonly<{ here: Here; roots: ReadonlyMap<number, Buffer> }>,
): Promise<boolean> {
  if (!here) return false;
  const { from, to, shard } = header;
  if (to < here.first) throw hole(header, `events ${to} to ${here.first - 1}`);
  if (from > here.size) throw hole(header, `events ${here.size} to ${from - 1}`);
  const mark = Math.min(to, here.size);
  const tree = await LogTree.at(pool, tablesOf('event'), shard.shardId, here.size);
  if (!roots.get(mark)?.equals(await tree.root(mark)))
    throw new AuditError(
      'archive-refused',
      `The first ${mark} events of shard ${shard.shardId} here are others than those that the archive goes on from.`,
      {
        remedy:
          'One of the two is a fork: the log was begun anew, or restored and gone on with. Import into an empty database to look at both.',
      },
    );
  return from >= here.first && to <= here.size;
}

const hole = ({ shard, from, to }: ArchiveHeader, missing: string): AuditError =>
  new AuditError(
    'archive-refused',
    `Between events ${from} to ${to - 1} of the archive and what shard ${shard.shardId} has are ${missing}.`,
    { remedy: 'Import the weeks between first, the nearest one before the others; or all of them at once.' },
  );
