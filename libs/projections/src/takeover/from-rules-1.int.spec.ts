import { readFile } from 'node:fs/promises';
import { zstdDecompressSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { RULES } from '#libs/init-history';
import { earlierDatabase, withClient } from '#testing/platform';
import { keeperOf, projectionAs } from '../testing/index.js';

/** A busy machine is no failure. */
const patience = { timeout: 30_000 };

/** Recorded pods, their observations and read models, as the version with rules 1 stored them: a table and its rows a line. */
const dump = new URL('../testing/rules-1.jsonl.zst', import.meta.url);

/** The last migration of that version. */
const last = '0003_alerting';

it('takes over, at its start, a database that was written by rules 1', async () => {
  const database = await earlierDatabase(last);
  try {
    await withClient(database.adminUrl, async (client) => {
      const lines = zstdDecompressSync(await readFile(dump))
        .toString()
        .trim()
        .split('\n');
      const rows = lines.map((line) => JSON.parse(line) as { table: string; row: { recorded_at: string } });
      for (const { table, row } of rows) {
        if (table === 'event') await client.query('SELECT make_partition($1, $2)', [table, row.recorded_at]);
      }
      for (const [table, ofTable] of Map.groupBy(rows, (each) => each.table)) {
        await client.query(`INSERT INTO ${table} SELECT * FROM json_populate_recordset(NULL::${table}, $1)`, [
          JSON.stringify(ofTable.map(({ row }) => row)),
        ]);
      }
    });
    await database.upgrade();
    const { projection: pool } = database.database;
    const pods = await pool.query<{ pods: number }>('SELECT count(DISTINCT pod_uid) AS pods FROM pod_init');

    const keeper = keeperOf(database.database, (tables) => projectionAs({}, tables));
    keeper.start();
    await expect
      .poll(async () => (await pool.query('SELECT rules, position FROM projection_bookmark')).rows, { timeout: 60_000 })
      .toEqual([{ rules: RULES, position: 544 }]);
    await expect.poll(() => keeper.check().catch(String), patience).toBeUndefined();
    await keeper.stop();

    const taken = await pool.query('SELECT from_rules, to_rules, position, pods_before FROM takeover');
    expect(taken.rows).toEqual([{ from_rules: '1', to_rules: RULES, position: 544, pods_before: pods.rows[0]?.pods }]);
    expect((await pool.query('SELECT DISTINCT rules FROM happening')).rows).toEqual([{ rules: RULES }]);
    expect(pods.rows[0]?.pods).toBeGreaterThan(10);
  } finally {
    await database.close();
  }
});
