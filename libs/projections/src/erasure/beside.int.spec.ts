import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ActWriters, eraseBodies, positionsHolding } from '#libs/event-store';
import { placesHolding } from '#testing/platform';
import { inTransaction } from '../following/transaction.js';
import { Ledger, eventSeen, goodStart, initBacksOff, initRuns, namespaceSeen, newPod, uid } from '../testing/index.js';
import { rowsTelling } from './erase-text.js';

const secret = 'hunter2-of-the-shop';
const patience = { timeout: 30_000 };

let ledger: Ledger;
beforeEach(async () => {
  ledger = await Ledger.open();
  await ledger.append([
    namespaceSeen(0),
    ...goodStart(1, 10, 7),
    newPod(2, 20),
    initRuns(2, 21),
    ...initBacksOff(2, 42, secret),
    eventSeen(uid(2), 43, { message: `failed with ${secret}` }),
  ]);
  await ledger.project();
});
afterEach(() => ledger.close());

describe('an erasure whose process was killed, while other rules build and others were put aside', () => {
  it('ends in no read models that tell what went, and the takeover goes on', { timeout: 120_000 }, async () => {
    await ledger.takeOver({ rules: '98' });
    // What is built does not agree with that, and is kept from taking over.
    await ledger.rows("UPDATE context SET doc = '{}'");
    const keeper = ledger.keeper({ rules: '99' });
    keeper.start();
    try {
      await expect.poll(() => keeper.check().catch(String), patience).toContain('does not say what it said');
      expect((await placesHolding(ledger.adminUrl, secret)).join()).toMatch(/public_former.*public_next/u);

      const acts = new ActWriters({ pool: ledger.pool });
      const positions = await positionsHolding(ledger.pool, { shardId: ledger.shardId, log: 'event' }, secret);
      const body = { shardId: ledger.shardId, log: 'event', positions, reason: 'a password', author: 'a' } as const;
      await eraseBodies({ pool: ledger.pool, acts }, body);
      await acts.close();

      await expect.poll(() => placesHolding(ledger.adminUrl, secret), patience).toEqual([]);
    } finally {
      await keeper.stop();
    }
    await ledger.takeOver({ rules: '99' }, { takeOver: 'always' });
    expect(await placesHolding(ledger.adminUrl, secret)).toEqual([]);
  });
});

describe('an erasure of what is frozen, while other rules build and others were put aside', () => {
  it(
    'ends in no read models that tell what went, and the takeover goes on with what is left',
    { timeout: 120_000 },
    async () => {
      const sums = () =>
        ledger.rows('SELECT container, ended, succeeded, failed, duration_ms FROM workload_stats ORDER BY 1, 2');
      const [head] = await ledger.rows<{ size: number }>('SELECT size FROM shard_head');
      await ledger.freeze(head?.size ?? 0);
      await ledger.drop(head?.size ?? 0);
      await ledger.takeOver({ rules: '98' });
      const before = await sums();
      // What is built does not agree with that, and is kept from taking over.
      await ledger.append([initRuns(2, 60), namespaceSeen(61, 'other', 801)]);
      await ledger.project(ledger.follower(ledger.projection({ rules: '98' })));
      await ledger.rows("UPDATE context SET doc = '{}' WHERE uid = $1", [uid(801)]);
      const keeper = ledger.keeper({ rules: '99' });
      const acts = new ActWriters({ pool: ledger.pool });
      keeper.start();
      try {
        await expect.poll(() => keeper.check().catch(String), patience).toContain('does not say what it said');
        await expect
          .poll(async () => (await placesHolding(ledger.adminUrl, secret)).join(), patience)
          .toMatch(/public_former.*public_next/u);
        const rows = await inTransaction(ledger.pool, (db) => rowsTelling(db, ledger.shardId, secret));
        const act = { shardId: ledger.shardId, log: 'event', positions: [], told: { text: secret, rows } } as const;
        await eraseBodies({ pool: ledger.pool, acts }, { ...act, reason: 'a password', author: 'a' });
        const places = async () =>
          (await placesHolding(ledger.adminUrl, secret)).filter((name) => name !== 'erasure_text');
        await expect.poll(places, patience).toEqual([]);
      } finally {
        await keeper.stop();
        await acts.close();
      }
      await ledger.rows('DELETE FROM erasure_text');
      await ledger.takeOver({ rules: '99' }, { takeOver: 'always' });
      expect(await placesHolding(ledger.adminUrl, secret)).toEqual([]);
      expect(await sums()).toEqual(before);
    },
  );
});
