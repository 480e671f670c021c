import { afterAll, beforeAll, expect, it } from 'vitest';

import { freshDatabase, withClient, type FreshDatabase } from '#testing/platform';
import { copyRows, MadeJson } from './copy-rows.js';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.close());

it('keeps every value as it is', async () => {
  const odd = 'tab\t, line\n, return\r, \\N, "quoted", {braces}, \b\f\v, \\\\, é, 🜁, \'';
  const rows = [
    { n: 1, t: odd, a: [odd, '', 'NULL', 'a,b'], j: { odd, list: [odd] }, l: ['a', { odd }], b: true, d: 0.1, z: null },
    { n: 2, t: '', a: [], j: 'text', l: [], b: false, d: 1e-7, z: 'z' },
    { n: 3, t: '\\.', a: ['\\'], j: null, l: 7, b: null, d: null, z: undefined },
  ];
  await withClient(database.adminUrl, async (client) => {
    await client.query('CREATE TEMP TABLE x (n int, t text, a text[], j jsonb, l json, b boolean, d float8, z text)');
    await copyRows(client, 'x', rows, new Set(['j', 'l']));
    await copyRows(client, 'x', [], new Set());

    expect((await client.query('SELECT * FROM x ORDER BY n')).rows).toEqual(
      rows.map((row) => ({ ...row, z: row.z ?? null })),
    );
  });
});

it('takes JSON that is made already as it is', async () => {
  const odd = { odd: 'tab\t, line\n, \\N, "quoted", \\\\, \b\f\v, é, 🜁' };
  const rows = [
    { n: 1, j: new MadeJson(JSON.stringify(odd)), l: new MadeJson('[1, "a"]') },
    { n: 2, j: odd, l: [1, 'a'] },
  ];
  await withClient(database.adminUrl, async (client) => {
    await client.query('CREATE TEMP TABLE made (n int, j jsonb, l json)');
    await copyRows(client, 'made', rows, new Set(['j', 'l']));

    const { rows: read } = await client.query<{ j: unknown; l: unknown }>('SELECT j, l FROM made ORDER BY n');
    expect(read).toEqual([
      { j: odd, l: [1, 'a'] },
      { j: odd, l: [1, 'a'] },
    ]);
  });
});
