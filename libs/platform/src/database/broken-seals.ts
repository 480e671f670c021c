import type { Pool } from 'pg';

/** A row that somebody else than the service wrote, or changed. */
export type BrokenRow = Readonly<{
  table: string;
  /** The columns of its primary key, with their values. */
  key: Readonly<Record<string, unknown>>;
  /** Those that are not what the service wrote; null: the service never wrote the row. */
  columns: readonly string[] | null;
}>;

type Sealed = Readonly<{ name: string; but: readonly string[]; key: readonly string[] }>;

/** Of a table more are no help to anybody. */
const MOST = 100;

/**
 * Rows of tables that are no log whose columns are not what the service wrote, by the hash of each that is kept beside them
 * (`0028_column_seals`). Says nothing of tables without such hashes.
 */
export async function brokenSeals(pool: Pool): Promise<readonly BrokenRow[]> {
  const broken: BrokenRow[] = [];
  for (const table of await sealedTables(pool)) broken.push(...(await brokenRows(pool, table)));
  return broken;
}

async function sealedTables(pool: Pool): Promise<readonly Sealed[]> {
  const { rows: there } = await pool.query<{ there: boolean }>(
    `SELECT to_regproc('sealed_tables') IS NOT NULL AS there`,
  );
  // The database of an earlier version is verified as far as it goes.
  if (there[0]?.there !== true) return [];
  const { rows } = await pool.query<Sealed>(
    `SELECT sealed::text AS name, but,
            ARRAY(SELECT attname::text
                    FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
                   WHERE indrelid = sealed AND indisprimary
                   ORDER BY array_position(indkey::int[], attnum::int)) AS key
       FROM sealed_tables()`,
  );
  return rows;
}

async function brokenRows(pool: Pool, { name, but, key }: Sealed): Promise<readonly BrokenRow[]> {
  const { rows } = await pool.query<Pick<BrokenRow, 'key' | 'columns'>>(
    // A column that was added later, and of which nothing is in it, is not sealed yet.
    `SELECT key,
            CASE WHEN seals IS NOT NULL THEN
              ARRAY(SELECT name FROM (SELECT jsonb_object_keys(come) UNION SELECT jsonb_object_keys(seals)) AS columns (name)
                     WHERE coalesce(come->name, 'null') IS DISTINCT FROM coalesce(seals->name, 'null') ORDER BY 1)
            END AS columns
       FROM (SELECT json_build_object(${key.map((column) => `'${column}', "${column}"`).join(', ')}) AS key,
                    seals, column_seals($1, row_to_json(kept)) AS come
               FROM ${name} AS kept) AS looked
      WHERE (seals IS NULL AND $2) OR seals <> come
      LIMIT ${MOST}`,
    // What `prisma migrate` writes of a migration is its own.
    [but, name !== '_prisma_migrations'],
  );
  return rows.filter(({ columns }) => columns?.length !== 0).map((row) => ({ table: name, ...row }));
}
