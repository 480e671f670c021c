import { AuditError, rowTypes, type Pool } from '#libs/platform';

import { Segments, type Segment } from '../segments/segments.js';
import type { Span } from './evidence.js';
import { weekOf } from './write-archive.js';

/** Which archives are wanted. */
export type Wanted = Readonly<{
  /** Of this shard; unless told, of all. */
  shard?: number | undefined;
  /** Weeks as partitions are named, such as 2026w02; unless told, all that are sealed and there. */
  weeks?: readonly string[] | undefined;
}>;

/** A sealed week as an archive has it. */
export const spanOf = ({ shardId, firstPosition, nextPosition, fromAt, toAt }: Segment): Span => ({
  log: 'event',
  shardId,
  from: firstPosition,
  to: nextPosition,
  fromAt,
  toAt,
});

/** Sealed weeks that are there, the oldest first. @throws AuditError `archive-refused` for one that is asked for and is not */
export async function weekSpans(pool: Pool, { shard, weeks }: Wanted): Promise<readonly Span[]> {
  const sealed = (await new Segments(pool).list()).filter(({ shardId }) => shard === undefined || shardId === shard);
  for (const week of weeks ?? [])
    assertThere(
      week,
      sealed.filter(({ fromAt }) => weekOf(fromAt) === week),
    );
  return sealed
    .filter(({ dropped, fromAt }) => !dropped && (weeks === undefined || weeks.includes(weekOf(fromAt))))
    .map(spanOf);
}

function assertThere(week: string, segments: readonly Segment[]): void {
  if (segments.some(({ dropped }) => !dropped)) return;
  const isGone = segments.length > 0;
  throw new AuditError(
    'archive-refused',
    `The week ${week} ${isGone ? 'was dropped' : 'is not sealed, or holds nothing'}.`,
    {
      remedy: isGone
        ? 'Take the archive that was made before, if one was.'
        : 'The projector seals a week once every shard has passed it; so does `npm run ledger -- retain`.',
    },
  );
}

/** Acts have no weeks and are never dropped: all that are sealed, from the first on. */
export async function actSpans(pool: Pool, { shard }: Wanted): Promise<readonly Span[]> {
  const { rows } = await pool.query<{ shard_id: number; size: number }>({
    text: `SELECT shard_id, max(size) AS size FROM act_checkpoint WHERE shard_id = coalesce($1, shard_id) GROUP BY 1 ORDER BY 1`,
    values: [shard ?? null],
    types: rowTypes,
  });
  return rows.map(({ shard_id, size }) => ({
    log: 'act_event',
    shardId: shard_id,
    from: 0,
    to: size,
    fromAt: null,
    toAt: null,
  }));
}
