import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RULES } from '#libs/init-history';
import { sql } from '../asking/sql.js';
import type { Meta } from '../shapes/common.js';
import { Scene } from '../testing/index.js';
import { ReportsDatabase } from './reports-database.js';

type Answer = Readonly<{ meta: Meta }>;

let scene: Scene;
let first: string;
let place: string;
beforeAll(async () => {
  scene = await Scene.set();
  ({ rules: first, position: place } = (await scene.body<Answer>('/api/v1/pods')).meta);
});
afterAll(() => scene.end());

describe('answers while other rules take over', () => {
  it('are each of one set of read models: a look that has begun is let end', async () => {
    const database = scene.app.get(ReportsDatabase, { strict: false });
    const [taken, pods] = await database.snapshot(async ({ rows }) => {
      await rows(sql`SELECT FROM shard`);
      const taking = scene.ledger.takeOver({ rules: '99' });
      await sleep(1_500);
      return [
        taking,
        await rows<{ rules: string }>(
          sql`SELECT DISTINCT rules FROM pod_init JOIN projection_bookmark USING (shard_id)`,
        ),
      ] as const;
    });
    await taken;

    expect(pods).toEqual([{ rules: RULES }]);
  });

  it('name the rules that read them, also as of a place that was told by others', async () => {
    const now = await scene.body<Answer>('/api/v1/pods');
    const earlier = await scene.body<Answer>(`/api/v1/pods?asOf=${place}`);

    expect([first, now.meta.rules, earlier.meta.rules]).toEqual([RULES, '99', '99']);
    expect(earlier.meta.position).toBe(place);
  });
});
