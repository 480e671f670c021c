import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { array, assert, asyncProperty, integer } from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { EventReader } from '../event-reader.js';
import { EventWriter } from '../event-writer.js';
import { Ledger } from '../ledger/ledger.js';
import { LogTree } from '../ledger/log-tree.js';
import { tablesOf } from '../log-tables.js';
import { eraseBodies } from '../segments/erase.js';
import { Holds, listHolds } from '../segments/holds.js';
import { Shards } from '../shards.js';
import { blocksOf } from '../testing/archives.js';
import { someEvent, someEvents } from '../testing/events.js';
import { audited } from '../testing/verifier.js';
import { Weeks } from '../testing/weeks.js';
import { packBlock } from './blocks.js';
import { importArchive, type Imported, type Importing } from './import-archive.js';
import { inOrder } from './place.js';
import { actSpans, weekSpans } from './spans.js';
import { writeArchive } from './write-archive.js';

const ground = { reason: 'case 7', author: 'audit' };

let here: Weeks;
let opened: Weeks[];
beforeEach(async () => {
  opened = [];
  here = await openWeeks('cluster');
});
afterEach(async () => {
  for (const weeks of opened) await weeks.close();
});

async function openWeeks(clusterUid: string | null): Promise<Weeks> {
  const weeks = await Weeks.open(clusterUid);
  opened.push(weeks);
  return weeks;
}
/** Weeks of so many events, sealed and exported, the oldest first. */
async function exported(...counts: readonly number[]): Promise<readonly string[]> {
  for (const count of counts) await here.record(someEvents(count));
  await here.append(someEvents(1));
  await here.look();
  return exportAll();
}
async function exportAll(): Promise<readonly string[]> {
  const files: string[] = [];
  for (const span of await weekSpans(here.pool, {}))
    files.push((await writeArchive(here.pool, span, path.join(here.folder, 'out'))).file);
  return files;
}
async function exportActs(): Promise<string> {
  await here.acts.close();
  const [span] = await actSpans(here.pool, {});
  return (await writeArchive(here.pool, span!, path.join(here.folder, 'out'))).file;
}
async function imported(into: Weeks, file: string, more: Partial<Importing> = {}): Promise<Imported> {
  const { projection: pool } = into.database.database;
  const keys = into === here ? [] : [await here.key()];
  const done = await importArchive(file, { pool, acts: into.acts, keys, ground, ...more });
  await into.acts.close();
  return done;
}
const rootAt = async (weeks: Weeks, size: number): Promise<string> => {
  const head = await new EventReader(weeks.pool).head(weeks.shardId);
  const tree = await LogTree.at(weeks.pool, tablesOf('event'), weeks.shardId, head?.size ?? 0);
  return (await tree.root(size)).toString('hex');
};
const heads = async (weeks: Weeks) => {
  const head = await new EventReader(weeks.pool).head(weeks.shardId);
  return head && [head.firstPosition, head.size];
};
/** All that an import could have touched. */
async function touched(weeks: Weeks): Promise<unknown> {
  const tables = [
    'event',
    'merkle_tile',
    'segment',
    'shard',
    'shard_head',
    'checkpoint',
    'checkpoint_key',
    'legal_hold',
  ];
  const { projection } = weeks.database.database;
  return Promise.all(
    [...tables, 'import_event', 'import_tile'].map(
      async (table) => (await projection.query(`SELECT one::text FROM ${table} AS one ORDER BY 1`)).rows,
    ),
  );
}

describe('archives that are imported where nothing of their log is', () => {
  it('give the same rows and the same root, whatever they hold', { timeout: 240_000 }, async () => {
    await assert(
      asyncProperty(array(integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 4 }), async (counts) => {
        here = await openWeeks('cluster');
        const files = await exported(...counts);
        const all = counts.reduce((sum, count) => sum + count, 0);
        const into = await openWeeks(null);

        for (const file of await inOrder(into.pool, files.toReversed())) await imported(into, file);

        expect(await into.rows()).toEqual((await here.rows()).slice(0, all));
        expect(await rootAt(into, all)).toBe(await rootAt(here, all));
        expect(await into.verified()).toMatchObject({ from: 0, size: all, disagreements: [] });
        expect(await into.verified('act_event')).toMatchObject({ disagreements: [] });
      }),
      { numRuns: 4 },
    );
  });

  it('can begin in the middle, and be followed and preceded by others', { timeout: 240_000 }, async () => {
    // The second completes a tile of level 1 that the first began.
    const files = await exported(33_000, 33_000, 700, 900);
    const into = await openWeeks(null);

    const first = await imported(into, files[1]!);
    const middle = [await heads(into), (await into.verified()).disagreements];
    const others: Imported[] = [];
    for (const file of await inOrder(into.pool, [files[3]!, files[0]!, files[2]!])) {
      others.push(await imported(into, file));
      expect((await into.verified()).disagreements).toEqual([]);
    }

    expect(first).toMatchObject({ outcome: 'imported', events: 33_000 });
    expect(middle).toEqual([[33_000, 66_000], []]);
    expect(others.map(({ events }) => events)).toEqual([33_000, 700, 900]);
    expect(await heads(into)).toEqual([0, 67_600]);
    expect(await rootAt(into, 67_600)).toBe(await rootAt(here, 67_600));
    const tiles = 'SELECT level, index, hashes FROM merkle_tile ORDER BY 1, 2';
    expect((await into.pool.query(tiles)).rows).toEqual((await here.pool.query(tiles)).rows);
  });

  it('are a closed shard that says so, answers, and proves what it has', async () => {
    const files = await exported(300, 400);
    const into = await openWeeks(null);
    await imported(into, files[1]!, { clusterName: 'the lost one' });

    const [shard] = await new Shards(into.pool).list();
    const read = await new EventReader(into.pool).readAfter(1, -1, 500);
    const proof = path.join(into.folder, 'one.tlog-proof');
    await writeFile(proof, await new Ledger(into.pool).proof(1, 555, true));
    const told = await audited('proof', proof, await here.key());

    expect(shard).toMatchObject({ clusterUid: 'cluster', clusterName: 'the lost one', origin: 'kubernetes cluster' });
    expect(shard?.closedAt).toMatch(/^2026-01-/u);
    await expect(EventWriter.open(into.database.database.ingest, 1)).rejects.toMatchObject({ code: 'shard-closed' });
    expect([read.length, read[0]?.position]).toEqual([400, 300]);
    expect(told.stdout).toContain('holds: event 555 of initledger/cluster/1');
    expect(await new Ledger(into.pool).minimumIndex(1)).toBe(512);
  });

  it('are refused without the key that signed them, and with another', async () => {
    const [file] = await exported(30);
    const other = await openWeeks('cluster');
    await other.record(someEvents(1));
    const into = await openWeeks(null);

    await expect(imported(into, file!, { keys: [] })).rejects.toMatchObject({ code: 'archive-unproved' });
    await expect(imported(into, file!, { keys: [await other.key()] })).rejects.toMatchObject({
      code: 'archive-unproved',
    });
    expect(await new Shards(into.pool).list()).toEqual([]);
  });

  it('are refused where their number is that of another cluster, and where there would be a hole', async () => {
    const files = await exported(30, 40, 50);
    const into = await openWeeks(null);
    const taken = await openWeeks('another');
    await taken.record(someEvents(3));

    await imported(into, files[0]!);

    await expect(imported(taken, files[0]!)).rejects.toThrow(/is of cluster another, and the archive is of cluster/u);
    await expect(imported(into, files[2]!)).rejects.toThrow(/are events 30 to 69/u);
    const above = await openWeeks(null);
    await imported(above, files[2]!);
    await expect(imported(above, files[0]!)).rejects.toThrow(/are events 30 to 69/u);
  });

  it('take the bodies along that nobody erased, and no others', async () => {
    await here.record(someEvents(3), [
      someEvent({ body: '{"message":"hunter2"}' }),
      someEvent({ body: '{"message":"swordfish"}' }),
    ]);
    await here.append(someEvents(1));
    await here.look();
    const erase = (position: number) =>
      eraseBodies(
        { pool: here.database.database.projection, acts: here.acts },
        { shardId: here.shardId, log: 'event', positions: [position], ...ground },
      );
    await erase(3);
    const [file] = await exportAll();
    await erase(4);
    const actsFile = await exportActs();
    const into = await openWeeks(null);

    await expect(imported(into, file!)).rejects.toThrow(/body of event 3 was erased, and no act/u);
    const done = await imported(into, file!, { actsFile });

    expect(done.erased).toBe(2);
    expect(await into.rows()).toEqual((await here.rows()).slice(0, 5));
    expect(await into.verified()).toMatchObject({ disagreements: [] });
    await expect(imported(into, actsFile)).rejects.toThrow(/holds acts, which stay with the database/u);
    await expect(imported(await openWeeks(null), file!, { actsFile: file! })).rejects.toMatchObject({
      code: 'archive-unproved',
    });
  });

  it('hold huge bodies', { timeout: 120_000 }, async () => {
    await here.record([someEvent({ body: JSON.stringify({ text: '\\"ä\t'.repeat(1_000_000) }) })], someEvents(3));
    const [file] = await exported();
    const into = await openWeeks(null);

    await imported(into, file!);

    expect(await into.rows()).toEqual((await here.rows()).slice(0, 4));
  });
});

describe('a week that was dropped and is imported again', () => {
  it('is there as it was, is proved, and stays until its hold is released', { timeout: 240_000 }, async () => {
    const files = await exported(33_000, 33_000, 700);
    const before = [
      await here.rows(),
      (await here.pool.query('SELECT level, index FROM merkle_tile ORDER BY 1, 2')).rows,
    ];
    here.clock += 8 * 86_400_000;
    expect((await here.drop()).map(({ state }) => state).slice(0, 3)).toEqual(['dropped', 'dropped', 'dropped']);
    expect(await heads(here)).toEqual([66_700, 66_701]);

    const done: Imported[] = [];
    for (const file of await inOrder(here.pool, files)) done.push(await imported(here, file));

    expect(done.map(({ outcome, events }) => [outcome, events])).toEqual([
      ['imported', 700],
      ['imported', 33_000],
      ['imported', 33_000],
    ]);
    expect([
      await here.rows(),
      (await here.pool.query('SELECT level, index FROM merkle_tile ORDER BY 1, 2')).rows,
    ]).toEqual(before);
    expect(await here.verified()).toMatchObject({ from: 0, size: 66_701, disagreements: [] });
    expect(await here.verified('act_event')).toMatchObject({ disagreements: [] });
    const kept = await here.drop();
    expect(kept[0]).toMatchObject({ state: 'due', keptBecause: 'it is held: case 7' });
    expect((await imported(here, files[0]!)).outcome).toBe('there');

    const holds = new Holds(here.database.database.projection, here.acts);
    for (const { holdId } of await listHolds(here.pool)) await holds.release(holdId, ground);
    expect((await here.drop()).map(({ state }) => state).slice(0, 3)).toEqual(['dropped', 'dropped', 'dropped']);
    expect(await here.verified()).toMatchObject({ from: 66_700, disagreements: [] });
    // And once more: each time it is another act.
    expect((await imported(here, files[2]!)).outcome).toBe('imported');
    expect(await here.verified()).toMatchObject({ from: 66_000, disagreements: [] });
    const { rows } = await here.pool.query(
      `SELECT count(*)::int AS acts FROM act_event WHERE type = 'SegmentImported'`,
    );
    expect(rows).toEqual([{ acts: 4 }]);
  });

  it('goes on being written meanwhile', async () => {
    const files = await exported(300, 300);
    here.clock += 8 * 86_400_000;
    await here.drop();
    const { database, sealing, shardId } = here;
    const writer = await EventWriter.open(database.database.ingest, shardId, {
      sealing,
      now: () => here.clock * 1_000,
    });
    await writer.append(someEvents(5));

    for (const file of await inOrder(here.pool, files)) {
      const [, appended] = await Promise.all([imported(here, file), writer.append(someEvents(5))]);
      expect(appended.next - appended.first).toBe(5);
    }
    await writer.append(someEvents(5));
    await writer.close();

    expect(await here.verified()).toMatchObject({ from: 0, size: 621, disagreements: [] });
  });

  it('is refused where the log is another by now', async () => {
    const [file] = await exported(30);
    const other = await openWeeks('cluster');
    await other.record(someEvents(30));
    await other.append(someEvents(1));

    await expect(imported(other, file!)).rejects.toMatchObject({
      code: 'archive-refused',
      message: 'The first 30 events of shard 1 here are others than those that the archive goes on from.',
    });
  });

  it('is brought back above what an older backup has, and its recorder goes on from there', async () => {
    const files = await exported(30, 40);
    const restored = await openWeeks(null);
    await imported(restored, files[0]!);
    // A shard that is open, as the backup of a service has it.
    await restored.pool.query('UPDATE shard SET closed_at = NULL');
    const old = await EventWriter.open(restored.database.database.ingest, 1);

    await imported(restored, files[1]!);

    await expect(old.append(someEvents(1))).rejects.toMatchObject({ code: 'writer-fenced' });
    const writer = await EventWriter.open(restored.database.database.ingest, 1);
    expect((await writer.append(someEvents(1))).first).toBe(70);
    await writer.close();
    expect((await restored.verified()).disagreements).toEqual([]);
  });
});

it('a slice of a cluster is the same slice where it is imported', async () => {
  const slice = { nth: 1, of: 2 };
  const { pool, database } = here;
  const cuts = [0x8000000000000000n];
  const description = {
    origin: 'kubernetes sliced',
    clusterUid: 'sliced',
    clusterName: 'sliced',
    source: 'kubernetes',
    identity: 'namespaceUid',
    server: null,
    serverVersion: null,
    unknowns: [],
  } as const;
  const shardId = await new Shards(pool).register({ ...description, slice }, { cuts });
  const writer = await EventWriter.open(database.database.ingest, shardId, {
    sealing: here.sealing,
    now: () => here.clock * 1_000,
  });
  await writer.append(someEvents(3));
  here.clock += 7 * 86_400_000;
  await writer.append(someEvents(1));
  await writer.close();
  await here.look();
  const [span] = await weekSpans(pool, { shard: shardId });
  const { file } = await writeArchive(pool, span!, path.join(here.folder, 'out'));
  const into = await openWeeks(null);

  await imported(into, file, { keys: await new Ledger(pool).keys(shardId) });

  const shards = new Shards(into.pool);
  expect(await shards.list()).toMatchObject([
    { shardId, origin: 'kubernetes sliced#0.1/2', slice, clusterName: 'sliced' },
  ]);
  expect(await shards.cutsOf(shardId)).toEqual(cuts);
});

describe('what does not hold', () => {
  it('is refused before anything is there: changed, cut short, forged, of another version', async () => {
    const [file] = await exported(600);
    const blocks = await blocksOf(file!);
    const whole = Buffer.concat(await Promise.all(blocks.map(packBlock)));
    const packed = async (change: (text: string) => string) =>
      Buffer.concat(await Promise.all(blocks.map((block) => packBlock({ ...block, text: change(block.text) }))));
    const flipped = Buffer.from(whole);
    flipped[2_000] = (flipped[2_000] ?? 0) ^ 1;
    const wrong = path.join(here.folder, 'wrong');
    const into = await openWeeks(null);
    const empty = await touched(into);

    for (const [bytes, code] of [
      [flipped, 'archive-invalid'],
      [whole.subarray(0, -10), 'archive-invalid'],
      [whole.subarray(0, (await packBlock(blocks[0]!)).length), 'archive-invalid'],
      [await packed((text) => text.replace('"version":1', '"version":2')), 'archive-invalid'],
      [await packed((text) => text.replace('"body":"{\\"parts', '"body":"{\\"party')), 'archive-invalid'],
      [await packed((text) => text.replace('"t\\":\\"PodObserved', '"t\\":\\"PodGone')), 'archive-unproved'],
      [await packed((text) => text.replaceAll('"from":0', '"from":256')), 'archive-invalid'],
    ] as const) {
      await writeFile(wrong, bytes);
      await expect(imported(into, wrong)).rejects.toMatchObject({ code });
    }
    await writeFile(wrong, await packed((text) => text.replace('"version":1', '"version":2')));
    await expect(imported(into, wrong)).rejects.toThrow('The archive is of version 2 of the format.');
    expect(await touched(into)).toEqual(empty);
    expect(await into.rows('act_event')).toEqual([]);
  });

  it('is not taken in by the database either, whoever calls its function', async () => {
    const [file] = await exported(10);
    const into = await openWeeks(null);
    await imported(into, file!);
    const { ingest, projection } = into.database.database;
    const before = await touched(into);

    await expect(projection.query('SELECT import_segment(1, 0, $1::json)', ['{}'])).rejects.toMatchObject({
      code: 'IL005',
    });
    await expect(ingest.query('SELECT import_segment(1, 1, $1::json)', ['{}'])).rejects.toMatchObject({
      code: '42501',
    });
    // An act that speaks of the next ten events, and ten that are not those.
    const act = {
      type: 'SegmentImported',
      from: 10,
      to: 20,
      fromAt: '2026-01-12T00:00:00Z',
      toAt: '2026-01-19T00:00:00Z',
      leaves: 'ab'.repeat(32),
      archive: 'cd'.repeat(32),
    };
    const { first } = await into.acts.append(1, [someEvent({ type: 'SegmentImported', body: JSON.stringify(act) })]);
    const taking = async (rows: number): Promise<void> => {
      const client = await projection.connect();
      try {
        await client.query('BEGIN');
        await client.query(
          `INSERT INTO import_event SELECT 1, 9 + n, '2026-01-13Z', gen_random_uuid(), gen_random_uuid(), 'PodGone', 1, '\\x00', '{}', NULL FROM generate_series(1, $1::int) AS n`,
          [rows],
        );
        await client.query('SELECT import_segment(1, $1, $2::json)', [
          first,
          JSON.stringify({ edge: '', before: [], keys: [], checkpoints: [] }),
        ]);
      } finally {
        await client.query('ROLLBACK');
        client.release();
      }
    };
    await expect(taking(10)).rejects.toMatchObject({ code: 'IL005' });
    await expect(taking(9)).rejects.toMatchObject({ code: 'IL005' });
    await expect(projection.query(`INSERT INTO event SELECT * FROM event LIMIT 0`)).rejects.toMatchObject({
      code: '42501',
    });
    expect(await touched(into)).toEqual(before);
  });
});
