import { EventEmitter, once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Seen } from '../testing/index.js';
import { Ledger, eventSeen, gapSeen, goodStart, initRuns, namespaceSeen, newPod, uid } from '../testing/index.js';
import type { Batch, Projection } from './projection.js';
import { LIVE_BATCH } from './shard-follower.js';

/** The projection with a batch that is written otherwise. */
function written(projection: Projection, write: (batch: Batch) => Batch['write']): Projection {
  return {
    ...projection,
    open: async (place) => {
      const cell = await projection.open(place);
      return {
        fold: async (page) => {
          const batch = await cell.fold(page);
          return { ...batch, write: write(batch) };
        },
        leaveOut: (event, error) => cell.leaveOut(event, error),
        isAlone: (event) => cell.isAlone(event),
      };
    },
  };
}

type Coming = Readonly<{ projection: Projection; folds: readonly string[] }>;

/** The projection, of which each batch is written once what comes meanwhile was appended and folded, each by itself. */
function whileWritten(ledger: Ledger, coming: readonly (readonly (readonly Seen[])[])[]): Coming {
  const projection = ledger.projection();
  const waiting = [...coming];
  const folds: string[] = [];
  let folded = -1;
  const open: Projection['open'] = async (place) => {
    const cell = await projection.open(place);
    return {
      isAlone: (event) => cell.isAlone(event),
      leaveOut: (event, error) => cell.leaveOut(event, error),
      fold: async (page) => {
        const batch = await cell.fold(page);
        folded = page[batch.events - 1]?.position ?? folded;
        folds.push(`fold ${page[0]?.position} to ${folded}`);
        return {
          ...batch,
          more: async (next) => {
            const added = await batch.more(next);
            folded = next[added - 1]?.position ?? folded;
            folds.push(`and ${next[0]?.position} to ${folded}`);
            return added;
          },
          write: async (db) => {
            for (const events of waiting.shift() ?? []) {
              await ledger.append(events, events.length);
              const end = (await ledger.reader.head(ledger.shardId))?.size ?? 0;
              // After the first event no more than this is taken into a batch.
              await expect.poll(() => folded, { timeout: 10_000 }).toBe(Math.min(end - 1, LIVE_BATCH));
            }
            await batch.write(db);
            folds.push('written');
          },
        };
      },
    };
  };
  return { projection: { ...projection, open }, folds };
}

describe('ShardFollower', () => {
  let ledger: Ledger;

  beforeEach(async () => {
    ledger = await Ledger.open();
  });

  afterEach(() => ledger.close());

  it('leaves nothing of a batch whose connection is cut before the commit, and projects it once afterwards', async () => {
    await ledger.append([namespaceSeen(0), ...goodStart(1, 10, 7)]);
    const follower = ledger.follower(
      written(ledger.projection(), (batch) => async (db) => {
        await batch.write(db);
        await db.query('SELECT pg_terminate_backend(pg_backend_pid())');
      }),
    );

    await expect(follower.step()).rejects.toThrow('terminat');
    const after = await ledger.readModels();
    await ledger.project();

    expect(Object.values(after).flat()).toEqual([]);
    expect(await ledger.rows("SELECT ended::int, succeeded::int FROM workload_stats WHERE container = ''")).toEqual([
      { ended: 1, succeeded: 1 },
    ]);
  });

  it('begins again at the bookmark after a failure, with nothing in memory that was not committed', async () => {
    await ledger.append([newPod(1, 10)]);
    let failures = 1;
    const follower = ledger.follower(
      written(ledger.projection(), (batch) => async (db) => {
        await batch.write(db);
        if (failures-- > 0) throw new Error('disk full');
      }),
    );

    await expect(follower.step()).rejects.toThrow('disk full');
    await ledger.append([initRuns(1, 12)]);
    await ledger.project(follower);

    expect(await ledger.rows('SELECT valid_from, valid_to FROM pod_init ORDER BY valid_from')).toEqual([
      { valid_from: 0, valid_to: 1 },
      { valid_from: 1, valid_to: null },
    ]);
  });

  it('stands aside when another worker has moved the bookmark, and writes nothing', async () => {
    await ledger.append([newPod(1, 10)]);
    const one = ledger.follower();
    const other = ledger.follower();
    await one.step();
    await other.step();
    await ledger.append([initRuns(1, 12)]);

    const moved = await one.step();
    const kept = await ledger.readModels();
    const late = await other.step();

    expect([moved.outcome, late.outcome]).toEqual(['moved', 'stoodAside']);
    expect(await ledger.readModels()).toEqual(kept);
  });

  it('projects each event once, however many workers follow the shard', async () => {
    const workers = [ledger.follower(), ledger.follower(), ledger.follower()];
    const outcomes: string[] = [];
    for (let pod = 1; pod <= 12; pod++) {
      await ledger.append(goodStart(pod, pod * 10, 5));
      const steps = await Promise.all(workers.map((worker) => worker.step()));
      outcomes.push(...steps.map(({ outcome }) => outcome));
    }
    await ledger.project();

    expect(await ledger.rows("SELECT sum(ended)::int AS ended FROM workload_stats WHERE container = ''")).toEqual([
      { ended: 12 },
    ]);
    expect(outcomes).toContain('stoodAside');
    expect(await ledger.rows('SELECT position FROM projection_bookmark')).toEqual([{ position: 35 }]);
  });

  it('parks the stream of an event whose rows are refused, and goes on with the others', async () => {
    const refused = eventSeen(uid(1), 11, { reason: 'Pulled', lastTimestamp: 'the day before yesterday' });
    await ledger.append([newPod(1, 10), refused, ...goodStart(2, 12, 3)]);
    const follower = ledger.follower();

    await expect(follower.step()).rejects.toThrow('invalid input syntax');
    while ((await follower.step().catch(() => ({ outcome: 'moved' }))).outcome === 'moved');

    expect(await ledger.rows('SELECT stream_id, position FROM quarantine')).toEqual([
      { stream_id: uid(1), position: 1 },
    ]);
    expect(await ledger.rows('SELECT name, state FROM pod_init WHERE valid_to IS NULL ORDER BY name')).toEqual([
      { name: 'api-1', state: 'initializing' },
      { name: 'api-2', state: 'initialized' },
    ]);
  });

  it('folds the next batch while one is written, and tells the same as one after another', async () => {
    const seen = [
      namespaceSeen(0),
      ...goodStart(1, 10, 7),
      gapSeen(20, 21),
      ...goodStart(2, 30, 5),
      ...goodStart(3, 40, 5),
    ];
    await ledger.append(seen);
    const folds = new EventEmitter();
    const projection = ledger.projection();
    const pairs: string[] = [];
    const order: string[] = [];
    const follower = ledger.follower({
      ...projection,
      open: async (place) => {
        const cell = await projection.open(place);
        return {
          isAlone: (event) => cell.isAlone(event),
          leaveOut: (event, error) => cell.leaveOut(event, error),
          fold: async (page) => {
            const [first, second] = page;
            folds.emit('fold', first?.position);
            order.push(`fold ${first?.position}`);
            const batch = await cell.fold(page.slice(0, 1));
            const waits = first && second && !cell.isAlone(first) && !cell.isAlone(second);
            const nextFold = waits ? once(folds, 'fold') : undefined;
            return {
              ...batch,
              write: async (db) => {
                const [next] = (await nextFold) ?? ['none'];
                pairs.push(`${first?.position} beside ${next}`);
                await batch.write(db);
                order.push(`written ${first?.position}`);
              },
            };
          },
        };
      },
    });
    await ledger.project(follower);
    const kept = await ledger.readModels();
    await ledger.takeOver({ rules: '99' });

    // A gap concerns pods that it does not name: it waits for what is written, and is waited for.
    expect(pairs).toEqual([
      '0 beside 1',
      '1 beside 2',
      '2 beside 3',
      '3 beside none',
      '4 beside none',
      ...[5, 6, 7, 8, 9].map((position) => `${position} beside ${position + 1}`),
      '10 beside none',
    ]);
    expect(order.filter((each) => /(fold|written) [345]/.test(each)).slice(1)).toEqual([
      'written 3',
      'fold 4',
      'written 4',
      'fold 5',
      'written 5',
    ]);
    expect(await ledger.readModels()).toEqual(kept);
  });

  it('folds all that comes while a batch is written into the next, and tells the same as one after another', async () => {
    const other = goodStart(2, 30, 5);
    await ledger.append([namespaceSeen(0), ...goodStart(1, 10, 7)]);
    const { projection, folds } = whileWritten(ledger, [[other.slice(0, 1), other.slice(1), goodStart(3, 40, 5)]]);
    const follower = ledger.follower(projection);

    const steps = [await follower.step(), await follower.step(), await follower.step()];
    const kept = await ledger.readModels();
    await ledger.takeOver({ rules: '99' });

    expect(folds).toEqual(['fold 0 to 3', 'fold 4 to 4', 'and 5 to 6', 'and 7 to 9', 'written', 'written']);
    expect(steps).toEqual([
      { outcome: 'moved', events: 4 },
      { outcome: 'moved', events: 6 },
      { outcome: 'idle', events: 0 },
    ]);
    expect(await ledger.readModels()).toEqual(kept);
  });

  it('writes what was folded although more of it fails, and then tells that once', async () => {
    await ledger.append(goodStart(1, 10, 7));
    const { projection } = whileWritten(ledger, [[[newPod(2, 20)]]]);
    let failures = 1;
    const follower = ledger.follower({
      ...projection,
      open: async (place) => {
        const cell = await projection.open(place);
        return {
          ...cell,
          fold: async (page) => {
            const batch = await cell.fold(page);
            const write: Batch['write'] = async (db) => {
              await batch.write(db);
              if (failures > 0) await ledger.append([initRuns(2, 22)]);
              await expect.poll(() => failures, { timeout: 10_000 }).toBe(0);
            };
            const more: Batch['more'] = async (next) => {
              const added = await batch.more(next);
              if (failures-- > 0) throw new Error('the connection was cut');
              return added;
            };
            return { ...batch, write, more };
          },
        };
      },
    });

    await ledger.project(follower);

    expect(failures).toBe(0);
    expect(await ledger.rows('SELECT name, valid_from, valid_to FROM pod_init ORDER BY valid_from')).toEqual([
      { name: 'api-1', valid_from: 0, valid_to: 1 },
      { name: 'api-1', valid_from: 1, valid_to: 2 },
      { name: 'api-1', valid_from: 2, valid_to: null },
      { name: 'api-2', valid_from: 3, valid_to: 4 },
      { name: 'api-2', valid_from: 4, valid_to: null },
    ]);
  });

  it('parks the stream alone whose rows are refused in a batch that grew', async () => {
    const refused = eventSeen(uid(1), 21, { reason: 'Pulled', lastTimestamp: 'the day before yesterday' });
    await ledger.append([newPod(1, 10)]);
    const { projection } = whileWritten(ledger, [[[newPod(2, 20)], [refused], [initRuns(2, 22)]]]);
    const follower = ledger.follower(projection);

    await follower.step();
    await expect(follower.step()).rejects.toThrow('invalid input syntax');
    while ((await follower.step().catch(() => ({ outcome: 'moved' }))).outcome === 'moved');

    expect(await ledger.rows('SELECT stream_id, position FROM quarantine')).toEqual([
      { stream_id: uid(1), position: 2 },
    ]);
    expect(await ledger.rows('SELECT position FROM projection_bookmark')).toEqual([{ position: 3 }]);
    expect(await ledger.rows("SELECT valid_from FROM pod_init WHERE name = 'api-2' ORDER BY valid_from")).toEqual([
      { valid_from: 1 },
      { valid_from: 3 },
    ]);
  });

  it('takes no more than some into a batch while it keeps up, and a page where it is behind', async () => {
    await ledger.append([newPod(1, 10)]);
    const many = (pods: number, from: number) => Array.from({ length: pods }, (_, nth) => newPod(from + nth, 20));
    const { projection, folds } = whileWritten(ledger, [[many(LIVE_BATCH / 2, 2), many(LIVE_BATCH, 500)]]);
    const follower = ledger.follower(projection);
    const steps = [await follower.step(), await follower.step(), await follower.step(), await follower.step()];
    await ledger.append(many(1_100, 1_000), 1_100);
    steps.push(await follower.step(), await follower.step());

    expect(steps.map(({ events }) => events)).toEqual([1, LIVE_BATCH, LIVE_BATCH / 2, 0, 1_000, 100]);
    expect(folds.slice(0, 3)).toEqual(['fold 0 to 0', 'fold 1 to 50', 'and 51 to 100']);
  });

  it('says idle at the end of the log', async () => {
    const follower = ledger.follower();

    expect(await follower.step()).toEqual({ outcome: 'idle', events: 0 });
  });
});
