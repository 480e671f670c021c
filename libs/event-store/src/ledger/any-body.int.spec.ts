import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { freshDatabase, withClient, type FreshDatabase } from '#testing/platform';

import { EventReader } from '../event-reader.js';
import { EventWriter } from '../event-writer.js';
import { someEvent, someShard } from '../testing/events.js';
import { CheckpointsFile } from './checkpoints-file.js';
import { Ledger } from './ledger.js';
import { parseVerifier } from './signed-note.js';
import { verifyLog } from './verify-log.js';

/** JSON as nobody writes it: any order of keys, any spaces, any escapes, any numbers. */
const body = fc
  .tuple(fc.json({ maxDepth: 4 }), fc.constantFrom('', ' ', '\n\t', '  '))
  .map(
    ([text, space]) =>
      `${space}{${space}"z":${text},"ü":"é 😀","a":"\\u00e9\\\\u0000 \\ud83d\\ude00","n":1.0e+2,"z":${text}}${space}`,
  );
const microseconds = fc.integer({ min: 1, max: 86_400_000_000 });

describe('a log', () => {
  let database: FreshDatabase;
  let folder: string;

  beforeAll(async () => {
    database = await freshDatabase();
    folder = await mkdtemp(path.join(tmpdir(), 'checkpoints-'));
  });
  afterAll(async () => {
    await database.close();
    await rm(folder, { recursive: true });
  });

  it('verifies whatever bodies and clocks it was given', async () => {
    const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    let now = 1_795_000_000_000_000;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(body, microseconds), { minLength: 1, maxLength: 40 }), async (given) => {
        const shardId = await someShard(database.pool);
        const writer = await EventWriter.open(database.pool, shardId, {
          now: () => now,
          sealing: { keys: [key], file: new CheckpointsFile(path.join(folder, 'published')) },
        });
        for (const [text, later] of given) {
          now += later % 7 === 0 ? -later : later;
          await writer.append([someEvent({ body: text })]);
        }
        await writer.close();
        const [vkey = ''] = await new Ledger(database.pool).keys(shardId);

        const verdict = await verifyLog({
          connection: database.pool,
          shardId,
          verifiers: [parseVerifier(vkey)],
        });

        expect(verdict).toEqual({ from: 0, size: given.length, checkpoints: 1, disagreements: [] });
        const stored = await new EventReader(database.pool).readAfter(shardId, -1, 100);
        expect(stored.map(({ body: kept }) => kept)).toEqual(given.map(([text]) => text));
      }),
      { numRuns: 15, seed: 20_261_125 },
    );
  });

  it('has no column that could be changed unnoticed, but those that are none of the record', async () => {
    const { rows } = await withClient(database.adminUrl, (client) =>
      client.query<{ column: string }>(
        `SELECT attname AS column FROM pg_attribute
          WHERE attrelid = 'event'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attname`,
      ),
    );

    // shard_id and position say which leaf it is; each of the others has its row in verify-log.int.spec.ts
    expect(rows.map(({ column }) => column)).toEqual([
      'body',
      'body_digest',
      'event_id',
      'position',
      'recorded_at',
      'salt',
      'schema_ver',
      'shard_id',
      'stream_id',
      'type',
    ]);
  });
});
