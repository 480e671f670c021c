import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { freshDatabase, type FreshDatabase } from '#testing/platform';

import { Partitions, partitionEnds } from './partitions.js';

const WEEK = 7 * 86_400;
const WEEKS = 12;

describe('Partitions', () => {
  let database: FreshDatabase;

  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(() => database.close());

  it('are made once, however many writers begin the same week at the same moment', async () => {
    const { ingest } = database.database;
    const now = Math.floor(Date.now() / 1_000);
    for (let week = 0; week < WEEKS; week += 1) {
      const writers = Array.from({ length: 4 }, () => new Partitions(ingest, 'event'));

      await Promise.all(writers.map((one) => one.ensure((now + week * WEEK) * 1_000_000)));
    }

    const [event] = await partitionEnds(ingest, ['event']);
    expect(((event?.end ?? 0) - now) / WEEK).toBeGreaterThan(WEEKS);
  });
});
