import type { Pool } from 'pg';

/** A row of a table that is no log, and that is not as the service left it. */
export type BrokenRow = Readonly<{
  table: string;
  /** The columns of its primary key, with their values. */
  key: Readonly<Record<string, unknown>>;
  /** Those that are not what the service wrote; null: the service never wrote the row. */
  columns: readonly string[] | null;
  /** What is wrong with it, in words, where it is not that the service did not write these columns. */
  says?: string;
}>;

type Sealed = Readonly<{ name: string; but: readonly string[]; key: readonly string[]; json: readonly string[] }>;

/** Of a table more are no help to anybody. */
const MOST = 100;

/** What a row is that was not changed, and is not what the service left. */
const found = {
  gone: 'the row is gone, and the service did not delete it',
  back: 'the service wrote the row once, and does not know that it is there',
  older: 'the service wrote other things there since',
} as const;

/**
 * Rows of tables that are no log whose columns are not what the service wrote, by the hash of each that is kept beside them
 * (`0028_column_seals`); and rows that are gone, or are there again as they were once, by what is noted of each in a table of its own
 * (`0048_row_seals`). Says nothing of tables without such hashes.
 */
export async function brokenSeals(pool: Pool): Promise<readonly BrokenRow[]> {
  const broken: BrokenRow[] = [];
  const tables = await sealedTables(pool);
  const isNoted = await has(pool, `to_regclass('row_seal')`);
  for (const table of tables) {
    const changed = await changedRows(pool, table);
    broken.push(...changed);
    if (isNoted) broken.push(...(await misplacedRows(pool, table, new Set(changed.map(nameOf)))));
  }
  if (isNoted) broken.push(...(await strayNotes(pool)));
  return broken;
}

/** The database of an earlier version is verified as far as it goes. */
async function has(pool: Pool, what: string): Promise<boolean> {
  const { rows } = await pool.query<{ there: boolean }>(`SELECT ${what} IS NOT NULL AS there`);
  return rows[0]?.there === true;
}

async function sealedTables(pool: Pool): Promise<readonly Sealed[]> {
  if (!(await has(pool, `to_regproc('sealed_tables')`))) return [];
  const { rows } = await pool.query<Sealed>(
    `SELECT sealed::text AS name, but,
            ARRAY(SELECT attname::text
                    FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
                   WHERE indrelid = sealed AND indisprimary
                   ORDER BY array_position(indkey::int[], attnum::int)) AS key,
            ARRAY(SELECT attname::text
                    FROM pg_attribute
                   WHERE attrelid = sealed AND atttypid = 'json'::regtype AND attnum > 0 AND NOT attisdropped AND attname <> ALL (but)) AS json
       FROM sealed_tables()`,
  );
  return rows;
}

async function changedRows(pool: Pool, { name, but, key, json }: Sealed): Promise<readonly BrokenRow[]> {
  const { rows } = await pool.query<Pick<BrokenRow, 'key' | 'columns'>>(
    // A column that was added later, and of which nothing is in it, is not sealed yet.
    `SELECT key,
            CASE WHEN seals IS NOT NULL THEN ${differing('come', 'seals')} || padded END AS columns
       FROM (SELECT json_build_object(${key.map((column) => `'${column}', "${column}"`).join(', ')}) AS key,
                    seals, column_seals($1, row_to_json(kept)) AS come,
                    array_remove(ARRAY[${json.map(ifPadded).join(', ')}]::text[], NULL) AS padded
               FROM ${name} AS kept) AS looked
      WHERE (seals IS NULL AND $2) OR seals <> come OR (seals IS NOT NULL AND padded <> '{}')
      LIMIT ${MOST}`,
    // What `prisma migrate` writes of a migration is its own.
    [but, name !== '_prisma_migrations'],
  );
  return rows
    .filter(({ columns }) => columns?.length !== 0)
    .map((row) => ({ table: name, key: row.key, columns: row.columns && [...new Set(row.columns)] }));
}

/** Blanks before or behind a value of JSON are in no hash, which is of the value: the service writes none there. */
const ifPadded = (column: string): string =>
  `CASE WHEN "${column}"::text <> btrim("${column}"::text, E' \\t\\n\\r') THEN '${column}' END`;

/** The columns in which two sets of hashes differ; what is no set of hashes any more differs as such. */
const differing = (some: string, others: string): string =>
  `CASE WHEN jsonb_typeof(${some}) <> 'object' OR jsonb_typeof(${others}) <> 'object' THEN '{seals}' ELSE ARRAY(SELECT name FROM (SELECT jsonb_object_keys(${some}) UNION SELECT jsonb_object_keys(${others})) AS columns (name)
          WHERE coalesce(${some}->name, 'null') IS DISTINCT FROM coalesce(${others}->name, 'null') ORDER BY 1) END`;

type Misplaced = Readonly<{ key: BrokenRow['key']; columns: readonly string[]; what: keyof typeof found }>;

const nameOf = ({ key }: Pick<BrokenRow, 'key'>): string =>
  JSON.stringify(Object.entries(key).toSorted(([one], [other]) => (one < other ? -1 : 1)));

/**
 * One whose key was changed is told of as changed, and neither as gone from where it was nor as unknown where it is; where it is the note
 * whose key was changed, the row itself is as it was, and unknown.
 */
async function misplacedRows(
  pool: Pool,
  { name, key }: Sealed,
  changed: ReadonlySet<string>,
): Promise<readonly BrokenRow[]> {
  const { rows } = await pool.query<Misplaced>(
    `WITH there AS (SELECT row_key($1, to_jsonb(kept)) AS key, seals FROM ${name} AS kept WHERE seals IS NOT NULL),
          noted AS (SELECT key, seals FROM row_seal WHERE row_seal.name = $2)
     SELECT coalesce(there.key, noted.key) AS key,
            CASE WHEN there.key IS NULL THEN 'gone' WHEN noted.key IS NULL THEN 'back' ELSE 'older' END AS what,
            CASE WHEN there.key IS NULL OR noted.key IS NULL THEN '{}' ELSE ${differing('there.seals', 'noted.seals')} END AS columns
       FROM there FULL JOIN noted ON there.key = noted.key
      WHERE there.seals IS DISTINCT FROM noted.seals
        AND NOT (there.key IS NULL AND EXISTS (SELECT FROM there AS moved WHERE moved.seals = noted.seals AND moved.key NOT IN (SELECT key FROM noted)))
      LIMIT ${MOST}`,
    [key, name],
  );
  return rows
    .filter((row) => !(row.what === 'back' && changed.has(nameOf(row))))
    .map(({ what, ...row }) => ({ table: name, ...row, says: found[what] }));
}

/** Notes of tables that there are not. */
async function strayNotes(pool: Pool): Promise<readonly BrokenRow[]> {
  const { rows } = await pool.query<Pick<BrokenRow, 'key'>>(
    `SELECT json_build_object('shard_id', shard_id, 'name', name, 'key', key) AS key
       FROM row_seal
      WHERE NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = 'note_row' AND NOT tgisinternal AND tgrelid = to_regclass(row_seal.name))
         OR shard_id <> coalesce((key->>'shard_id')::integer, -1)
      LIMIT ${MOST}`,
  );
  return rows.map((row) => ({ table: 'row_seal', ...row, columns: [], says: 'it is of a row of no table' }));
}
