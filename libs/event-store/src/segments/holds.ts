import { AuditError, rowTypes, type Pool } from '#libs/platform';

import type { ActWriters } from './act-writers.js';
import { historyAct, type Ground } from './history-acts.js';

/** What was recorded of a shard in `[fromAt, toAt)`, RFC 3339, and must not go. */
export type Hold = Ground & Readonly<{ shardId: number; holdId: string; fromAt: string; toAt: string; heldAt: string }>;

type HoldRow = Readonly<{
  shard_id: number;
  hold_id: string;
  from_at: string;
  to_at: string;
  reason: string;
  author: string;
  held_at: string;
}>;

/** The holds in force, the oldest first. */
export async function listHolds(pool: Pool): Promise<readonly Hold[]> {
  const { rows } = await pool.query<HoldRow>({
    text: `SELECT shard_id, hold_id, from_at, to_at, reason, author, held_at
             FROM legal_hold
            WHERE released_at IS NULL
            ORDER BY held_at, shard_id`,
    types: rowTypes,
  });
  return rows.map(({ shard_id, hold_id, from_at, to_at, held_at, reason, author }) => ({
    shardId: shard_id,
    holdId: hold_id,
    fromAt: from_at,
    toAt: to_at,
    reason,
    author,
    heldAt: held_at,
  }));
}

/** Legal holds: what one overlaps is not dropped, whatever its age. Placing and releasing one is an act. */
export class Holds {
  /** @param pool of the projector */
  constructor(
    private readonly pool: Pool,
    private readonly acts: Pick<ActWriters, 'appendInSpite'>,
  ) {}

  /** Holds from the moment that it returns. */
  async place(
    shardId: number,
    hold: Readonly<{ holdId: string; fromAt: string; toAt: string }> & Ground,
  ): Promise<void> {
    // First what holds, then what tells: whoever is killed in between has held too much.
    await this.pool.query(
      `INSERT INTO legal_hold (shard_id, hold_id, from_at, to_at, reason, author) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT DO NOTHING`,
      [shardId, hold.holdId, hold.fromAt, hold.toAt, hold.reason, hold.author],
    );
    await this.acts.appendInSpite(shardId, [
      historyAct(shardId, { type: 'HoldPlaced', at: new Date().toISOString(), ...hold }),
    ]);
  }

  /** @throws AuditError `hold-unknown` for one that is not in force */
  async release(holdId: string, { reason, author }: Ground): Promise<void> {
    const held = (await listHolds(this.pool)).filter((hold) => hold.holdId === holdId);
    if (held.length === 0)
      throw new AuditError('hold-unknown', `No hold ${holdId} is in force.`, {
        remedy: 'The command `holds` lists them.',
      });
    for (const { shardId } of held) {
      const act = { type: 'HoldReleased', at: new Date().toISOString(), holdId, reason, author } as const;
      await this.acts.appendInSpite(shardId, [historyAct(shardId, act)]);
      await this.pool.query(
        'UPDATE legal_hold SET released_at = now() WHERE shard_id = $1 AND hold_id = $2 AND released_at IS NULL',
        [shardId, holdId],
      );
    }
  }
}
