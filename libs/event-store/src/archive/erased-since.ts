import { AuditError, type Pool } from '#libs/platform';

import { archivedPositions, erasedPositions } from '../ledger/told-losses.js';
import { verifierNamed, type Verifier } from '../ledger/signed-note.js';
import type { HistoryAct } from '../segments/history-acts.js';
import type { ArchiveHeader } from './header.js';
import { readArchive } from './read-archive.js';

/** Who tells of erasures: the acts that are here, and an archive of them, under the name of that log signed with the same keys. */
export type Telling = Readonly<{ pool: Pool; actsFile: string | undefined; verifiers: readonly Verifier[] }>;

/** Positions of an archive whose bodies were erased, before it was written or since, in order. @throws AuditError for acts that do not hold */
export async function erasedWithin(
  { origin, shard, from, to }: ArchiveHeader,
  { pool, actsFile, verifiers }: Telling,
): Promise<readonly number[]> {
  const told = new Set(await erasedPositions({ connection: pool, shardId: shard.shardId }));
  for (const position of await archivedPositions({ connection: pool, shardId: shard.shardId })) told.add(position);
  if (actsFile !== undefined) {
    await readArchive(actsFile, {
      verifiers: verifiers.map((verifier) => verifierNamed(`${origin}/acts`, verifier)),
      take: ({ rows }) => {
        for (const { type, body } of rows)
          if (type === 'BodiesErased' && body !== null) for (const position of erasedBy(body)) told.add(position);
      },
    });
  }
  return [...told].filter((position) => position >= from && position < to).toSorted((a, b) => a - b);
}

/** @throws AuditError `archive-refused` for a body that is gone and was erased by no act */
export function assertTold(without: readonly number[], erased: readonly number[]): void {
  const told = new Set(erased);
  const untold = without.find((position) => !told.has(position));
  if (untold === undefined) return;
  throw new AuditError(
    'archive-refused',
    `The body of event ${untold} was erased, and no act that is known here says so.`,
    { remedy: 'Give the archive of the acts of this log with --acts-file.' },
  );
}

function erasedBy(body: string): readonly number[] {
  const act = JSON.parse(body) as Extract<HistoryAct, { type: 'BodiesErased' }>;
  return act.log === 'event' ? [...act.positions, ...(act.archived ?? [])] : [];
}
