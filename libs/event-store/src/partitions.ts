import { errorCode, type Pool } from '#libs/platform';

import type { LogName } from './event.js';
import { toTimestampText } from './microseconds.js';

const WEEK_MICROSECONDS = 7 * 86_400 * 1_000_000;
const DUPLICATE_TABLE = '42P07';
/** 1970 began on a Thursday; partitions begin on Mondays. */
const FIRST_MONDAY = 4 * 86_400 * 1_000_000;

/**
 * Makes the weekly partitions of a log before they are needed. The writer asks before each append, which costs nothing while
 * the week and the one after it are known to be there: a missing partition can never stop it.
 */
export class Partitions {
  readonly #there = new Set<number>();

  constructor(
    private readonly pool: Pool,
    private readonly log: LogName,
  ) {}

  /** Sees to it that the week of `microseconds` and the week after have their partition. */
  async ensure(microseconds: number): Promise<void> {
    const week = Math.floor((microseconds - FIRST_MONDAY) / WEEK_MICROSECONDS);
    for (const wanted of [week, week + 1]) {
      if (this.#there.has(wanted)) continue;
      await this.#make(toTimestampText(wanted * WEEK_MICROSECONDS + FIRST_MONDAY));
      this.#there.add(wanted);
    }
  }

  /** Of two that make the same partition at once, one may not see in time that it is there: asked again, it does. */
  async #make(at: string): Promise<void> {
    const make = (): Promise<unknown> => this.pool.query('SELECT make_partition($1, $2)', [this.log, at]);
    await make().catch((error: unknown) => {
      if (errorCode(error) !== DUPLICATE_TABLE) throw error;
      return make();
    });
  }
}

/** Until when (seconds since 1970) each of `logs` has partitions; of a log that has none nothing is told. */
export async function partitionEnds(
  pool: Pool,
  logs: readonly LogName[],
): Promise<readonly Readonly<{ log: string; end: number }>[]> {
  const { rows } = await pool.query<{ log: string; end: number }>(
    `SELECT log, max(extract(epoch FROM substring(pg_get_expr(relpartbound, oid) FROM $$TO [(]'([^']+)'[)]$$)::timestamptz))::float8 AS end
       FROM unnest($1::text[]) AS log
       JOIN pg_inherits ON inhparent = log::regclass
       JOIN pg_class ON pg_class.oid = inhrelid
      GROUP BY log`,
    [logs],
  );
  return rows;
}
