import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createPool, type Pool } from '#libs/platform';
import { freshDatabase, type FreshDatabase } from '#testing/platform';

import { EventWriter } from '../event-writer.js';
import { someEvent, someEvents, someShard } from '../testing/events.js';
import { CheckpointsFile } from './checkpoints-file.js';
import { signersOf } from './ledger-key.js';
import { originOf } from './origin.js';
import type { Verifier } from './signed-note.js';
import { verifyLog, type Disagreement } from './verify-log.js';

const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
/** One complete tile and some more, in three checkpoints: at 100, 300 and 700 events. */
const sizes = [100, 300, 700];

let database: FreshDatabase;
let admin: Pool;
let shardId: number;
let verifiers: readonly Verifier[];
let folder: string;

beforeAll(async () => {
  database = await freshDatabase();
  admin = createPool(database.adminUrl, { name: 'admin', max: 1, statementTimeoutMs: 60_000 });
  folder = await mkdtemp(path.join(tmpdir(), 'verify-'));
});
afterAll(async () => {
  await admin.end();
  await database.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  shardId = await someShard(database.pool);
  const sealing = { keys: [pem], file: new CheckpointsFile(path.join(folder, String(shardId))), everyMs: 60_000 };
  let before = 0;
  for (const size of sizes) {
    const writer = await EventWriter.open(database.pool, shardId, { sealing });
    const more = someEvents(size - before - 1);
    await writer.append([someEvent({ body: '{"a":"é\\u0007 \\"x\\""}' }), ...more]);
    await writer.close();
    before = size;
  }
  verifiers = signersOf(await originOf(database.pool, shardId, 'event'), [pem]).map(({ verifier }) => verifier);
});

const verified = () => verifyLog({ connection: database.pool, shardId, verifiers });

/** Changes the database as somebody could who owns it: neither grants nor triggers hold that one back. */
async function tamper(text: string): Promise<void> {
  const client = await admin.connect();
  try {
    await client.query(`SET session_replication_role = replica; ${text.replaceAll('$1', String(shardId))}`);
  } finally {
    client.release(true);
  }
}

const covers = (position: number) => (one: Disagreement) => one.from <= position && position < one.to;

describe('verifyLog', () => {
  it('has nothing to say of a log that nobody touched', async () => {
    expect(await verified()).toEqual({ from: 0, size: 700, checkpoints: 3, disagreements: [] });
  });

  const columns: readonly (readonly [string, string])[] = [
    ['recorded_at', `recorded_at = recorded_at + interval '1 microsecond'`],
    ['stream_id', `stream_id = '00000000-0000-4000-8000-000000000000'`],
    ['event_id', `event_id = '00000000-0000-4000-8000-000000000000'`],
    ['type', `type = type || 'x'`],
    ['schema_ver', 'schema_ver = schema_ver + 1'],
    ['salt', `salt = set_byte(salt, 3, get_byte(salt, 3) # 1)`],
    ['body', `body = replace(body::text, '{', '{ ')::json`],
    ['body and salt, gone', 'body = NULL, salt = NULL'],
    ['body_digest', `body_digest = '\\x${'00'.repeat(32)}'`],
  ];
  it.each(columns.flatMap(([column, set]) => [17, 150, 650].map((position) => [column, position, set] as const)))(
    'finds a change of event.%s and says that it is at position %i',
    async (_, position, set) => {
      await tamper(`UPDATE event SET ${set} WHERE shard_id = $1 AND position = ${position}`);

      const { disagreements } = await verified();

      expect(disagreements.some(covers(position))).toBe(true);
      // Of a complete tile the leaf is known, so the very event is named; after it, the checkpoint that it is before.
      const narrowest = Math.min(...disagreements.filter(covers(position)).map(({ from, to }) => to - from));
      expect(narrowest).toBeLessThanOrEqual(position < 512 ? 1 : 400);
    },
  );

  it.each([
    ['an event that was removed', 'DELETE FROM event WHERE shard_id = $1 AND position = 150', 150],
    ['the last event, removed', 'DELETE FROM event WHERE shard_id = $1 AND position = 699', 699],
    [
      'two events that changed places',
      'UPDATE event SET position = -1 WHERE shard_id = $1 AND position = 200; UPDATE event SET position = 200 WHERE shard_id = $1 AND position = 251; UPDATE event SET position = 251 WHERE shard_id = $1 AND position = -1',
      200,
    ],
    [
      'an event behind the head',
      `INSERT INTO event (shard_id, position, recorded_at, stream_id, event_id, type, schema_ver, salt, body) SELECT shard_id, 700, recorded_at, stream_id, event_id, type, schema_ver, salt, body FROM event WHERE shard_id = $1 AND position = 699`,
      700,
    ],
    ['a head that was set back', 'UPDATE shard_head SET size = 690 WHERE shard_id = $1', 695],
    [
      'a hash of a tile',
      `UPDATE merkle_tile SET hashes = set_byte(hashes, 32 * 40, get_byte(hashes, 32 * 40) # 1) WHERE shard_id = $1 AND level = 0 AND index = 0`,
      40,
    ],
    ['a tile that is gone', 'DELETE FROM merkle_tile WHERE shard_id = $1 AND level = 0 AND index = 1', 300],
    [
      'a tile with another number',
      'UPDATE merkle_tile SET index = 9 WHERE shard_id = $1 AND level = 0 AND index = 1',
      300,
    ],
    [
      'a tile of another level',
      'UPDATE merkle_tile SET level = 1 WHERE shard_id = $1 AND level = 0 AND index = 1',
      300,
    ],
  ])('finds %s', async (_, text, position) => {
    await tamper(text);

    const { disagreements } = await verified();

    expect(disagreements.some(covers(position))).toBe(true);
  });

  it.each([
    ['size', `size = 301 WHERE size = 300`],
    ['root', `root = set_byte(root, 0, get_byte(root, 0) # 1) WHERE size = 300`],
    ['note', `note = replace(note, E'\\n300\\n', E'\\n301\\n') WHERE size = 300`],
    [
      'signature',
      `note = left(note, -3) || CASE right(left(note, -2), 1) WHEN 'A' THEN 'E' ELSE 'A' END || right(note, 2) WHERE size = 300`,
    ],
  ])('finds a change of checkpoint.%s', async (_, set) => {
    await tamper(`UPDATE checkpoint SET ${set} AND shard_id = $1`);

    const { disagreements } = await verified();

    expect(disagreements.map(({ where }) => where)).toEqual([expect.stringMatching(/^checkpoint 30[01]$/u)]);
  });

  it('names the event where an event was changed, the tile where that was, and nothing that comes later', async () => {
    await tamper(`UPDATE event SET type = type || 'x' WHERE shard_id = $1 AND position = 17`);
    await tamper(
      `UPDATE merkle_tile SET hashes = set_byte(hashes, 32 * 90, 255 - get_byte(hashes, 32 * 90)) WHERE shard_id = $1 AND level = 0 AND index = 1`,
    );

    expect((await verified()).disagreements).toEqual([
      // Where that tile ends its leaves decide: until then the rows are all there is.
      { where: 'checkpoint 100', from: 0, to: 100, says: 'the events do not agree with the checkpoint' },
      { where: 'event', from: 17, to: 18, says: 'the event does not agree with its leaf' },
      { where: 'merkle_tile 0/1', from: 346, to: 347, says: 'the hash is not that of the event' },
    ]);
  });

  it('finds a body that was changed behind a digest that says what it was', async () => {
    await tamper(
      `UPDATE event SET body_digest = sha256(salt || convert_to(body::text, 'UTF8')), body = '{"a":0}' WHERE shard_id = $1 AND position = 17`,
    );

    expect((await verified()).disagreements).toEqual([
      { where: 'event', from: 17, to: 18, says: 'body_digest is there, and so is the body that it stands for' },
    ]);
  });

  it.each([
    ['recorded_at', `recorded_at = recorded_at + interval '1 microsecond'`],
    ['recorded_at, no time at all', `recorded_at = 'infinity'`],
  ])('finds a change of shard_head.%s', async (_, set) => {
    await tamper(`UPDATE shard_head SET ${set} WHERE shard_id = $1`);

    expect((await verified()).disagreements).toEqual([
      { where: 'shard_head', from: 699, to: 700, says: 'recorded_at is not that of the last event' },
    ]);
  });

  it('holds the log against checkpoints from elsewhere, which nobody here can change', async () => {
    const { rows } = await database.pool.query<{ note: string }>(
      'SELECT note FROM checkpoint WHERE shard_id = $1 AND size = 700',
      [shardId],
    );
    const witnessed = [{ where: 'a friend', note: rows[0]?.note ?? '' }];
    const ask = () => verifyLog({ connection: database.pool, shardId, verifiers, witnessed });
    expect((await ask()).disagreements).toEqual([]);

    // Whoever owns database and key could make all of it agree with itself: rows, tiles and checkpoints after position 600 anew.
    await tamper(
      `DELETE FROM checkpoint WHERE shard_id = $1 AND size = 700; DELETE FROM event WHERE shard_id = $1 AND position >= 600; UPDATE shard_head SET size = 600 WHERE shard_id = $1`,
    );
    const again = await EventWriter.open(database.pool, shardId);
    await again.append(someEvents(100));
    await again.close();

    expect((await verified()).disagreements).toEqual([]);
    expect((await ask()).disagreements).toEqual([
      { where: 'a friend', from: 300, to: 700, says: 'the events do not agree with the checkpoint' },
    ]);
  });

  it('says so of a checkpoint from elsewhere that speaks of events that are not there', async () => {
    const { rows } = await database.pool.query<{ note: string }>(
      'SELECT note FROM checkpoint WHERE shard_id = $1 AND size = 700',
      [shardId],
    );
    await tamper(
      `DELETE FROM checkpoint WHERE shard_id = $1 AND size = 700; DELETE FROM event WHERE shard_id = $1 AND position >= 650; UPDATE shard_head SET size = 650 WHERE shard_id = $1`,
    );

    const { disagreements } = await verifyLog({
      connection: database.pool,
      shardId,
      verifiers,
      witnessed: [{ where: 'a friend', note: rows[0]?.note ?? '' }],
    });

    expect(disagreements).toContainEqual({
      where: 'a friend',
      from: 650,
      to: 700,
      says: 'speaks of events that are not there',
    });
  });
});
