import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createPool, silentLogger, type Pool } from '#libs/platform';
import { freshDatabase, type FreshDatabase } from '#testing/platform';

import { EventReader } from '../event-reader.js';
import { EventWriter } from '../event-writer.js';
import { CheckpointsFile } from '../ledger/checkpoints-file.js';
import type { Sealing } from '../ledger/checkpointer.js';
import { Ledger } from '../ledger/ledger.js';
import { parseVerifier } from '../ledger/signed-note.js';
import { parseTilePath } from '../ledger/tile-paths.js';
import { verifyLog, type Verdict } from '../ledger/verify-log.js';
import { someEvent, someEvents, someShard } from '../testing/events.js';
import { audited } from '../testing/verifier.js';
import { ActWriters } from './act-writers.js';
import { Holds } from './holds.js';
import { Retention, type RetentionNeeds } from './retention.js';
import { Segments } from './segments.js';

const DAY_MS = 86_400_000;
/** A Monday: weeks are partitions. */
const FIRST = Date.parse('2026-01-05T00:00:00Z');

let database: FreshDatabase;
let owner: Pool;
let folder: string;
let sealing: Sealing;
let shardId: number;
let clock: number;
let writer: EventWriter;
let acts: ActWriters;

beforeEach(async () => {
  database = await freshDatabase();
  owner = createPool(database.adminUrl, { name: 'owner', max: 2, statementTimeoutMs: 60_000 });
  folder = await mkdtemp(path.join(tmpdir(), 'initledger-retention-'));
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  sealing = { keys: [pem], file: new CheckpointsFile(path.join(folder, 'checkpoints')), everyMs: 20 };
  shardId = await someShard(database.pool);
  clock = FIRST;
  writer = await open();
  acts = new ActWriters({ pool: database.database.projection, sealing });
});
afterEach(async () => {
  await writer.close();
  await acts.close();
  await owner.end();
  await database.close();
  await rm(folder, { recursive: true });
});

const open = (shard = shardId): Promise<EventWriter> =>
  EventWriter.open(database.database.ingest, shard, { sealing, now: () => clock * 1_000 });
/** As if its recorder had told in full what lives. */
const restate = (): Promise<unknown> =>
  database.database.ingest.query(
    `INSERT INTO restated (shard_id, up_to) SELECT shard_id, size FROM shard_head
     ON CONFLICT (shard_id) DO UPDATE SET up_to = excluded.up_to`,
  );
const retention = (more: Partial<RetentionNeeds> = {}): Retention =>
  new Retention({
    pool: database.database.projection,
    acts,
    logger: silentLogger,
    days: 30,
    now: () => clock,
    ...more,
  });
/** So many weeks, each with so many events. */
async function record(weeks: number, each: number): Promise<void> {
  for (let week = 0; week < weeks; week += 1) {
    await writer.append(someEvents(each));
    clock += 7 * DAY_MS;
  }
  await writer.append(someEvents(1));
}
/** Looks until nothing more is dropped: between two looks a checkpoint has to come. */
async function dropAll(by = retention()): Promise<readonly string[]> {
  await restate();
  const dropped: string[] = [];
  await vi.waitFor(
    async () => {
      const looked = await by.look();
      dropped.push(...looked.filter(({ state }) => state === 'dropped').map(({ partition }) => partition.name));
      const waiting = looked.find(({ state }) => state === 'due');
      if (waiting?.keptBecause?.startsWith('no checkpoint'))
        throw new Error(`${waiting.partition.name}: ${waiting.keptBecause ?? ''}`);
    },
    { timeout: 60_000, interval: 20 },
  );
  return dropped;
}
const keys = async (log: 'event' | 'act_event' = 'event') => new Ledger(database.pool, log).keys(shardId);
async function verified(log: 'event' | 'act_event' = 'event'): Promise<Verdict> {
  return verifyLog({ connection: database.pool, shardId, log, verifiers: (await keys(log)).map(parseVerifier) });
}
const one = async (sql: string): Promise<unknown> => Object.values((await database.pool.query(sql)).rows[0])[0];

describe('weeks that are over', () => {
  it('are sealed once every shard has passed them, and take no event any more', async () => {
    const idle = await someShard(database.pool);
    const slow = await open(idle);
    await slow.append(someEvents(3));
    await record(2, 300);

    const looked = await retention({ days: null }).look();
    const [first] = await new Segments(database.pool).list();
    clock = FIRST;
    await slow.append(someEvents(1));

    // The slow shard's own clock is a week that is long over: it is sealed at once.
    expect(looked.map(({ state }) => state).slice(0, 3)).toEqual(['sealed', 'sealed', 'open']);
    expect(first).toMatchObject({ shardId, firstPosition: 0, nextPosition: 300, dropped: false });
    expect(await one(`SELECT recorded_at::text FROM event WHERE shard_id = ${idle} AND position = 3`)).toBe(
      '2026-01-19 00:00:00+00',
    );
    await slow.close();
  });

  it('are not sealed while a shard may record into them', async () => {
    const { rows } = await database.pool.query(`SELECT seal_shard($1, now() - interval '1 hour') AS is_over`, [
      shardId,
    ]);

    expect(rows).toEqual([{ is_over: false }]);
  });

  it('are known by the digest of their leaves', async () => {
    await record(1, 300);
    await retention({ days: null, owner }).look();

    const [{ leaves } = { leaves: '' }] = await new Segments(database.pool).list();
    const tile = await new Ledger(database.pool).tile(shardId, { level: 0, index: 0, width: 256 });

    expect(leaves).toMatch(/^[0-9a-f]{64}$/u);
    expect(tile).toHaveLength(8_192);
    expect(await one(`SELECT length(edge_leaves) FROM segment`)).toBe(44 * 32);
    expect(await one(`SELECT last_vacuum IS NOT NULL FROM pg_stat_user_tables WHERE relname = 'event_2026w02'`)).toBe(
      true,
    );
  });
});

describe('weeks that are older than is kept', () => {
  it(
    'go after an act that a checkpoint covers says so, and what is kept stays proved',
    { timeout: 120_000 },
    async () => {
      await record(10, 700);

      const dropped = await dropAll();
      await vi.waitFor(async () => expect((await verified()).checkpoints).toBeGreaterThan(0), 10_000);

      expect(dropped).toEqual(['event_2026w02', 'event_2026w03', 'event_2026w04', 'event_2026w05', 'event_2026w06']);
      expect(await one('SELECT min(position)::int FROM event')).toBe(3_500);
      expect(await verified()).toMatchObject({ from: 3_500, size: 7_001, disagreements: [] });
      expect(await verified('act_event')).toMatchObject({ from: 0, size: 5, disagreements: [] });
      await writer.append(someEvents(1));
      await writer.close();
      writer = await open();
      expect(await verified()).toMatchObject({ from: 3_500, size: 7_002, disagreements: [] });
      const [begins] = await new EventReader(database.pool).readAfter(shardId, -1, 1);
      expect(begins?.position).toBe(3_500);
      await expect(new EventReader(database.pool).readAfter(shardId, 7, 1)).rejects.toMatchObject({
        code: 'history-expired',
      });
    },
  );

  it('leave a log that an auditor checks from where it begins', { timeout: 120_000 }, async () => {
    // Enough for a complete tile of level 1, so that tiles of leaves go.
    await record(2, 33_000);
    clock += 100 * DAY_MS;
    await writer.append(someEvents(900));
    await dropAll(retention({ days: 90 }));
    const size = writer.size;
    await vi.waitFor(async () => expect(await one('SELECT max(size)::int FROM checkpoint')).toBe(size), 10_000);

    const tiles = await one('SELECT min(index)::int FROM merkle_tile WHERE level = 0');
    const ledger = new Ledger(database.pool);
    const server = createServer(
      (request, response) =>
        void (async () => {
          const what = (request.url ?? '').slice(1);
          const tile = what.startsWith('tile/') ? parseTilePath(what.slice(5)) : undefined;
          const said = tile
            ? await ledger.tile(shardId, tile)
            : what === 'checkpoint'
              ? await ledger.checkpoint(shardId)
              : `${await ledger.minimumIndex(shardId)}\n`;
          response.writeHead(said === undefined ? 404 : 200).end(said);
        })(),
    ).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const [key = ''] = await keys();
    const audit = await audited('log', url, key);
    const proof = await ledger.proof(shardId, 66_001, true);
    server.close();

    expect(await ledger.minimumIndex(shardId)).toBe(66_048);
    expect(tiles).toBe(256);
    expect(audit.stdout).toBe(
      `holds: events 66048 to ${size - 1} of initledger/${String(await clusterOf())}/${shardId}\n`,
    );
    expect(proof).toContain('index 66001\n');
    await expect(ledger.proof(shardId, 66_000, true)).rejects.toMatchObject({ code: 'proof-unknown' });
    expect(await ledger.tile(shardId, { level: 'entries', index: 0, width: 256 })).toBeUndefined();
  });

  it('of a shard that has said nothing since leave its tree whole', { timeout: 60_000 }, async () => {
    await record(1, 10);
    const last = writer.size;
    clock += 100 * DAY_MS;
    await vi.waitFor(async () => expect(await one('SELECT max(size)::int FROM checkpoint')).toBe(last), 10_000);
    const before = writer.sealed();

    await dropAll();
    await writer.close();
    writer = await open();

    expect(await one('SELECT count(*)::int FROM event')).toBe(0);
    expect(writer.sealed()).toEqual(before);
    await writer.append(someEvents(400));
    expect(await verified()).toMatchObject({ from: 11, size: 411, disagreements: [] });
  });

  it('say what is missing where they went without an act', { timeout: 60_000 }, async () => {
    await record(8, 10);
    await dropAll();
    const client = await owner.connect();
    await client.query(
      `SET session_replication_role = replica; UPDATE act_event SET type = 'Nothing' WHERE position = 1`,
    );
    client.release(true);

    expect((await verified()).disagreements).toContainEqual({
      where: 'event',
      from: 10,
      to: 30,
      says: 'events were dropped, and no act says so',
    });
  });

  it('stay while they are held, and go once the hold is released', { timeout: 60_000 }, async () => {
    const holds = new Holds(database.database.projection, acts);
    await record(8, 10);
    const holdId = '00000000-0000-4000-8000-000000000001';
    const span = { fromAt: '2026-01-13T00:00:00Z', toAt: '2026-01-14T00:00:00Z' };
    await holds.place(shardId, { holdId, ...span, reason: 'case 7', author: 'legal' });

    expect(await dropAll()).toEqual(['event_2026w02']);
    expect((await retention().look(true)).find(({ keptBecause }) => keptBecause !== null)).toMatchObject({
      partition: { name: 'event_2026w03' },
      keptBecause: 'it is held: case 7',
    });
    await expect(
      holds.release('00000000-0000-4000-8000-000000000002', { reason: '', author: '' }),
    ).rejects.toMatchObject({
      code: 'hold-unknown',
    });
    await holds.release(holdId, { reason: 'closed', author: 'legal' });
    expect(await dropAll()).toEqual(['event_2026w03', 'event_2026w04']);
    expect((await database.pool.query('SELECT type FROM act_event ORDER BY position')).rows).toMatchObject([
      { type: 'HoldPlaced' },
      { type: 'SegmentDropped' },
      { type: 'HoldReleased' },
      { type: 'SegmentDropped' },
      { type: 'SegmentDropped' },
    ]);
  });

  it('stay as long as a projection has not read them', async () => {
    await record(8, 10);
    await database.pool.query(
      `INSERT INTO projection_bookmark (shard_id, name, position, rules) VALUES ($1, 'pod-inits-v2', 12, '1')`,
      [shardId],
    );

    expect(await dropAll()).toEqual(['event_2026w02']);
    expect((await retention().look(true))[0]?.keptBecause).toBe(
      `pod-inits-v2 has not read shard ${shardId} up to its end`,
    );
  });

  it('stay until what lives in them is told in full after them, as long as anybody sees their cluster', async () => {
    await record(8, 10);

    const [looked] = await retention().look();
    const due = await one('SELECT count(due_at)::int FROM segment');
    await database.pool.query(`UPDATE shard SET seen_at = now() - interval '2 days'`);
    const later = await retention().look();

    expect(looked?.keptBecause).toBe(
      `what lives in shard ${shardId} is not told in full after it yet: its recorder does that`,
    );
    expect(due).toBe(3);
    expect(later[0]?.keptBecause ?? '').not.toMatch(/told in full/u);
  });

  it('cannot be dropped by a call of the function alone', async () => {
    await record(8, 10);
    const call = (sql: string) => database.database.projection.query(sql);

    await expect(call(`SELECT raise_horizon('event_2026w02')`)).rejects.toMatchObject({ code: 'IL004' });
    await retention({ days: null }).look();
    await expect(call(`SELECT drop_partition('event_2026w02', '1s')`)).rejects.toMatchObject({ code: 'IL004' });
    await expect(call(`SELECT note_dropped('2026-01-05Z')`)).rejects.toMatchObject({ code: 'IL004' });
    await expect(call(`SELECT drop_partition('shard_head', '1s')`)).rejects.toThrow(/no partition/u);
    await expect(database.database.ingest.query(`SELECT raise_horizon('event_2026w02')`)).rejects.toMatchObject({
      code: '42501',
    });
  });
});

describe('appends', () => {
  it.each([
    ['the owner', () => owner],
    ['who is not the owner', () => undefined],
  ])(
    'wait for no reader of a week that %s drops, and never lack a partition',
    { timeout: 120_000 },
    async (_who, as) => {
      await record(8, 50);
      const reader = await database.pool.connect();
      await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SET LOCAL idle_in_transaction_session_timeout = 0');
      await reader.query('SELECT count(*) FROM event');
      const ending = new AbortController();
      const dropping = dropAll(retention({ owner: as(), signal: ending.signal, days: 40 }));
      dropping.catch(() => undefined);
      await vi.waitFor(
        async () => expect(await one('SELECT max(first_position)::int FROM shard_head')).toBeGreaterThan(0),
        { timeout: 20_000, interval: 20 },
      );

      // While the reader is there, weeks go by for the writer.
      const appended: number[] = [];
      for (let week = 0; week < 30; week += 1) {
        clock += 7 * DAY_MS;
        appended.push((await writer.append([someEvent()])).first);
      }
      const isStillRead = await one(`SELECT to_regclass('event_2026w02') IS NOT NULL`);
      await reader.query('COMMIT');
      reader.release();
      const dropped = await dropping;

      expect(isStillRead).toBe(true);
      expect(appended).toEqual(Array.from({ length: 30 }, (_, week) => 401 + week));
      expect(dropped[0]).toBe('event_2026w02');
      expect((await verified()).disagreements).toEqual([]);
    },
  );
});

async function clusterOf(): Promise<unknown> {
  return one(`SELECT cluster_uid FROM shard WHERE shard_id = ${shardId}`);
}
