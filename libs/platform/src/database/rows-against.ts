import type { Pool } from 'pg';

import type { BrokenRow } from './broken-seals.js';

/** What a table must hold, by something else than itself. Names and SQL from here come from no caller. */
export type Told = Readonly<{
  table: string;
  /** The columns of its primary key. */
  key: readonly string[];
  /** A query that gives the rows that must be there: the key, and a column under each name of `columns`. */
  told: string;
  /** What is held against each of them: an expression over the row, which is called `kept`. */
  columns: Readonly<Record<string, string>>;
  /** Which rows are looked at, over `kept`; unless told, all. */
  among?: string;
  /** Who tells, as in "no act tells of it". */
  by: string;
  values?: readonly unknown[];
}>;

/** Of a table more are no help to anybody. */
const MOST = 100;

/** The rows of a table that are not what something else says they are, that it does not tell of, or that are missing. In a session in UTC. */
export async function rowsAgainst(pool: Pick<Pool, 'query'>, asked: Told): Promise<readonly BrokenRow[]> {
  const { table, key, told, columns, among = 'true', by, values = [] } = asked;
  const same = key.map((column) => `kept."${column}" = told."${column}"`).join(' AND ');
  const names = key.map((column) => `'${column}', coalesce(kept."${column}", told."${column}")`).join(', ');
  const differing = Object.entries(columns).map(
    ([column, expression]) => `CASE WHEN (${expression}) IS DISTINCT FROM told."${column}" THEN '${column}' END`,
  );
  const [first = ''] = key;
  const { rows } = await pool.query<Omit<BrokenRow, 'table'>>(
    `SELECT * FROM (
       SELECT json_build_object(${names}) AS key,
              CASE WHEN kept."${first}" IS NOT NULL AND told."${first}" IS NOT NULL
                   THEN array_remove(ARRAY[${differing.join(', ')}]::text[], NULL) ELSE '{}' END AS columns,
              CASE WHEN told."${first}" IS NULL THEN 'no ${by} tells of it'
                   WHEN kept."${first}" IS NULL THEN 'the row is gone, and the ${by} that tells of it is there'
                   ELSE 'it is not what the ${by} says' END AS says,
              kept."${first}" IS NULL OR told."${first}" IS NULL AS alone
         FROM (SELECT * FROM ${table} AS kept WHERE ${among}) AS kept
         FULL JOIN (${told}) AS told ON ${same}) AS found
      WHERE alone OR columns <> '{}'
      LIMIT ${MOST}`,
    [...values],
  );
  return rows.map(({ key: row, columns: differ, says }) => ({
    table,
    key: row,
    columns: differ,
    ...(says && { says }),
  }));
}
