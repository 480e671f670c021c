import { setTimeout as sleep } from 'node:timers/promises';

import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { isAuditError, type Pool } from '#libs/platform';
import { freshDatabase, withClient, type FreshDatabase } from '#testing/platform';

import { EventReader } from './event-reader.js';
import { EventWriter } from './event-writer.js';
import { someEvents, someShard } from './testing/events.js';

const WRITERS = 8;

/** What one writer does: takes one of the shards, which fences whoever has it, and appends so many events, batch after batch. */
type Turn = Readonly<{ shard: 0 | 1; batches: readonly number[] }>;
type Plan = Readonly<{ writers: readonly (readonly Turn[])[]; page: number }>;

const turn: fc.Arbitrary<Turn> = fc.record({
  shard: fc.constantFrom(0 as const, 1 as const),
  batches: fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 4 }),
});
const plan: fc.Arbitrary<Plan> = fc.record({
  writers: fc.array(fc.array(turn, { minLength: 1, maxLength: 3 }), { minLength: WRITERS, maxLength: WRITERS }),
  page: fc.integer({ min: 1, max: 500 }),
});

describe('a reader that follows by position', () => {
  let database: FreshDatabase;
  let pool: Pool;

  beforeAll(async () => {
    database = await freshDatabase();
    ({ pool } = database);
  });
  afterAll(() => database.close());

  it(
    'is told exactly what eight writers, who fence each other, got into the log, in its order',
    { timeout: 240_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(plan, async ({ writers, page }) => {
          const shards = [await someShard(pool), await someShard(pool)];
          const acknowledged = new Set<string>();
          const ended = new AbortController();
          const followers = shards.map((shardId) => follow(shardId, page, ended.signal));
          await Promise.all(writers.map((turns) => write(turns, shards, acknowledged)));
          ended.abort();

          const delivered = await Promise.all(followers);

          for (const [nth, shardId] of shards.entries()) {
            const { rows } = await pool.query<{ position: number; event_id: string }>(
              'SELECT position, event_id FROM event WHERE shard_id = $1 ORDER BY position',
              [shardId],
            );
            expect(delivered[nth]).toEqual(rows.map(({ event_id: id }) => id));
            expect(rows.map(({ position }) => position)).toEqual(rows.map((_, position) => position));
          }
          const all = delivered.flat();
          expect(new Set(all).size).toBe(all.length);
          expect([...acknowledged].filter((id) => !all.includes(id))).toEqual([]);
        }),
        { numRuns: 4, seed: 20_261_125, endOnFailure: true },
      );
    },
  );

  it('would miss events if a sequence numbered them: the same look finds that', async () => {
    await withClient(database.adminUrl, (client) =>
      client.query(
        `CREATE TABLE numbered (position bigserial PRIMARY KEY); GRANT ALL ON numbered TO PUBLIC; GRANT ALL ON SEQUENCE numbered_position_seq TO PUBLIC`,
      ),
    );
    const [slow, fast] = [await pool.connect(), await pool.connect()];
    const delivered: number[] = [];
    const look = async (): Promise<void> => {
      const { rows } = await pool.query<{ position: number }>(
        'SELECT position FROM numbered WHERE position > $1 ORDER BY position',
        [delivered.at(-1) ?? 0],
      );
      delivered.push(...rows.map(({ position }) => position));
    };
    await slow.query('BEGIN; INSERT INTO numbered DEFAULT VALUES');
    await fast.query('INSERT INTO numbered DEFAULT VALUES');
    await look();
    await slow.query('COMMIT');
    await look();
    for (const client of [slow, fast]) client.release();

    expect(delivered).toEqual([2]);
  });

  it('is not overtaken: while a position is not committed, whoever wants it waits, and whoever wants a later one is refused', async () => {
    const shardId = await someShard(pool);
    const writer = await EventWriter.open(pool, shardId);
    await writer.append(someEvents(1));
    const [first, second] = [await pool.connect(), await pool.connect()];
    try {
      await first.query('BEGIN');
      await first.query(`SELECT move_head('event', $1, 1, 1, 2, now())`, [shardId]);
      await second.query(`SET lock_timeout = '200ms'`);

      const same = second.query(`SELECT move_head('event', $1, 1, 1, 2, now())`, [shardId]);
      await expect(same).rejects.toMatchObject({ code: '55P03' });
      const later = second.query(`SELECT move_head('event', $1, 1, 2, 3, now())`, [shardId]);
      await expect(later).rejects.toMatchObject({ code: 'IL001' });

      expect((await new EventReader(pool).head(shardId))?.size).toBe(1);
    } finally {
      for (const client of [first, second]) client.release(true);
      await writer.close();
    }
  });

  /** Everything that is delivered until writing has ended and the head is reached. */
  async function follow(shardId: number, page: number, ended: AbortSignal): Promise<string[]> {
    const reader = new EventReader(database.database.api);
    const delivered: string[] = [];
    for (;;) {
      const isLast = ended.aborted;
      const events = await reader.readAfter(shardId, delivered.length - 1, page);
      for (const { position, eventId } of events) {
        expect(position).toBe(delivered.length);
        delivered.push(eventId);
      }
      if (isLast && events.length === 0) return delivered;
      if (events.length === 0) await sleep(10);
    }
  }

  async function write(turns: readonly Turn[], shards: readonly number[], acknowledged: Set<string>): Promise<void> {
    for (const { shard, batches } of turns) {
      const writer = await EventWriter.open(pool, shards[shard] ?? 0);
      await appendAll(writer, batches, acknowledged).catch((error: unknown) => {
        if (!isAuditError(error, 'writer-fenced')) throw error;
      });
      await writer.close();
    }
  }

  async function appendAll(writer: EventWriter, batches: readonly number[], acknowledged: Set<string>): Promise<void> {
    for (const size of batches) {
      const events = someEvents(size);
      await writer.append(events);
      for (const { eventId } of events) acknowledged.add(eventId);
    }
  }
});
