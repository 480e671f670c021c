import type { Queryable } from '../queryable.js';

type Row = Readonly<Record<string, unknown>>;

/** The places that happenings had among those of their positions, before they were taken out of the table. */
export class OldHappenings {
  readonly #ordinals = new Map<string, number>();
  /** By position, the first place that none of these had. */
  readonly #next = new Map<number, number>();

  /** Takes those of a pod out of the table, from position `from` on. */
  async take(db: Queryable, shardId: number, podUid: string, from: number): Promise<void> {
    const { rows } = await db.query<{ position: number; ordinal: number; happening_id: string }>(
      `DELETE FROM happening
       WHERE shard_id = $1 AND pod_uid = $2 AND position >= $3
       RETURNING position, ordinal, happening_id`,
      [shardId, podUid, from],
    );
    for (const { position, ordinal, happening_id } of rows) {
      this.#ordinals.set(`${position} ${happening_id}`, ordinal);
      this.#next.set(position, Math.max(this.#next.get(position) ?? 0, ordinal + 1));
    }
  }

  /** Numbers happenings anew: one that was told before keeps its place, others come after all that are or were there. */
  async number(db: Queryable, happenings: readonly Row[]): Promise<readonly Row[]> {
    const numbered = [];
    for (const happening of happenings) {
      const position = Number(happening['position']);
      let ordinal = this.#ordinals.get(`${position} ${String(happening['happening_id'])}`);
      if (ordinal === undefined) {
        ordinal = Math.max(this.#next.get(position) ?? 0, await afterAll(db, happening['shard_id'], position));
        this.#next.set(position, ordinal + 1);
      }
      numbered.push({ ...happening, ordinal });
    }
    return numbered;
  }
}

async function afterAll(db: Queryable, shardId: unknown, position: number): Promise<number> {
  const { rows } = await db.query<{ next: number }>(
    'SELECT coalesce(max(ordinal) + 1, 0) AS next FROM happening WHERE shard_id = $1 AND position = $2',
    [shardId, position],
  );
  return rows[0]?.next ?? 0;
}
