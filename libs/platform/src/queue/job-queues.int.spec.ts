import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  freePort,
  freshDatabase,
  redisIsHere,
  startRedis,
  type FreshDatabase,
  type TestRedis,
} from '#testing/platform';

import { JobQueues } from './job-queues.js';

describe.each([
  { place: 'PostgreSQL', here: true },
  { place: 'Redis', here: redisIsHere },
])('JobQueues on $place', ({ place, here }) => {
  let database: FreshDatabase;
  let redis: TestRedis | undefined;
  let queues: JobQueues;

  beforeAll(async () => {
    database = await freshDatabase();
    if (here && place === 'Redis') redis = await startRedis();
    queues = new JobQueues({ databaseUrl: database.urls.projector, redisUrl: redis?.url });
  });
  afterAll(async () => {
    await queues.close();
    await database.close();
    await redis?.stop();
  });

  it.runIf(here)('does a job once, however often it is added under its id', async () => {
    const done: string[] = [];
    queues.work<{ to: string }>('once', {
      process: ({ data }) => Promise.resolve(void done.push(data.to)),
      onError: failOn,
    });

    for (const jobId of ['alert-1', 'alert-1', 'alert-2']) {
      await queues.queue<{ to: string }>('once').add('deliver', { to: jobId }, { jobId });
    }

    await expect.poll(() => done.toSorted(), { timeout: 10_000 }).toEqual(['alert-1', 'alert-2']);
  });

  it.runIf(here)('tries a job again that failed', async () => {
    const attempts: number[] = [];
    queues.work('again', {
      process: ({ attemptsMade }) => {
        attempts.push(attemptsMade);
        return attempts.length < 3 ? Promise.reject(new Error('not yet')) : Promise.resolve();
      },
      onError: failOn,
    });

    await queues.queue('again').add('deliver', {}, { attempts: 5, backoff: { type: 'fixed', delay: 20 } });

    await expect.poll(() => attempts, { timeout: 10_000 }).toEqual([0, 1, 2]);
  });
});

describe('JobQueues without their database', () => {
  it('ask for it at their leisure, leave the process its time, and can be closed', async () => {
    const queues = new JobQueues({ databaseUrl: `postgres://nobody@127.0.0.1:${await freePort()}/nowhere` });
    const errors: unknown[] = [];
    queues.work('away', { process: () => Promise.resolve(), onError: (error) => errors.push(error) });

    await expect(queues.queue('away').add('deliver', {})).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await sleep(1_500);
    await queues.close();

    expect(errors.length).toBeGreaterThan(0);
    expect(errors.length).toBeLessThan(8);
  });

  it('do the jobs when it is back', async () => {
    const database = await freshDatabase();
    const away = new URL(database.urls.projector);
    const { hostname, port } = away;
    away.port = String(await freePort());
    const queues = new JobQueues({ databaseUrl: away.href });
    const done: string[] = [];
    queues.work<{ to: string }>('back', {
      process: ({ data }) => Promise.resolve(void done.push(data.to)),
      onError: () => undefined,
    });
    await expect(queues.queue('back').add('deliver', { to: 'a' })).rejects.toThrow(/ECONNREFUSED/u);

    const way = createServer((socket) => {
      const server = connect(Number(port), hostname);
      for (const side of [socket, server]) side.on('error', () => undefined);
      socket.pipe(server).pipe(socket);
    }).listen(Number(away.port), '127.0.0.1');
    await queues.queue('back').add('deliver', { to: 'b' });

    await expect.poll(() => done, { timeout: 10_000 }).toEqual(['b']);
    await queues.close();
    way.close();
    await database.close();
  });
});

function failOn(error: unknown): never {
  throw error;
}
