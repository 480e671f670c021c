import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ActWriters, eraseBodies } from '#libs/event-store';
import { RULES } from '#libs/init-history';
import { createPool, Database, type Pool } from '#libs/platform';
import { withClient } from '#testing/platform';
import { deriveAgain } from '../erasure/derive-again.js';
import { inTransaction } from '../following/transaction.js';
import { tellFrozen } from '../horizon/tell-frozen.js';
import { podInitsName } from '../pod-inits/pod-inits.projection.js';
import {
  eventSeen,
  gapSeen,
  goodStart,
  initEnds,
  initRuns,
  Ledger,
  namespaceSeen,
  newPod,
  podGone,
  uid,
} from '../testing/index.js';
import { frozenAsTold } from './frozen-as-told.js';
import { deriveAnew, type DerivedAnew } from './derived-anew.js';

/** Those that the ledger projects with. */
const limits = { defaultSeconds: 300, floorSeconds: 60, factor: 1.5, minSamples: 3 };
const by = { name: podInitsName, rules: RULES };

/** What makes a finding. */
const killedWithZero = JSON.parse(
  JSON.stringify(initEnds(3, 41, 44)).replace('"Completed"', '"OOMKilled"'),
) as ReturnType<typeof initEnds>;

let ledger: Ledger;
let owner: Pool;
let acts: ActWriters;
/** Where the two spans end. */
let first: number;
let second: number;
let told: number;
beforeAll(async () => {
  ledger = await Ledger.open();
  owner = createPool(ledger.adminUrl, { name: 'owner', max: 1, statementTimeoutMs: 60_000 });
  acts = new ActWriters({ pool: ledger.pool });
  // Two spans: what the first left open the second goes on with, and so does what is not frozen.
  await ledger.append([
    namespaceSeen(0),
    newPod(1, 10),
    initRuns(1, 11),
    gapSeen(15, 16),
    newPod(3, 40),
    initRuns(3, 41),
  ]);
  await ledger.project();
  first = await size();
  await ledger.freeze(first);
  await ledger.append([
    initEnds(1, 11, 44, 3),
    ...goodStart(2, 50, 5),
    eventSeen(uid(1), 60, { reason: 'BackOff' }),
    killedWithZero,
  ]);
  await ledger.project();
  second = await size();
  await ledger.freeze(second);
  told = await tellFrozen({ pool: ledger.pool, by, acts });
  await ledger.drop(second);
  await ledger.append([podGone(2, 90), ...goodStart(4, 100, 7)]);
  await ledger.project();
});
afterAll(async () => {
  await acts.close();
  await owner.end();
  await ledger.close();
});

const size = async (): Promise<number> =>
  (await ledger.rows<{ size: number }>('SELECT size FROM shard_head'))[0]?.size ?? 0;
const poolIn = (schemas: readonly string[]) => new Database(ledger.urls).projectionIn(schemas);
const derived = async (): Promise<DerivedAnew> =>
  (await deriveAnew({ pool: ledger.pool, owner, poolIn, limits }))[0] as DerivedAnew;
/** Of frozen rows alone. */
const held = async (): Promise<DerivedAnew> => {
  const { differing, ...frozen } = await inTransaction(ledger.pool, (db) => frozenAsTold(db, ledger.shardId));
  return { shardId: ledger.shardId, position: 0, rows: 0, differing, frozen, passedOver: null };
};
const change = (text: string) => withClient(ledger.adminUrl, (client) => client.query(text));

const tables = [
  'pod_init',
  'init_attempt',
  'finding',
  'happening',
  'kube_event',
  'gap',
  'context',
  'pod_seed',
] as const;
/** Which rows of a table are frozen. */
const frozenOf = (table: string): string => {
  if (table === 'pod_seed') return 'true';
  return `${['pod_init', 'init_attempt', 'finding'].includes(table) ? 'valid_from' : 'position'} < ${second}`;
};

/** With the table changed so; nothing of it stays. */
async function after(table: string, text: string, how = derived): Promise<readonly string[]> {
  await change(`CREATE TABLE kept_aside AS SELECT * FROM ${table}`);
  try {
    await change(text);
    const { differing, frozen } = await how();
    return [
      ...differing.map((row) => `${row.table} ${row.what} ${JSON.stringify(row.key)}`),
      ...(frozen?.untold ?? []).map((to) => `untold ${to}`),
    ];
  } finally {
    await change(`DELETE FROM ${table}; INSERT INTO ${table} SELECT * FROM kept_aside; DROP TABLE kept_aside`);
  }
}

/** Another value of the same type, as near as can be. */
const nearBy: Readonly<Record<string, (column: string) => string>> = {
  text: (column) => `${column} || ' '`,
  'text[]': (column) => `${column} || ' '::text`,
  integer: (column) => `${column} + 1000`,
  bigint: (column) => `${column} + 1000`,
  smallint: (column) => `${column} + 1`,
  boolean: (column) => `NOT ${column}`,
  'double precision': (column) => `${column} + 0.001`,
  'timestamp with time zone': (column) => `${column} + interval '1 microsecond'`,
  json: (column) => `(${column}::text || ' ')::json`,
  jsonb: (column) => `jsonb_build_array(${column})`,
  uuid: () => 'gen_random_uuid()',
};

type Column = Readonly<{ column: string; type: string; isKey: boolean; filled: boolean }>;
async function columnsOf(table: string, at: string): Promise<readonly Column[]> {
  return ledger.rows<Column>(
    `SELECT attname AS column, format_type(atttypid, atttypmod) AS type, attname = ANY (key_columns($1::regclass)) AS "isKey",
            (SELECT to_jsonb(kept)->>attname IS NOT NULL FROM ${table} AS kept WHERE ${at}) AS filled
       FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    [table],
  );
}

/** One frozen row, by its key, wherever it lies. */
async function oneOf(table: string): Promise<string> {
  const [names] = await ledger.rows<{ key: string[] }>('SELECT key_columns($1::regclass) AS key', [table]);
  const key = `ROW(${names?.key.join(', ')})::text`;
  const [row] = await ledger.rows<{ is: string }>(`SELECT min(${key}) AS is FROM ${table} WHERE ${frozenOf(table)}`);
  return `${key} = '${row?.is}'`;
}

/** An erasure leaves the order of happenings as it was known: that is told of too. */
const ofFrozen = ({ differing }: DerivedAnew) =>
  differing.filter(({ what }) => what === 'changed' || what === 'retold');

describe('frozen rows', { timeout: 300_000 }, () => {
  it('are as they were told, and what was told since is derived upon them', async () => {
    const all = await derived();

    expect(all).toMatchObject({ shardId: 1, differing: [], passedOver: null, frozen: { untold: [] } });
    expect(all.frozen?.rows).toBeGreaterThan(20);
    for (const table of tables)
      expect([table, await ledger.rows(`SELECT FROM ${table} WHERE ${frozenOf(table)}`)]).not.toEqual([table, []]);
    // Nothing is told twice.
    expect(told).toBe(2);
    expect(await tellFrozen({ pool: ledger.pool, by, acts })).toBe(0);
  });

  it.each(tables)('of %s cannot be changed in any column, deleted or added to without being found', async (table) => {
    const at = await oneOf(table);
    const columns = await columnsOf(table, at);
    const unfound: string[] = [];
    for (const { column, type, isKey, filled } of columns) {
      const values = filled ? [nearBy[type]?.(column) ?? `no way to change ${type}`] : [];
      for (const value of values) {
        const how = column === 'valid_to' ? derived : held;
        const found = await after(table, `UPDATE ${table} SET ${column} = ${value} WHERE ${at}`, how);
        const wanted =
          isKey || ['pod_uid', 'event_uid'].includes(column)
            ? /(missing|extra|changed)/u
            : new RegExp(`^${table} (changed|other) `, 'u');
        if (!found.some((one) => one.startsWith(table) && wanted.test(one)))
          unfound.push(`${column} = ${value}: ${found.join()}`);
      }
    }
    expect(unfound).toEqual([]);
    expect(
      (await after(table, `DELETE FROM ${table} WHERE ${at}`)).filter((one) => one.startsWith(`${table} missing`)),
    ).toHaveLength(1);
    const key = columns.findLast(({ isKey, column }) => isKey && column !== 'valid_from');
    const names = columns.map(({ column }) => column);
    const copied = names.map((column) => (column === key?.column ? (nearBy[key.type]?.(column) ?? '') : column));
    const changedKey = ['happening', 'kube_event', 'gap', 'context'].includes(table)
      ? copied.map((value, nth) => (names[nth] === 'position' ? '-1' : value))
      : copied;
    const added = await after(
      table,
      `INSERT INTO ${table} (${names.join(', ')}) SELECT ${changedKey.join(', ')} FROM ${table} WHERE ${at}`,
    );
    expect(added.filter((one) => one.startsWith(table))).not.toEqual([]);
  });

  it('that were closed by a later span are held by that', async () => {
    const found = await after(
      'pod_init',
      `UPDATE pod_init SET valid_to = valid_to + 1 WHERE valid_from < ${first} AND valid_to >= ${first} AND valid_to < ${second}`,
    );

    expect(found).toContainEqual(expect.stringMatching(/^pod_init changed /u));
  });

  it.each([
    [
      `UPDATE frozen_digest SET hashes = overlay(hashes PLACING 'ffff' FROM 1) WHERE ctid = (SELECT min(ctid) FROM frozen_digest)`,
      /^frozen_digest changed .*stream_id/u,
    ],
    [
      `DELETE FROM frozen_digest WHERE ctid = (SELECT min(ctid) FROM frozen_digest)`,
      /^frozen_digest changed .*stream_id/u,
    ],
    [
      `INSERT INTO frozen_digest SELECT shard_id, to_position, gen_random_uuid(), name, hashes FROM frozen_digest LIMIT 1`,
      /^frozen_digest changed .*stream_id/u,
    ],
  ])('are held against what is noted of them, which is held against the act: %s', async (text, found) => {
    expect(await after('frozen_digest', text)).toEqual([expect.stringMatching(found)]);
  });

  it.each([
    ['from_position', 'from_position + 1'],
    ['name', `name || 'x'`],
    ['rules', `rules || 'x'`],
    ['done_to', 'gen_random_uuid()'],
    ['frozen_at', `frozen_at + interval '1 microsecond'`],
    ['told_by', 'told_by + 1'],
    ['told_mark', 'told_mark - 7'],
    ['is_passed', 'NOT is_passed'],
  ])('belong to a span of which the act says each column: %s', async (column, value) => {
    const found = await after(
      'frozen_span',
      `UPDATE frozen_span SET ${column} = ${value} WHERE to_position = ${second}`,
    );

    expect(found).toContainEqual(`frozen_span other {"shard_id":"1","to_position":"${second}"}`);
  });

  it('are of a span that cannot go unnoticed', async () => {
    expect(await after('frozen_span', `DELETE FROM frozen_span WHERE to_position = ${first}`)).toEqual([
      `frozen_span missing {"shard_id":"1","to_position":"${first}"}`,
    ]);
  });

  it('are told again after an erasure, and until then nobody can say of them; but not where nothing was erased', async () => {
    await change(`UPDATE kube_event SET message = 'erased' WHERE position < ${second}`);
    expect((await derived()).differing).toMatchObject([{ table: 'kube_event', what: 'changed' }]);
    const erasing = { shardId: 1, log: 'event' as const, positions: [second + 1], reason: 'r', author: 'a' };
    const bodies = await eraseBodies({ pool: ledger.pool, acts }, erasing);
    await inTransaction(ledger.pool, (db) => deriveAgain(db, { shardId: 1, bodies }, limits));

    const untold = await derived();
    expect(await tellFrozen({ pool: ledger.pool, by, acts })).toBeGreaterThan(0);
    const toldAgain = await derived();
    await change(
      `UPDATE kube_event SET message = 'changed' WHERE position < ${second}; UPDATE frozen_span SET told_by = NULL`,
    );
    await tellFrozen({ pool: ledger.pool, by, acts });
    const laundered = await derived();

    expect([ofFrozen(untold), untold.frozen?.untold]).toEqual([[], [second]]);
    expect([ofFrozen(toldAgain), toldAgain.frozen?.untold]).toEqual([[], []]);
    expect(ofFrozen(laundered)).toEqual([
      { table: 'frozen_digest', key: { shard_id: '1', to_position: String(second) }, what: 'retold', columns: [] },
    ]);
  });
});
