/** What archives hold of what is erased: they lie outside the database, and nobody rewrites them. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';

import { AuditError, type Pool } from '#libs/platform';

import type { LogName } from '../event.js';
import { ERASABLE } from '../segments/erase.js';
import { Segments } from '../segments/segments.js';
import { archiveName } from './write-archive.js';
import { readArchivedEvents, readArchiveHeader } from './read-archive.js';

/** What is erased: bodies that hold a text, or those of positions. */
export type Sought = Readonly<{
  shardId: number;
  log: LogName;
  text?: string | undefined;
  positions: readonly number[];
}>;

/** An archive, and the positions of events in it whose bodies it holds and that are erased. */
export type ArchiveHolding = Readonly<{ file: string; log: LogName; positions: readonly number[] }>;

/**
 * Looks through the archives of a folder. They are taken for what they say: nothing of them is proved here.
 *
 * @throws AuditError `archive-invalid` for one that cannot be read to its end, or a folder that is not there
 */
export async function archivesHolding(folder: string, sought: Sought): Promise<readonly ArchiveHolding[]> {
  const found: ArchiveHolding[] = [];
  for (const name of await namesIn(folder)) {
    const file = path.join(folder, name);
    const { shard, log } = await readArchiveHeader(file);
    if (shard.shardId !== sought.shardId || log !== sought.log) continue;
    const positions = await positionsIn(file, sought);
    if (positions.length > 0) found.push({ file, log, positions });
  }
  return found;
}

/**
 * Archives that weeks of a shard were exported to, as far as the database knows of them, by the name that they were given.
 *
 * @param positions of what is erased; of weeks that are gone nobody knows what they held
 */
export async function archivesNoted(
  pool: Pool,
  { shardId, positions }: Pick<Sought, 'shardId' | 'positions'>,
): Promise<readonly Readonly<{ name: string; digest: string; isDropped: boolean; positions: readonly number[] }>[]> {
  const { rows } = await pool.query<{ cluster_uid: string }>('SELECT cluster_uid FROM shard WHERE shard_id = $1', [
    shardId,
  ]);
  const clusterUid = rows[0]?.cluster_uid ?? '';
  return (await new Segments(pool).list())
    .filter((segment) => segment.shardId === shardId)
    .flatMap(({ archive, dropped, fromAt, firstPosition, nextPosition }) => {
      const within = positions.filter((position) => position >= firstPosition && position < nextPosition);
      if (archive === null || (!dropped && within.length === 0)) return [];
      const name = archiveName({ log: 'event', shard: { shardId, clusterUid }, fromAt });
      return [{ name, digest: archive, isDropped: dropped, positions: within }];
    });
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith('.archive.zst')).toSorted();
  } catch (cause) {
    throw new AuditError('archive-invalid', `${folder} cannot be read: ${(cause as Error).message}.`, { cause });
  }
}

async function positionsIn(file: string, { text, positions }: Sought): Promise<readonly number[]> {
  const escaped = text === undefined ? undefined : JSON.stringify(text).slice(1, -1);
  const wanted = new Set(positions);
  const found: number[] = [];
  for await (const { position, type, body } of readArchivedEvents(file))
    if (
      ERASABLE.has(type) &&
      body !== null &&
      (wanted.has(position) || (escaped !== undefined && body.includes(escaped)))
    )
      found.push(position);
  return found;
}
