import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Queryable } from '../queryable.js';
import { Ledger } from '../testing/index.js';
import { Leases } from './leases.js';

/** Renewed at every question, so that each one shows what the table says. */
const atOnce = { renewMs: 0 };

/** Refuses to ask for a shard while another is being asked for. */
function oneByOne(db: Queryable): Queryable {
  let asking = 0;
  const query = async (text: string, values?: unknown[]) => {
    const asks = text.includes('SET wanted_by = $3');
    if (asks && asking > 0) throw new Error('two shards are asked for at once');
    asking += asks ? 1 : 0;
    try {
      return await db.query(text, values);
    } finally {
      asking -= asks ? 1 : 0;
    }
  };
  return { query } as Queryable;
}

describe('Leases', () => {
  let ledger: Ledger;

  const leases = (leaseMs = 60_000, projection = 'p') => new Leases(ledger.pool, projection, { ...atOnce, leaseMs });
  /** One round of questions, as the loops of a projector ask them. */
  const askedBy = async (one: Leases, shards: readonly number[]): Promise<readonly number[]> => {
    const held = await Promise.all(shards.map((shard) => one.hold(shard)));
    return shards.filter((_, nth) => held[nth]);
  };

  beforeAll(async () => {
    ledger = await Ledger.open();
  });
  afterEach(() => ledger.rows('DELETE FROM projection_lease'));
  afterAll(() => ledger.close());

  it('leave a shard to one worker, and to the next at once where the first lets go', async () => {
    const [one, other] = [leases(), leases()];

    expect([await one.hold(1), await other.hold(1), await one.hold(1)]).toEqual([true, false, true]);
    await one.release();
    expect([await other.hold(1), await one.hold(1)]).toEqual([true, false]);
  });

  it('of another projection are another’s', async () => {
    expect([await leases().hold(1), await leases(60_000, 'q').hold(1)]).toEqual([true, true]);
  });

  it('end when the worker says nothing more; when it wakes up it finds that another has the shard', async () => {
    const [killed, next] = [leases(100), leases()];
    await killed.hold(1);
    await sleep(150);

    expect([await next.hold(1), await killed.hold(1), await next.hold(1)]).toEqual([true, false, true]);
    expect(killed.held).toEqual([]);
  });

  it('are shared evenly with a worker that comes later, one shard after another, and then stay where they are', async () => {
    const shards = [1, 2, 3, 4, 5];
    const [one, other] = [leases(), leases()];
    expect(await askedBy(one, shards)).toEqual(shards);

    for (let round = 0; round < 4; round += 1) {
      await askedBy(other, shards);
      await askedBy(one, shards);
    }
    const [ofOther, ofOne] = [await askedBy(other, shards), await askedBy(one, shards)];
    const before = [ofOne, ofOther];
    for (let round = 0; round < 3; round += 1) await askedBy(other, shards);

    expect(Math.abs(ofOne.length - ofOther.length)).toBe(1);
    expect([...ofOne, ...ofOther].toSorted((a, b) => a - b)).toEqual(shards);
    expect([await askedBy(one, shards), await askedBy(other, shards)]).toEqual(before);
  });

  it('are not taken from a worker that has one shard: two would only pass it to and fro', async () => {
    const [one, other] = [leases(), leases()];
    await one.hold(1);
    for (let round = 0; round < 3; round += 1) expect([await other.hold(1), await one.hold(1)]).toEqual([false, true]);
  });

  it('are asked for one at a time, also by loops that ask at once: each question knows of the ones before', async () => {
    const shards = [1, 2, 3, 4, 5, 6, 7, 8];
    const [one, other] = [leases(), new Leases(oneByOne(ledger.pool), 'p', { ...atOnce, leaseMs: 60_000 })];
    await askedBy(one, shards);
    await askedBy(other, shards);

    expect((await askedBy(one, shards)).length).toBe(4);
    expect((await askedBy(other, shards)).length).toBe(4);
  });

  it('go to who asked first', async () => {
    const [one, first, second] = [leases(), leases(), leases()];
    await askedBy(one, [1, 2, 3]);
    await first.hold(1);
    await second.hold(1);
    await one.hold(1);

    expect([await first.hold(1), await second.hold(1)]).toEqual([true, false]);
  });

  it('that were asked for by somebody who died stay with their holder', async () => {
    const [one, died] = [leases(), leases(50)];
    await askedBy(one, [1, 2]);
    await died.hold(1);
    await sleep(80);

    expect(await askedBy(one, [1, 2])).toEqual([1, 2]);
  });

  it('are not asked of the database again before it is time', async () => {
    const calm = new Leases(ledger.pool, 'p', { renewMs: 60_000 });
    await calm.hold(1);
    await ledger.rows('DELETE FROM projection_lease');

    expect(await calm.hold(1)).toBe(true);
    expect(await ledger.rows('SELECT shard_id FROM projection_lease')).toEqual([]);
  });
});
