import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createPool, type Pool } from '#libs/platform';
import { freshDatabase, type FreshDatabase } from '#testing/platform';

import { EventReader } from './event-reader.js';
import { EventWriter } from './event-writer.js';
import { CuttingProxy } from './testing/cutting-proxy.js';
import { someEvents, someShard } from './testing/events.js';

/** More than an append sends, so that the last cuts find nothing to cut. */
const CHUNKS = [0, 1, 2, 3, 4, 5];

describe('an append whose connection is cut', () => {
  let database: FreshDatabase;
  let proxy: CuttingProxy;
  let pool: Pool;

  beforeAll(async () => {
    database = await freshDatabase();
    proxy = await CuttingProxy.before(database.urls.recorder);
    pool = createPool(proxy.url, { name: 'cut', max: 2, statementTimeoutMs: 10_000 });
  });
  afterAll(async () => {
    await pool.end();
    await proxy.close();
    await database.close();
  });

  it.each(
    CHUNKS.flatMap((chunk) => [
      { chunk, when: 'before' as const },
      { chunk, when: 'after' as const },
    ]),
  )('$when chunk $chunk is stored once, with the same bytes', async ({ chunk, when }) => {
    const shardId = await someShard(database.pool);
    const writer = await EventWriter.open(pool, shardId);
    const before = await writer.append(someEvents(250));
    const events = someEvents(20);

    proxy.cutAt(chunk, when);
    const appended = await writer.append(events, [{ watch: 'pods', resourceVersion: '42' }]);
    const after = await writer.append(someEvents(3));

    const stored = await new EventReader(database.pool).readAfter(shardId, before.next - 1, 100);
    expect(appended).toMatchObject({ first: 250, next: 270 });
    expect(after).toMatchObject({ first: 270, next: 273 });
    expect(stored.slice(0, 20).map(({ eventId }) => eventId)).toEqual(events.map(({ eventId }) => eventId));
    expect(await writer.watchPositions()).toMatchObject([{ resourceVersion: '42' }]);
    expect((await EventWriter.open(pool, shardId)).sealed().root).toEqual(writer.sealed().root);
    expect(proxy.hasCut || chunk > 3).toBe(true);
  });

  it('gives up waiting for a database that stays away when it is closed', async () => {
    const away = await CuttingProxy.before(database.urls.recorder);
    const lost = createPool(away.url, { name: 'lost', max: 1, statementTimeoutMs: 10_000 });
    const shardId = await someShard(database.pool);
    const writer = await EventWriter.open(lost, shardId);
    await away.close();

    const waiting = writer.append(someEvents(1));
    await writer.close();

    await expect(waiting).rejects.toMatchObject({ code: 'not-ready' });
    await expect(writer.append(someEvents(1))).rejects.toMatchObject({ code: 'not-ready' });
    await lost.end();
  });
});
