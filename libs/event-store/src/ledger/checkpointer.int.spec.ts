import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { freshDatabase, type FreshDatabase } from '#testing/platform';

import { EventWriter } from '../event-writer.js';
import { someEvents, someShard } from '../testing/events.js';
import type { Sealing } from './checkpointer.js';
import { CheckpointsFile, type PublishedCheckpoint } from './checkpoints-file.js';
import { openCheckpoint } from './checkpoint.js';
import { signersOf } from './ledger-key.js';
import { originOf } from './origin.js';

const newPem = () => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

let database: FreshDatabase;
let shardId: number;
let folder: string;
let sealing: Sealing;

beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  shardId = await someShard(database.pool);
  folder = await mkdtemp(path.join(tmpdir(), 'checkpoints-'));
  sealing = { keys: [newPem()], file: new CheckpointsFile(path.join(folder, 'published')), everyMs: 50 };
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const open = (more: Partial<Sealing> = {}) =>
  EventWriter.open(database.pool, shardId, { sealing: { ...sealing, ...more } });
async function collected(file: CheckpointsFile): Promise<PublishedCheckpoint[]> {
  const all: PublishedCheckpoint[] = [];
  for await (const one of file.read()) all.push(one);
  return all;
}
const published = async () => collected(sealing.file);
const verifiers = async (keys = sealing.keys) =>
  signersOf(await originOf(database.pool, shardId, 'event'), keys).map(({ verifier }) => verifier);
const stored = async () => {
  const { rows } = await database.pool.query('SELECT size, note FROM checkpoint WHERE shard_id = $1 ORDER BY size', [
    shardId,
  ]);
  return rows as { size: number; note: string }[];
};

describe('a log that is sealed', () => {
  it('has a signed checkpoint soon after it grew, in the database and in the file', async () => {
    const writer = await open();
    await writer.append(someEvents(300));

    await vi.waitFor(async () => expect(await published()).toHaveLength(1), 5_000);

    const [{ note } = { note: '' }] = await published();
    expect(openCheckpoint(note, await verifiers())).toEqual({
      origin: await originOf(database.pool, shardId, 'event'),
      ...writer.sealed(),
    });
    expect(await stored()).toEqual([{ size: 300, note }]);
    await writer.close();
  });

  it('is sealed to its end when its writer stops, and only when it grew', async () => {
    const writer = await open({ everyMs: 60_000 });
    await writer.append(someEvents(2));
    await writer.close();
    await (await open()).close();

    expect((await stored()).map(({ size }) => size)).toEqual([2]);
  });

  it('is sealed by the next writer, with what one that was killed had left, though nothing more comes', async () => {
    // It is never closed, and does not come to its first checkpoint: everything after its beginning is unsealed.
    const killed = await open({ everyMs: 3_600_000 });
    await killed.append(someEvents(7));
    expect(await stored()).toEqual([]);

    const next = await open();

    await vi.waitFor(async () => expect((await stored()).map(({ size }) => size)).toEqual([7]), 5_000);
    expect(await published()).toHaveLength(1);
    await next.close();
    await killed.close();
    expect((await stored()).map(({ size }) => size)).toEqual([7]);
  });

  it('is opened again by who holds the same key, and sealed on', async () => {
    const first = await open();
    await first.append(someEvents(5));
    await first.close();

    const second = await open();
    await second.append(someEvents(5));
    await second.close();

    expect((await stored()).map(({ size }) => size)).toEqual([5, 10]);
  });

  it('is signed by the old and the new key while keys change, and opens by either', async () => {
    const next = newPem();
    const writer = await open({ keys: [next, ...sealing.keys] });
    await writer.append(someEvents(1));
    await writer.close();

    const [{ note } = { note: '' }] = await published();
    expect(openCheckpoint(note, await verifiers())?.size).toBe(1);
    expect(openCheckpoint(note, await verifiers([next]))?.size).toBe(1);
  });

  it('goes on where the file cannot be written, and says so', async () => {
    const failed: string[] = [];
    const file = new CheckpointsFile('/dev/null/nowhere');
    const writer = await open({ file, failed: (where) => failed.push(where) });
    await writer.append(someEvents(1));
    await writer.close();

    expect(failed).toEqual(['file']);
    expect(await stored()).toHaveLength(1);
  });
});

describe('a log that is not what was signed of it', () => {
  /** Another shard in the place of a database that was restored from an older backup: the same origin, fewer or other events. */
  async function publishedOf(events: number): Promise<void> {
    const writer = await open();
    await writer.append(someEvents(events));
    await writer.close();
  }

  async function restored(events: number): Promise<void> {
    const admin = await someAdmin();
    await admin(`DELETE FROM event WHERE shard_id = ${shardId}`);
    await admin(`DELETE FROM merkle_tile WHERE shard_id = ${shardId}`);
    await admin(`DELETE FROM checkpoint WHERE shard_id = ${shardId}`);
    await admin(`UPDATE shard_head SET size = 0 WHERE shard_id = ${shardId}`);
    const writer = await EventWriter.open(database.pool, shardId);
    await writer.append(someEvents(events));
    await writer.close();
  }

  /** As a superuser with triggers off: what a backup's restore does. */
  async function someAdmin() {
    const { createPool } = await import('#libs/platform');
    const pool = createPool(database.adminUrl, { name: 'admin', max: 1, statementTimeoutMs: 60_000 });
    return async (text: string) => {
      const client = await pool.connect();
      await client.query(`SET session_replication_role = replica; ${text}`);
      client.release(true);
    };
  }

  it('is not written when it is shorter: a backup was restored', async () => {
    await publishedOf(10);
    await restored(4);

    await expect(open()).rejects.toMatchObject({
      code: 'log-forked',
      message: expect.stringContaining('has 4 events, and we signed 10 of them'),
      remedy: expect.stringContaining('move the checkpoints file and the ledger key away'),
    });
  });

  it('is not written when it has grown anew past what was signed', async () => {
    await publishedOf(10);
    await restored(20);

    await expect(open()).rejects.toMatchObject({ code: 'log-forked' });
  });

  it('begins another history where the key is another one', async () => {
    await publishedOf(10);
    await restored(4);

    const writer = await open({ keys: [newPem()] });
    await expect(writer.append(someEvents(1))).resolves.toMatchObject({ next: 5 });
    await writer.close();
  });
});

describe('the file of checkpoints', () => {
  it('passes over a line that a crash cut short, and lines of others', async () => {
    const file = new CheckpointsFile(path.join(folder, 'mixed'));
    await file.add({ at: '2026-11-21T00:00:00Z', note: 'a\n1\nroot\n', keys: [] });
    await writeFile(file.file, `${await readFile(file.file, 'utf8')}{"at":"2026-\n`, 'utf8');
    await file.add({ at: '2026-11-21T00:00:01Z', note: 'b\n2\nroot\n', keys: [] });

    expect((await collected(file)).map(({ note }) => note[0])).toEqual(['a', 'b']);
    expect(await collected(new CheckpointsFile(path.join(folder, 'none')))).toEqual([]);
  });
});
