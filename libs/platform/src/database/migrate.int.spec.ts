import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { freshDatabase, withClient, type FreshDatabase } from '#testing/platform';

import { migrate } from './migrate.js';
import { readMigrations } from './migrations.js';

describe('migrate', () => {
  let database: FreshDatabase;

  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(() => database.close());

  it('applies nothing to a database of this version', async () => {
    const applied = await withClient(database.adminUrl, (client) => migrate(client));

    expect(applied).toEqual([]);
  });

  it('is content with a user who may change nothing when there is nothing to change', async () => {
    const applied = await withClient(database.url, (client) => migrate(client).catch((error: unknown) => error));

    expect(applied).toMatchObject({ code: '42501' });
  });

  it('keeps the ledger as prisma migrate deploy keeps it', async () => {
    const { rows } = await database.pool.query('SELECT 1');
    const ledger = await withClient(database.adminUrl, (client) =>
      client.query('SELECT migration_name, checksum, applied_steps_count FROM _prisma_migrations ORDER BY started_at'),
    );

    expect(rows).toHaveLength(1);
    expect(ledger.rows).toEqual(
      (await readMigrations()).map(({ name, checksum }) => ({
        migration_name: name,
        checksum,
        applied_steps_count: 1,
      })),
    );
  });
});
