import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freshDatabase, type FreshDatabase } from '#testing/platform';
import type { AlertAct } from './acts.js';
import { alertId } from './identity.js';
import { putTransition, takeDue } from './outbox.js';
import { webhook } from './receivers.js';
import { seenShard, someIdentity } from './testing/index.js';

let fresh: FreshDatabase;

beforeEach(async () => {
  fresh = await freshDatabase();
});
afterEach(() => fresh.close());

const secondsFromNow = (seconds: number): Date => new Date(Date.now() + seconds * 1000);

/** A firing that is to be told to one receiver, now. */
async function anAlertFires(): Promise<void> {
  const identity = someIdentity();
  const act: AlertAct = {
    type: 'AlertFired',
    alertId: alertId(identity),
    episode: 1,
    at: new Date().toISOString(),
    name: 'InitStuck',
    identity,
    namespaceUid: null,
    pods: [],
    threshold: { seconds: 300, basis: 'default 300 s' },
    evidence: [],
  };
  const receiver = webhook('http://127.0.0.1:9/hook');
  await putTransition(fresh.database.projection, await seenShard(fresh.pool), act, [receiver]);
}

describe('takeDue', () => {
  it.each([
    { taker: 'right', seconds: 0, other: 'an hour ahead', otherSeconds: 3_600 },
    { taker: 'right', seconds: 0, other: 'an hour behind', otherSeconds: -3_600 },
    { taker: 'an hour ahead', seconds: 3_600, other: 'right', otherSeconds: 0 },
  ])('leaves what is on its way: taken by a clock that is $taker, asked by one that is $other', async (clocks) => {
    await anAlertFires();

    const pool = fresh.database.projection;
    const taken = await takeDue(pool, secondsFromNow(clocks.seconds));
    const again = await takeDue(pool, secondsFromNow(clocks.otherSeconds));

    expect([taken.length, again.length]).toEqual([1, 0]);
  });

  it('takes again what has been on its way for longer than a minute', async () => {
    await anAlertFires();
    const pool = fresh.database.projection;
    await takeDue(pool, new Date());
    await fresh.pool.query(`UPDATE outbox SET queued_at = queued_at - interval '61 seconds'`);

    expect(await takeDue(pool, new Date())).toHaveLength(1);
  });
});
