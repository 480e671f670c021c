/** A text that stands in what was told of events that are gone: no body holds it any more. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ActWriters, eraseBodies, positionsHolding } from '#libs/event-store';
import { inTransaction } from '../following/transaction.js';
import { placesHolding } from '#testing/platform';
import {
  Ledger,
  eventSeen,
  gapSeen,
  goodStart,
  initBacksOff,
  initEnds,
  initRuns,
  namespaceSeen,
  newPod,
  nodeSeen,
  podGone,
  podSeen,
  replicaSetSeen,
  uid,
  withParts,
  type Seen,
} from '../testing/index.js';
import { readModelTables } from '../pod-inits/batch-tables.js';
import { ownColumns, wordedTables } from './worded-columns.js';
import { assertNoWordOfOurs, rowsTelling } from './erase-text.js';
import { finishErasures } from './finish-erasures.js';

const limits = { defaultSeconds: 300, floorSeconds: 60, factor: 1.5, minSamples: 3 };
const secret = 'hunter2-of-the-shop';
const quoted = 'the "word" \\ of the\tday';
const mark = 'erased~0';
const hash = '0123456789abcdef0123456789abcdef';

/** What is seen before the horizon: pods that go, and that stay; a node, an owner, Events and the early ones of a static pod hold `words`. */
const before = (words: string): readonly Seen[] => [
  withParts(namespaceSeen(0), { metadata: { uid: uid(800), name: 'shop', labels: { owner: words } } }),
  withParts(nodeSeen(0), { metadata: { name: `node-a`, labels: { 'topology.kubernetes.io/zone': words } } }),
  withParts(replicaSetSeen(0), {
    metadata: {
      kind: 'ReplicaSet',
      apiVersion: 'apps/v1',
      name: 'api-1',
      namespace: 'shop',
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'Deployment', name: `api-${words}`, uid: uid(901), controller: true },
      ],
    },
  }),
  ...goodStart(1, 10, 7),
  podGone(1, 18),
  newPod(2, 20, { command: ['sh', '-c', `until nslookup ${words}; do sleep 2; done`] }),
  podSeen(2, 20, { 'status.initContainer.migrate': { name: 'migrate', [words]: words } }),
  initRuns(2, 21),
  ...initBacksOff(2, 42, `no answer from ${words}`),
  eventSeen(uid(2), 43, { message: `failed with ${words}`, reason: 'BackOff' }),
  eventSeen(hash, 44, { message: words, involvedObject: { kind: 'Pod', namespace: 'shop', uid: hash } }),
  eventSeen(uid(2), 45, { message: `hear ${quoted}` }),
  ...goodStart(3, 46, 2),
  gapSeen(49, 50, `shop-${words}`),
];
/** What is seen after it, and says nothing of them. */
const after = (): readonly Seen[] => [
  eventSeen(uid(3), 60, { message: 'all is well' }),
  ...goodStart(4, 61, 3),
  initRuns(2, 70),
];
const later = (): readonly Seen[] => [initEnds(2, 70, 75), podGone(3, 80), ...goodStart(5, 90, 5)];
const horizon = before('').length;

let ledger: Ledger;
let acts: ActWriters;

beforeEach(async () => {
  ledger = await Ledger.open();
  acts = new ActWriters({ pool: ledger.pool });
  await ledger.append(before(secret));
  await ledger.append(after());
  await ledger.project();
  await ledger.freeze(horizon);
  await ledger.drop(horizon);
});

afterEach(async () => {
  await acts.close();
  await ledger.close();
});

/**
 * Without what names the moment or the way in which a row was written. What is frozen is told once more by the next version, which says the
 * same: of that nothing but the sums.
 */
async function told(): Promise<Readonly<Record<string, readonly string[]>>> {
  const tables = Object.entries(await ledger.readModels());
  const isOlder = (row: string): boolean => Number(/"valid_from": (\d+)/u.exec(row)?.[1] ?? 0) < horizon;
  return Object.fromEntries(
    tables.map(([table, rows]) => [
      table,
      rows
        .filter(isOlder)
        .map((row) => row.replaceAll(/"(last_position|digest|valid_to|frozen_at)": ("[^"]*"|-?\d+|null)/gu, ''))
        .toSorted(),
    ]),
  );
}
const withoutText = (tables: Awaited<ReturnType<typeof told>>): typeof tables =>
  JSON.parse(JSON.stringify(tables).replaceAll(secret, mark)) as typeof tables;

/** Taking back and adding again moves the position that moved statistics last. */
const withoutMoments = (tables: Awaited<ReturnType<typeof told>>): unknown =>
  Object.entries(tables).map(([table, rows]) => [
    table,
    rows.map((row) => row.replace(/"last_position": -?\d+/u, '')).toSorted(),
  ]);

const rowsHolding = (text = secret) => inTransaction(ledger.pool, (db) => rowsTelling(db, ledger.shardId, text));

async function erase(text = secret): Promise<void> {
  const { pool, shardId } = ledger;
  const positions = await positionsHolding(pool, { shardId, log: 'event' }, text);
  const rows = await rowsHolding(text);
  const ground = { reason: 'a password', author: 'privacy' };
  await eraseBodies({ pool, acts }, { shardId, log: 'event', positions, told: { text, rows }, ...ground });
  await finishErasures(pool, limits);
}
/** What alerting forgets once it has erased it from its own tables. */
const forget = () => ledger.rows('DELETE FROM erasure_text');

describe('columns of the read models', () => {
  it('hold words of people, or of ours alone: whoever adds one says which', async () => {
    const rows = await ledger.rows<{ table: string; columns: string[] }>(
      `SELECT relname AS table, array_agg(attname::text ORDER BY attname) AS columns
       FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
       WHERE relname = ANY ($1) AND relnamespace = current_schema()::regnamespace AND attnum > 0 AND NOT attisdropped
         AND format_type(atttypid, atttypmod) IN ('text', 'text[]', 'json', 'jsonb')
       GROUP BY relname`,
      [[...readModelTables, 'quarantine']],
    );
    const there = Object.fromEntries(rows.map(({ table, columns }) => [table, columns]));
    const known = Object.keys(there).map((table) => [
      table,
      [
        ...(wordedTables.find((worded) => worded.table === table)?.columns ?? []),
        ...(ownColumns[table] ?? []),
      ].toSorted(),
    ]);
    expect(Object.fromEntries(known)).toEqual(there);
  });
});

describe('a body by its position', { timeout: 120_000 }, () => {
  const zoned = (at: number) =>
    withParts(nodeSeen(at), { metadata: { name: 'node-a', labels: { 'topology.kubernetes.io/zone': secret } } });
  const owned = (at: number): Seen => ({ ...replicaSetSeen(at), ...before(secret)[2]! });
  const ended = `SELECT sum(ended)::int AS ended, sum(succeeded)::int AS succeeded, sum(duration_ms)::int AS ms FROM workload_stats WHERE container = ''`;

  it.each([
    ['node', zoned],
    ['owner', owned],
  ] as const)(
    'takes what the %s said from what is frozen of pods that rest on it, and their sums stay',
    async (_of, seen) => {
      const one = await Ledger.open();
      const writers = new ActWriters({ pool: one.pool });
      try {
        const { pool, shardId } = one;
        await one.append([
          namespaceSeen(0),
          seen === zoned ? zoned(0) : nodeSeen(0),
          seen === owned ? owned(0) : replicaSetSeen(0),
        ]);
        await one.append([...goodStart(1, 10, 7), podGone(1, 18), newPod(2, 20), initRuns(2, 21)]);
        const to = 3 + goodStart(1, 10, 7).length + 3;
        await one.append([seen(30), initEnds(2, 21, 33)]);
        await one.project();
        await one.freeze(to);
        await one.drop(to);
        const sums = await one.rows(ended);
        const positions = await positionsHolding(pool, { shardId, log: 'event' }, secret);
        expect(positions).toEqual([to]);
        expect((await placesHolding(one.adminUrl, secret)).join()).toContain('pod_init');

        const ground = { reason: 'a password', author: 'privacy' };
        await eraseBodies({ pool, acts: writers }, { shardId, log: 'event', positions, ...ground });
        await finishErasures(pool, limits);

        expect(await placesHolding(one.adminUrl, secret)).toEqual([]);
        expect(await one.rows(ended)).toEqual(sums);
        const frozen = await one.rows<{ zone: string; workload_name: string }>(
          'SELECT DISTINCT zone, workload_name FROM pod_init WHERE pod_uid = $1',
          [uid(1)],
        );
        expect(frozen).toEqual([
          seen === zoned ? { zone: mark, workload_name: 'api' } : { zone: 'z1', workload_name: mark },
        ]);
        await one.takeOver({ rules: '99' });
        expect(await placesHolding(one.adminUrl, secret)).toEqual([]);
        expect(await one.rows(ended)).toEqual(sums);
      } finally {
        await writers.close();
        await one.close();
      }
    },
  );
});

describe('a text that no event holds any more', { timeout: 120_000 }, () => {
  it('is found in what was told, and goes from all of it: the rest stays as it was, sums included', async () => {
    const whole = await told();
    const found = await rowsHolding();
    expect(Object.keys(found).toSorted()).toEqual([
      'context',
      'finding',
      'gap',
      'happening',
      'init_attempt',
      'kube_event',
      'pod_init',
      'pod_seed',
    ]);

    await erase();
    await forget();

    expect(await placesHolding(ledger.adminUrl, 'hunter2')).toEqual([]);
    expect(await told()).toEqual(withoutText(whole));
    expect(await rowsHolding()).toEqual({});
    const [act] = await ledger.rows<{ told: unknown }>(`SELECT body->'told'->'rows' AS told FROM act_event`);
    expect(act?.told).toEqual(found);
  });

  it('is not taken over by other rules, and what comes after is told as if it had never been there', async () => {
    await erase();
    await forget();
    const kept = await ledger.readModels();
    await ledger.takeOver({ rules: '99' });
    expect(withoutMoments(await ledger.readModels())).toEqual(withoutMoments(kept));

    const other = await Ledger.open();
    try {
      await other.append(before(mark));
      await other.append([...after(), ...later()]);
      await other.project();
      await ledger.append(later());
      await ledger.project(ledger.follower(ledger.projection({ rules: '99' })));
      const sums = `SELECT hour, workload_name, container, ended, succeeded, failed, restarts, duration_ms, duration_count, buckets
                    FROM workload_stats ORDER BY 1, 2, 3`;
      const pods = `SELECT pod_uid, cycle, name, workload_name, zone, state, outcome, doc FROM pod_init
                    WHERE valid_to IS NULL ORDER BY 1, 2`;
      expect(await ledger.rows(sums)).toEqual(await other.rows(sums));
      expect(await ledger.rows(pods)).toEqual(await other.rows(pods));
      expect(ledger.failures).toEqual([]);
    } finally {
      await other.close();
    }
  });

  it('goes where an event still says it, too, and what was frozen of that pod stays without it', async () => {
    await ledger.append([eventSeen(uid(2), 71, { message: `again ${secret}` }), ...initBacksOff(2, 90, secret)]);
    await ledger.project();

    await erase();
    await forget();

    expect(await placesHolding(ledger.adminUrl, 'hunter2')).toEqual([]);
    const rows = await ledger.rows('SELECT FROM pod_init WHERE pod_uid = $1 AND valid_from < $2', [uid(2), horizon]);
    expect(rows.length).toBeGreaterThan(0);
    await ledger.takeOver({ rules: '99' }, { takeOver: 'always' });
    expect(await placesHolding(ledger.adminUrl, 'hunter2')).toEqual([]);
  });

  it('is no word of what is told itself, nor an id or a time', async () => {
    for (const word of ['initialized', 'running', 'cycles', 'scheduling', 'CRASH'])
      await expect(assertNoWordOfOurs(ledger.pool, ledger.shardId, word)).rejects.toMatchObject({
        code: 'request-invalid',
      });
    await assertNoWordOfOurs(ledger.pool, ledger.shardId, secret);
    expect(await rowsHolding(uid(2).slice(0, 23))).toEqual({});
    expect(await rowsHolding('2026-11-21T10:00')).toEqual({});
  });

  it('goes also where JSON writes it otherwise', async () => {
    expect(await rowsHolding(quoted)).toMatchObject({ kube_event: 1, happening: 1 });

    await erase(quoted);

    expect(await rowsHolding(quoted)).toEqual({});
    const [event] = await ledger.rows<{ message: string; doc: object }>(
      'SELECT message, doc FROM kube_event WHERE message LIKE $1',
      ['hear%'],
    );
    expect([event?.message, event?.doc]).toEqual([
      `hear ${mark}`,
      expect.objectContaining({ message: `hear ${mark}` }),
    ]);
  });

  it('that was noted by somebody who was killed before he said why is forgotten', async () => {
    await ledger.rows(`INSERT INTO erasure_text (shard_id, text_id, text) VALUES ($1, $2, $3)`, [
      ledger.shardId,
      uid(99),
      secret,
    ]);

    await finishErasures(ledger.pool, limits);

    expect(await ledger.rows('SELECT FROM erasure_text')).toEqual([]);
  });
});
