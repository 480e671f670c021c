import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createPool, type Pool } from '#libs/platform';
import { goodStart } from '#testing/projections';
import { apiOn, Scene } from '../testing/index.js';

const nowhere = 'postgresql://nobody@127.0.0.1:1/none';
const starts = 'podinit_starts_total{namespace="shop",outcome="completed"}';
const stuck = 'podinit_stuck_pods{namespace="shop",reason="CRASH"}';
const gaps = 'podinit_watch_gap_seconds_total{resource="pods"}';
const position = 'podinit_eventstore_position{shard="1"}';
const failures = (metric: string): string => `initledger_metrics_failures_total{metric="${metric}"}`;

const openPool = (url: string): Pool => createPool(url, { name: 'test', max: 8, statementTimeoutMs: 1_000 });

async function scraped(api: NestFastifyApplication): Promise<Record<string, number>> {
  const { text } = await request(api.getHttpServer()).get('/metrics').expect(200);
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

describe('/metrics while the database does not answer', () => {
  let scene: Scene;
  let pool: Pool;
  let api: NestFastifyApplication;
  beforeAll(async () => {
    scene = await Scene.set();
    pool = openPool(scene.ledger.urls.api);
    api = await apiOn(pool);
  });
  afterAll(async () => {
    await api.close();
    await pool.end();
    await scene.end();
  });

  it('tells what the process knows of itself, from the first scrape on', async () => {
    const lost = openPool(nowhere);
    const begun = await apiOn(lost);

    const told = await scraped(begun);

    expect(told[failures('podinit_starts')]).toBe(1);
    expect(told[failures('podinit_stuck_pods')]).toBe(1);
    expect(Object.keys(told).filter((name) => name.startsWith('podinit_stuck'))).toEqual([]);
    await begun.close();
    await lost.end();
  });

  it('leaves counters as they were counted last, and nothing that was so a moment ago; then it goes on', async () => {
    expect(await scraped(api)).toMatchObject({ [starts]: 2, [stuck]: 1, [gaps]: 10 });
    const away = vi
      .spyOn(pool, 'connect')
      .mockRejectedValue(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));

    const told = await scraped(api);

    expect(told).toMatchObject({ [starts]: 2, [failures('podinit_starts')]: 1, [failures('podinit_stuck_pods')]: 1 });
    expect([told[stuck], told[gaps], told[position]]).toEqual([undefined, undefined, undefined]);
    away.mockRestore();
    await scene.see(goodStart(60, 800, 3));
    expect(await scraped(api)).toMatchObject({ [starts]: 3, [stuck]: 1, [failures('podinit_starts')]: 1 });
  });

  it('tells all the rest where one thing alone cannot be told', async () => {
    const before = (await scraped(api))[failures('podinit_watch_gap_seconds')] ?? 0;
    const holder = await scene.ledger.pool.connect();
    await holder.query('BEGIN; LOCK TABLE gap IN ACCESS EXCLUSIVE MODE');
    const told = await scraped(api);
    await holder.query('ROLLBACK');
    holder.release();

    expect(told).toMatchObject({ [starts]: 3, [stuck]: 1, [failures('podinit_watch_gap_seconds')]: before + 1 });
    expect(told[position]).toBeGreaterThan(0);
    expect(told[gaps]).toBeUndefined();
    expect((await scraped(api))[gaps]).toBe(10);
  });
});
