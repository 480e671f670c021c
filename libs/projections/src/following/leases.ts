import { randomUUID } from 'node:crypto';
import type { Queryable } from '../queryable.js';

/** Milliseconds, by the clock of the database. */
export type LeasePace = Readonly<{
  /** For so long a shard is left to a projector that says nothing more: one that was killed. */
  leaseMs: number;
  /** How often the lease is renewed, and the others are looked at. */
  renewMs: number;
}>;

const usual: LeasePace = { leaseMs: 5_000, renewMs: 1_000 };

/**
 * Which shards this worker projects. Each shard is left to one worker at a time, and shards are shared evenly: a worker that has at least
 * two more than this one is asked for one, and hands it over between two batches. The lease only saves work. What is written by whom is
 * decided by the bookmark, so a worker that slept through its lease does no harm.
 */
export class Leases {
  readonly worker = randomUUID();
  readonly #pace: LeasePace;
  /** When each lease that we hold was renewed, by `performance.now()`. */
  readonly #renewed = new Map<number, number>();
  /** Two shards are not asked for at once: the second would not know of the first. */
  #asking: Promise<unknown> = Promise.resolve();

  /** @param projection names what is projected: leases of another name are another's */
  constructor(
    private readonly db: Queryable,
    private readonly projection: string,
    pace: Partial<LeasePace> = {},
  ) {
    this.#pace = { ...usual, ...pace };
  }

  /** Shards that this worker holds, as far as it knows. */
  get held(): readonly number[] {
    return [...this.#renewed.keys()];
  }

  /** Whether the shard is ours to project now: held already, or taken because nobody holds it. To be asked before each batch. */
  async hold(shardId: number): Promise<boolean> {
    const now = performance.now();
    const renewed = this.#renewed.get(shardId);
    if (renewed !== undefined && now - renewed < this.#pace.renewMs) return true;
    if (await this.#take(shardId)) {
      this.#renewed.set(shardId, now);
      return true;
    }
    if (this.#renewed.delete(shardId)) await this.#handOver(shardId);
    else await this.#ask(shardId);
    return false;
  }

  /** Lets go of everything at once, so that nobody has to wait until the leases end. */
  async release(): Promise<void> {
    this.#renewed.clear();
    await this.db.query(
      `DELETE FROM projection_lease
       WHERE projection = $1 AND worker = $2`,
      [this.projection, this.worker],
    );
  }

  /** Takes or renews the lease, unless another holds it, or another that has less to do is waiting for it. */
  async #take(shardId: number): Promise<boolean> {
    const { rows } = await this.db.query(
      `INSERT INTO projection_lease AS lease (shard_id, projection, worker, lease_until)
       VALUES ($1, $2, $3, clock_timestamp() + make_interval(secs => $4))
       ON CONFLICT (shard_id, projection)
       DO UPDATE SET worker = excluded.worker, lease_until = excluded.lease_until, wanted_by = NULL, wanted_until = NULL
       WHERE lease.lease_until < clock_timestamp()
          OR (lease.worker = excluded.worker AND (lease.wanted_until IS NULL OR lease.wanted_until < clock_timestamp()))
       RETURNING worker`,
      [shardId, this.projection, this.worker, this.#pace.leaseMs / 1_000],
    );
    return rows.length === 1;
  }

  async #handOver(shardId: number): Promise<void> {
    await this.db.query(
      `UPDATE projection_lease
       SET worker = wanted_by, lease_until = clock_timestamp() + make_interval(secs => $4), wanted_by = NULL, wanted_until = NULL
       WHERE shard_id = $1 AND projection = $2 AND worker = $3 AND wanted_by IS NOT NULL`,
      [shardId, this.projection, this.worker, this.#pace.leaseMs / 1_000],
    );
  }

  /** Asks for the shard, if its holder keeps at least two more than we do: then both are better off. */
  async #ask(shardId: number): Promise<void> {
    const asked = this.#asking.then(() =>
      this.db.query(
        `UPDATE projection_lease AS lease
         SET wanted_by = $3, wanted_until = clock_timestamp() + make_interval(secs => $4)
         WHERE shard_id = $1
           AND projection = $2
           AND lease_until >= clock_timestamp()
           AND (wanted_until IS NULL OR wanted_until < clock_timestamp())
           AND (SELECT count(*) FILTER (WHERE worker = lease.worker AND NOT is_wanted)
                       - count(*) FILTER (WHERE worker = $3 OR (wanted_by = $3 AND is_wanted)) >= 2
                FROM (
                  SELECT worker, wanted_by, coalesce(wanted_until >= clock_timestamp(), false) AS is_wanted
                  FROM projection_lease
                  WHERE projection = $2 AND lease_until >= clock_timestamp()
                ) AS held)`,
        [shardId, this.projection, this.worker, this.#pace.leaseMs / 1_000],
      ),
    );
    this.#asking = asked.catch(() => undefined);
    await asked;
  }
}
