import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { freshDatabase, withClient, type FreshDatabase } from '#testing/platform';

/** Tables of other programs, which keep their keys as they like. */
const NOT_OURS = ['_prisma_migrations'];
/** No role writes these: triggers do, in the statements that write other tables. */
const BY_TRIGGERS = ['row_seal'];

describe('the tables', () => {
  let database: FreshDatabase;

  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(() => database.close());

  const rows = (sql: string): Promise<Record<string, unknown>[]> =>
    withClient(database.adminUrl, async (client) => (await client.query(sql, [NOT_OURS])).rows);

  it('have shard_id in every primary key and unique index, so that they can be distributed by it', async () => {
    const withoutShard = await rows(
      `SELECT indexrelid::regclass::text AS index
         FROM pg_index
         JOIN pg_class ON pg_class.oid = indrelid
        WHERE indisunique
          AND relnamespace = 'public'::regnamespace
          AND relname <> ALL ($1)
          AND NOT EXISTS (
                SELECT FROM pg_attribute WHERE attrelid = indrelid AND attname = 'shard_id' AND attnum = ANY (indkey))`,
    );

    expect(withoutShard).toEqual([]);
  });

  it('have a primary key each', async () => {
    const without = await rows(
      `SELECT relname
         FROM pg_class
        WHERE relkind IN ('r', 'p')
          AND relnamespace = 'public'::regnamespace
          AND relname <> ALL ($1)
          AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = pg_class.oid AND indisprimary)`,
    );

    expect(without).toEqual([]);
  });

  it('refer to each other by no foreign key', async () => {
    const foreign = await rows(
      `SELECT conname
         FROM pg_constraint
        WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND conrelid::regclass::text <> ALL ($1)`,
    );

    expect(foreign).toEqual([]);
  });

  it('can each be read by the api, and written by one role alone', async () => {
    const found = await rows(
      `SELECT relname AS table,
              has_table_privilege('initledger_api', pg_class.oid, 'SELECT') AS readable,
              (SELECT array_agg(role ORDER BY role)
                 FROM unnest(ARRAY['recorder', 'projector', 'api']) AS role
                WHERE has_table_privilege('initledger_' || role, pg_class.oid, 'INSERT')) AS writers
         FROM pg_class
        WHERE relkind IN ('r', 'p')
          AND NOT relispartition
          AND relnamespace = 'public'::regnamespace
          AND relname <> ALL ($1)`,
    );

    const wrong = found.filter(({ table, readable, writers }) => {
      const many = BY_TRIGGERS.includes(table as string) ? 0 : 1;
      return !readable || ((writers as string[] | null)?.length ?? 0) !== many;
    });
    expect(wrong).toEqual([]);
    expect(found.length).toBeGreaterThan(10);
  });
});
