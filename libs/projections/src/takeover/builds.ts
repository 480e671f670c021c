/** The sets of read models there are: those in force, those being built beside them, and those that were in force before. */
import type { Pool } from '#libs/platform';
import { inTransaction } from '../following/transaction.js';
import { frozenUpTo } from '../horizon/begun-at.js';
import type { Queryable } from '../queryable.js';
import { isSameReading } from './rules-order.js';
import type { Reading } from './rules-order.js';

/** `next` is built beside `current`; `former` was in force before it. Each is a schema of the database. */
export type BuildPlace = 'current' | 'next' | 'former';

/** The schemas of the three places. */
export type Schemas = Readonly<Record<BuildPlace, string>>;

/** Any number of ours: whoever begins, swaps or drops does so alone. */
const BUILD_LOCK = 7_411_003;

/** Tables that hold what a projection keeps; with bookmarks and parked streams, so that a set of read models is whole. */
export class Builds {
  readonly tables: readonly string[];

  constructor(
    private readonly pool: Pool,
    private readonly family: string,
    tables: readonly string[],
  ) {
    this.tables = wholeOf(tables);
  }

  async schemas(): Promise<Schemas> {
    const { rows } = await this.pool.query<{ current: string }>('SELECT current_schema() AS current');
    const current = rows[0]?.current ?? 'public';
    return { current, next: `${current}_next`, former: `${current}_former` };
  }

  /** By what the read models of a place were kept: nothing where there are none, or no shard was begun. */
  async readings(place: BuildPlace): Promise<readonly Reading[]> {
    return this.#readingsIn(this.pool, place);
  }

  /**
   * Makes sure that `next` holds read models of `ours`: those begun earlier; else the former ones, if they are ours, which is the way back;
   * else empty tables. Read models of others that nobody finished go, and those that do not have what retention dropped since.
   *
   * @param anew empty tables, whatever there is
   * @returns where they come from
   */
  async begin(ours: Reading, anew = false): Promise<'resumed' | 'former' | 'begun'> {
    return this.#alone(async (db) => {
      if (!anew && (await this.#isUsable(db, 'next', ours))) return 'resumed';
      await drop(db, 'next', this.tables);
      const kept = anew ? [] : await this.#readingsIn(db, 'former');
      if (kept.length > 0 && (await this.#isUsable(db, 'former', ours))) {
        await this.#move(db, 'former', 'next');
        return 'former';
      }
      for (const table of this.tables) await db.query('SELECT begin_read_model($1)', [table]);
      return 'begun';
    });
  }

  /**
   * Whether read models are being built that may go on: another may have put them in force meanwhile, or dropped them; and where retention
   * dropped more of the log since they were begun, what was told of that is not in them.
   */
  async isBegun(): Promise<boolean> {
    return (await this.#has(this.pool, 'next', 'projection_bookmark')) && (await this.areAtHorizon(this.pool));
  }

  /**
   * Whether the read models of `place` go back to where the log begins: what was told of weeks that are gone is frozen in them, as it is in those
   * in force. Where it is not there either, it was dropped before anything was frozen, and nothing can be done about it.
   */
  async areAtHorizon(db: Queryable, place: BuildPlace = 'next'): Promise<boolean> {
    const schemas = await this.schemas();
    const frozenIn = (schema: string): string => frozenUpTo(`${quoted(schema)}.frozen_span`);
    const { rows } = await db.query<{ all: boolean }>(
      `SELECT NOT EXISTS (
         SELECT FROM ${quoted(schemas[place])}.projection_bookmark
         JOIN shard_head AS head USING (shard_id)
         WHERE ${frozenIn(schemas.current)} IS DISTINCT FROM ${frozenIn(schemas[place])} AND ${frozenIn(schemas.current)} IS NOT NULL) AS all`,
    );
    return rows[0]?.all ?? true;
  }

  /** Makes `next` ready to be asked: the indexes that it lacks, which is faster when it is full than to keep them meanwhile, and statistics. */
  async makeReady(): Promise<void> {
    for (const table of this.tables) {
      await this.#alone(async (db) => {
        if (!(await this.#has(db, 'next', table))) return;
        await db.query('SELECT index_read_model($1)', [table]);
        await db.query('SELECT analyze_read_model($1)', [table]);
      });
    }
  }

  /** Puts `next` in force, and what was in force aside, in the caller's transaction, which holds the locks. */
  async swap(db: Queryable): Promise<void> {
    await drop(db, 'former', this.tables);
    await this.#move(db, 'current', 'former');
    await this.#move(db, 'next', 'current');
  }

  /** Drops one table of what was in force before. False when nothing is left. */
  async dropFormer(): Promise<boolean> {
    return this.#alone(async (db) => {
      for (const table of this.tables.toReversed()) {
        if (!(await this.#has(db, 'former', table))) continue;
        await db.query(`SELECT drop_read_model($1, 'former')`, [table]);
        return true;
      }
      return false;
    });
  }

  /** Begins, swaps and drops are done one after another, and wait as long as they need. */
  async #alone<Result>(work: (db: Queryable) => Promise<Result>): Promise<Result> {
    return inTransaction(this.pool, async (db) => {
      await takeBuildLock(db);
      await db.query('SET LOCAL statement_timeout = 0');
      return work(db);
    });
  }

  async #readingsIn(db: Queryable, place: BuildPlace): Promise<readonly Reading[]> {
    if (!(await this.#has(db, place, 'projection_bookmark'))) return [];
    const schemas = await this.schemas();
    const { rows } = await db.query<{ name: string; rules: string }>(
      `SELECT DISTINCT name, rules
       FROM ${quoted(schemas[place])}.projection_bookmark
       WHERE name ~ ('^' || $1 || '-v[0-9]+$')`,
      [this.family],
    );
    return rows;
  }

  /** True where all tables are there, look like those in force and go as far back, and were kept by nobody but `ours`. */
  async #isUsable(db: Queryable, place: BuildPlace, ours: Reading): Promise<boolean> {
    const schemas = await this.schemas();
    const { rows } = await db.query<{ same: boolean }>(
      `SELECT coalesce(bool_and(here.columns IS NOT DISTINCT FROM there.columns), false) AS same
       FROM unnest($1::text[]) AS wanted(name)
       LEFT JOIN LATERAL (${columnsOf('$2')}) AS here ON true
       LEFT JOIN LATERAL (${columnsOf('$3')}) AS there ON true`,
      [this.tables, schemas.current, schemas[place]],
    );
    if (rows[0]?.same !== true || !(await this.areAtHorizon(db, place))) return false;
    return (await this.#readingsIn(db, place)).every((reading) => isSameReading(reading, ours));
  }

  async #has(db: Queryable, place: BuildPlace, table: string): Promise<boolean> {
    const schemas = await this.schemas();
    const { rows } = await db.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [
      `${quoted(schemas[place])}.${quoted(table)}`,
    ]);
    return rows[0]?.there ?? false;
  }

  async #move(db: Queryable, from: BuildPlace, to: BuildPlace): Promise<void> {
    for (const table of this.tables) await db.query('SELECT move_read_model($1, $2, $3)', [table, from, to]);
  }
}

/**
 * Drops what is being built and what was in force before, in the caller's transaction, which takes its turn. Whoever builds finds it gone,
 * and begins again.
 */
export async function dropBeside(db: Queryable, tables: readonly string[]): Promise<void> {
  await takeBuildLock(db);
  await db.query('SET LOCAL statement_timeout = 0');
  for (const place of ['next', 'former'] as const) await drop(db, place, wholeOf(tables));
}

async function drop(db: Queryable, place: BuildPlace, tables: readonly string[]): Promise<void> {
  for (const table of tables) await db.query('SELECT drop_read_model($1, $2)', [table, place]);
}

/** The bookmark first: whoever holds it holds up all others that write. */
const wholeOf = (tables: readonly string[]): readonly string[] => ['projection_bookmark', ...tables, 'quarantine'];

/** Waits for its turn to begin, swap or drop read models, until the transaction's end. */
export async function takeBuildLock(db: Queryable): Promise<void> {
  await db.query('SELECT pg_advisory_xact_lock($1)', [BUILD_LOCK]);
}

/** A name as SQL takes it. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const columnsOf = (schema: string): string => `
  SELECT array_agg(attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull ORDER BY attname) AS columns
  FROM pg_attribute
  WHERE attrelid = to_regclass(quote_ident(${schema}) || '.' || quote_ident(wanted.name)) AND attnum > 0 AND NOT attisdropped`;
