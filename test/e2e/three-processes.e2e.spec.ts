import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDemo, startSimulator, type Simulator } from '#libs/cluster-simulator';
import { freshDatabase, type FreshDatabase } from '#testing/platform';
import { start, until, type Json, type Service } from './service.js';

let database: FreshDatabase;
let folder: string;
let keys: string[];
let simulator: Simulator;
let receiver: Server;
let heard: Json[];
let processes: Readonly<Record<'recorder' | 'projector' | 'api', Service>>;

/** Three processes on one PostgreSQL, each as a user who is in its own role and in no other. */
beforeAll(async () => {
  database = await freshDatabase();
  folder = await mkdtemp(join(tmpdir(), 'initledger-three-'));
  keys = ['--data', join(folder, 'data')];
  simulator = await startSimulator({ seed: 11 });
  startDemo(simulator, { seed: 11 });
  heard = [];
  receiver = createServer((request, response) => {
    let body = '';
    request
      .on('data', (chunk: Buffer) => (body += chunk.toString()))
      .on('end', () => {
        heard.push(JSON.parse(body));
        response.end();
      });
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  processes = {
    recorder: await start({
      app: 'recorder',
      args: ['--kubeconfig', simulator.kubeconfigPath, ...keys],
      env: { DATABASE_URL: database.urls.recorder },
    }),
    projector: await start({
      app: 'projector',
      args: ['--webhook-url', hook, '--stuck-after-seconds', '3', '--stuck-floor-seconds', '1', ...keys],
      env: { DATABASE_URL: database.urls.projector },
    }),
    api: await start({ app: 'api', env: { DATABASE_URL: database.urls.api } }),
  };
});
afterAll(async () => {
  for (const service of Object.values(processes ?? {})) await service.stop();
  receiver?.close();
  await simulator?.close();
  await database?.close();
  await rm(folder, { recursive: true, force: true });
});

describe('recorder, projector and api as three processes', () => {
  it('answer about a pod that the first has seen and the second has read', async () => {
    const states = async (): Promise<Set<string>> => {
      const { items } = await processes.api.get('/api/v1/pods?limit=100');
      return new Set(items.map(({ state }: Json) => state));
    };
    const areBothTold = async (): Promise<boolean> => {
      const seen = await states();
      return seen.has('initialized') && seen.has('failed');
    };
    await until(areBothTold, {
      seconds: 60,
      what: () =>
        Object.values(processes)
          .map((one) => one.output())
          .join('\n'),
    });

    const { items } = await processes.api.get('/api/v1/pods?limit=100');
    expect(items.every(({ node, workload }: Json) => node === null || workload.resolved)).toBe(true);
  });

  it('tell a receiver of what is stuck', async () => {
    await until(() => heard.length > 0, { seconds: 60, what: () => processes.projector.output() });

    expect(heard[0]).toMatchObject({
      version: '4',
      status: 'firing',
      alerts: [{ labels: { alertname: expect.any(String) } }],
    });
    const delivered = async (): Promise<Json[]> => {
      const { items } = await processes.api.get('/api/v1/alerts');
      return items.flatMap(({ deliveries }: Json) => deliveries);
    };
    await until(async () => (await delivered()).length > 0, { seconds: 30, what: () => processes.projector.output() });
    const { port } = receiver.address() as AddressInfo;
    expect((await delivered()).at(-1)).toMatchObject({
      // not where to post: whoever may read alerts may not post for us
      receiver: expect.stringMatching(new RegExp(`^webhook:127\\.0\\.0\\.1:${port}#[0-9a-f]{8}$`)),
      told: 'firing',
      outcome: 'delivered',
      status: 200,
    });
  });

  it('say how each of them is', async () => {
    for (const service of Object.values(processes)) {
      const answer = await fetch(`${service.url}/readyz`);
      expect(await answer.json()).toMatchObject({ ok: true });
    }
  });

  it('go on answering while the recorder is away, and record on when it is back', async () => {
    const before = (await processes.api.get('/api/v1/pods?limit=1')).meta;
    await processes.recorder.kill();
    expect((await processes.api.get('/api/v1/pods?limit=1')).items).toHaveLength(1);

    const recorder = await start({
      app: 'recorder',
      args: ['--kubeconfig', simulator.kubeconfigPath, ...keys],
      env: { DATABASE_URL: database.urls.recorder },
    });
    processes = { ...processes, recorder };
    await until(async () => (await processes.api.get('/api/v1/pods?limit=1')).meta.position !== before.position, {
      seconds: 30,
      what: () => recorder.output(),
    });
    const gaps = await processes.api.get('/api/v1/gaps');
    expect(gaps.items.filter(({ resource }: Json) => resource === 'pods')).toEqual([]);
  });
});
