import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { errorCode } from '#libs/platform';
import { freshDatabase, withClient, type FreshDatabase } from '#testing/platform';

import { EventWriter } from '../event-writer.js';
import { someEvent, someShard } from '../testing/events.js';
import { assertErasable, ERASABLE } from './erase.js';
import { historyAct } from './history-acts.js';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.close());

/** Every type that the database's own function names, and all that there are. */
async function types(): Promise<readonly string[]> {
  const { rows } = await withClient(database.adminUrl, (client) =>
    client.query<{ source: string }>(`SELECT prosrc AS source FROM pg_proc WHERE proname = 'erase_bodies'`),
  );
  const named = [...(rows[0]?.source ?? '').matchAll(/'([A-Z][a-z]\w+)'/gu)].map(([, type]) => type ?? '');
  const others = [
    'WatchOpened',
    'ObservationGap',
    'HistoryForked',
    'ReducerChanged',
    'SegmentDropped',
    'SegmentImported',
  ];
  return [...new Set([...named, ...ERASABLE, ...others, 'HoldPlaced', 'HoldReleased', 'BodiesErased', 'Another'])];
}

describe('what may be erased', () => {
  it.each(['event', 'act_event'] as const)(
    'is the same by what is asked first and by the database, of %s',
    async (log) => {
      const { projection, ingest } = database.database;
      const shardId = await someShard(database.pool);
      const all = await types();
      const writer = await EventWriter.open(log === 'event' ? ingest : projection, shardId, { log });
      await writer.append(all.map((type) => someEvent({ type })));
      const acts = log === 'act_event' ? writer : await EventWriter.open(projection, shardId, { log: 'act_event' });
      const erased = { asked: [] as string[], done: [] as string[] };
      for (const [position, type] of all.entries()) {
        const isAsked = await assertErasable(projection, { shardId, log, positions: [position] }).then(...verdict);
        if (isAsked) erased.asked.push(type);
        const at = new Date(0).toISOString();
        const act = { type: 'BodiesErased', at, log, positions: [position], reason: 'r', author: 'a' } as const;
        const { first } = await acts.append([historyAct(shardId, act)]);
        if (await projection.query('SELECT erase_bodies($1, $2)', [shardId, first]).then(...verdict))
          erased.done.push(type);
      }
      await writer.close();
      if (acts !== writer) await acts.close();

      expect(all.length).toBeGreaterThan(15);
      expect(erased).toEqual({
        asked: all.filter((type) => ERASABLE.has(type)),
        done: all.filter((type) => ERASABLE.has(type)),
      });
    },
  );
});

/** Whether it was let; of refusals alone, nothing else may fail. */
const verdict = [
  () => true,
  (error: unknown) => {
    if (errorCode(error) === 'IL004' || errorCode(error) === 'request-invalid') return false;
    throw new Error('this is no refusal', { cause: error });
  },
] as const;
