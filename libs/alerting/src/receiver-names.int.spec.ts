import { expect, it } from 'vitest';
import { earlierDatabase } from '#testing/platform';
import { toldUnder } from './outbox.js';
import { webhook } from './receivers.js';

const alertId = '00000000-0000-4000-8000-000000000001';

it('what was put out under the paths of webhooks goes on under the names that they have now', async () => {
  const earlier = await earlierDatabase('0019_at_scale');
  try {
    const urls = ['http://a.example/', 'http://a.example:80/hook', 'https://b.example:444/services/T0/s3cret'];
    const former = urls.map((url) => {
      const { host, pathname } = new URL(url);
      return `webhook:${host}${pathname}`;
    });
    const rows = (table: string) =>
      earlier.pool.query<{ dedupe_key: string; receiver: string }>(
        `SELECT dedupe_key, receiver FROM ${table} ORDER BY dedupe_key`,
      );
    for (const receiver of [...former, 'alertmanager:c.example:9093']) {
      const key = `${alertId}:1:resolved:${receiver}`;
      await earlier.pool.query(
        `INSERT INTO outbox (shard_id, dedupe_key, alert_id, episode, receiver, transition, created_at, due_at)
         VALUES (1, $1, $2, 1, $3, 'resolved', now(), now())`,
        [key, alertId, receiver],
      );
      await earlier.pool.query(
        `INSERT INTO delivery (shard_id, delivery_id, dedupe_key, receiver, attempted_at, outcome)
         VALUES (1, gen_random_uuid(), $1, $2, now(), 'delivered')`,
        [key, receiver],
      );
    }

    await earlier.upgrade();

    const names = ['alertmanager:c.example:9093', ...urls.map((url) => webhook(url).name)];
    const expected = names
      .map((receiver) => ({ dedupe_key: `${alertId}:1:resolved:${receiver}`, receiver }))
      .toSorted((one, other) => (one.dedupe_key < other.dedupe_key ? -1 : 1));
    expect((await rows('outbox')).rows).toEqual(expected);
    expect((await rows('delivery')).rows).toEqual(expected);
    expect(expected.map(({ dedupe_key }) => toldUnder(dedupe_key))).toEqual(expected.map(() => 'resolved'));
  } finally {
    await earlier.close();
  }
});
