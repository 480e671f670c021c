/** Brings what is frozen into read models that are built beside those in force: as it was told when the first observation that is left came. */
import type { PoolClient } from '#libs/platform';
import { addStatistics, statsKey, type readModelTables } from '../pod-inits/batch-tables.js';
import type { Contribution } from '../pod-inits/read-model-rows.js';
import type { Queryable } from '../queryable.js';
import { StatsChanges } from '../statistics/stats-changes.js';
import { quoted } from '../takeover/builds.js';
import { frozenUpTo } from './begun-at.js';

/** From which schema what is frozen comes, and into which. */
export type Carrying = Readonly<{ shardId: number; from: string; into: string }>;

/** Nobody waits for it: it copies rows within the database, however many there are. */
const HOURS_MS = 4 * 3_600_000;

/** Cycles and attempts that are counted at a time. */
const COUNTED_AT_ONCE = 5_000;

/**
 * Copies what was told of the shard below its horizon into empty read models, in the caller's transaction: versions as of there, what they
 * counted for, and what the folds of the rest begin with.
 *
 * @returns the last position that is told then; -1 where nothing is frozen: then they are built from what the log holds
 */
export async function carryFrozen(db: PoolClient, { shardId, from, into }: Carrying): Promise<number> {
  await db.query('SET LOCAL statement_timeout = 0');
  const horizon = await frozenHorizon(db, shardId, quoted(from));
  if (horizon === null) return -1;
  const carry = new Carry(db, shardId, horizon, { from, into });
  for (const table of ['pod_init', 'init_attempt', 'finding'] as const)
    await carry.copy(table, 'valid_from < $2', closedByThen);
  for (const table of ['happening', 'kube_event', 'gap', 'context'] as const) await carry.copy(table, 'position < $2');
  await carry.copy('frozen_span', 'to_position <= $2 AND frozen_at IS NOT NULL');
  await carry.copy('frozen_digest', 'to_position <= $2');
  await carry.copy('pod_seed', 'horizon = $2');
  await carry.restOnContext();
  await carry.count();
  return horizon - 1;
}

/** A version that was replaced later was in force then. */
const closedByThen = { valid_to: 'CASE WHEN valid_to < $2 THEN valid_to END' };

async function frozenHorizon(db: Queryable, shardId: number, from: string): Promise<number | null> {
  const { rows } = await db.query<{ horizon: number | null }>(
    `SELECT ${frozenUpTo(`${from}.frozen_span`)} AS horizon FROM shard_head AS head WHERE head.shard_id = $1`,
    [shardId],
  );
  return rows[0]?.horizon ?? null;
}

class Carry {
  readonly #from: string;
  readonly #into: string;

  constructor(
    private readonly db: PoolClient,
    private readonly shardId: number,
    private readonly horizon: number,
    { from, into }: Readonly<{ from: string; into: string }>,
  ) {
    this.#from = quoted(from);
    this.#into = quoted(into);
  }

  /** @param changed columns that are not as they are in force */
  async copy(
    table: (typeof readModelTables)[number],
    where: string,
    changed: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const { rows } = await this.db.query<{ name: string }>(
      `SELECT attname AS name
       FROM pg_attribute
       WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
       ORDER BY attnum`,
      [`${this.#into}.${table}`],
    );
    const columns = rows.map(({ name }) => quoted(name));
    const values = rows.map(({ name }) => changed[name] ?? quoted(name));
    await this.#query(
      `INSERT INTO ${this.#into}.${table} (${columns.join(', ')})
       SELECT ${values.join(', ')}
       FROM ${this.#from}.${table}
       WHERE shard_id = $1 AND ${where}`,
    );
  }

  /** What the pods rested on then is in their seeds. */
  async restOnContext(): Promise<void> {
    await this.#query(
      `INSERT INTO ${this.#into}.pod_context (shard_id, kind, key, pod_uid)
       SELECT shard_id, split_part(key, ':', 1), substr(key, strpos(key, ':') + 1), stream_id
       FROM ${this.#from}.pod_seed, json_array_elements_text(fold->'keys') AS key
       WHERE shard_id = $1 AND horizon = $2 AND fold IS NOT NULL`,
    );
  }

  /** What the versions in force then counted for, summed once more; a page at a time. */
  async count(): Promise<void> {
    let page = 0;
    for (const table of ['pod_init', 'init_attempt']) {
      await this.#query(
        `DECLARE counted NO SCROLL CURSOR FOR
         SELECT contribution
         FROM ${this.#into}.${table}
         WHERE shard_id = $1 AND valid_to IS NULL AND contribution IS NOT NULL`,
        [this.shardId],
      );
      while (await this.#countPage(page)) page += 1;
      await this.db.query('CLOSE counted');
    }
    await this.#date('workload_stats', 'hour');
    await this.#date('day_stats', 'day');
  }

  /** @param page numbers them from 0: statistics take each position once, and these are dated when all are counted */
  async #countPage(page: number): Promise<boolean> {
    const { rows } = await this.db.query<{ contribution: readonly Contribution[] }>(
      `FETCH ${COUNTED_AT_ONCE} FROM counted`,
    );
    const stats = new StatsChanges(this.shardId);
    for (const contribution of rows.flatMap((row) => row.contribution))
      stats.add({ contribution, times: 1, position: page });
    await addStatistics(this.db, stats);
    return rows.length > 0;
  }

  /** Rows that nothing has changed since are as old as those in force. */
  async #date(table: 'workload_stats' | 'day_stats', time: 'hour' | 'day'): Promise<void> {
    const key = ['shard_id', time, ...statsKey].map((column) => `known.${column} = made.${column}`).join(' AND ');
    await this.#query(
      `UPDATE ${this.#into}.${table} AS made
       SET last_position = coalesce(
         (SELECT last_position FROM ${this.#from}.${table} AS known WHERE ${key} AND known.last_position < $2), $2 - 1)
       WHERE shard_id = $1`,
    );
  }

  #query(text: string, values: readonly unknown[] = [this.shardId, this.horizon]): Promise<unknown> {
    const patient = { text, values: [...values], query_timeout: HOURS_MS };
    return this.db.query(patient);
  }
}
