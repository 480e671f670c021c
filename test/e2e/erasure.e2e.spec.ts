/** One word, from the API server to every place that it comes to, and out of all of them again. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSimulator, type Simulator } from '#libs/cluster-simulator';
import { freshDatabase, placesHolding, type FreshDatabase } from '#testing/platform';
import { start, until, type Json, type Service } from './service.js';

const word = 'carol-of-accounts';

let database: FreshDatabase;
let folder: string;
let simulator: Simulator;
let receiver: Server;
let heard: string[];
let processes: Readonly<Record<'recorder' | 'projector' | 'api', Service>>;
let pod: string;
let written: string;

const outputs = (): string =>
  Object.values(processes)
    .map((one) => one.output())
    .join('\n');

beforeAll(async () => {
  database = await freshDatabase();
  folder = await mkdtemp(join(tmpdir(), 'initledger-erasure-'));
  simulator = await startSimulator({ seed: 12 });
  heard = [];
  // It refuses what it is told, in its own words.
  receiver = createServer((request, response) => {
    let body = '';
    request
      .on('data', (chunk: Buffer) => (body += chunk.toString()))
      .on('end', () => {
        heard.push(body);
        response.writeHead(400).end(`what of ${word}?`);
      });
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  const keys = ['--data', join(folder, 'data'), '--log-level', 'debug'];
  processes = {
    recorder: await start({
      app: 'recorder',
      args: ['--kubeconfig', simulator.kubeconfigPath, '--log-tails', ...keys],
      env: { DATABASE_URL: database.urls.recorder },
    }),
    projector: await start({
      app: 'projector',
      args: ['--webhook-url', hook, '--stuck-after-seconds', '2', '--stuck-floor-seconds', '1', ...keys],
      env: { DATABASE_URL: database.urls.projector },
    }),
    api: await start({ app: 'api', args: ['--log-level', 'debug'], env: { DATABASE_URL: database.urls.api } }),
  };
  simulator.kubelets.play(
    {
      name: 'shop',
      about: 'An init container says the word, and fails.',
      lasts: 60,
      begin: [
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: `api-${word}` },
          spec: {
            replicas: 1,
            selector: { matchLabels: { app: word } },
            template: {
              metadata: { labels: { app: word } },
              spec: {
                terminationGracePeriodSeconds: 1,
                initContainers: [
                  {
                    name: 'migrate',
                    image: '127.0.0.1:5000/busybox:1.28',
                    command: ['sh', '-c', `echo "no answer from ${word}"; exit 3`],
                    terminationMessagePolicy: 'FallbackToLogsOnError',
                  },
                ],
                containers: [{ name: 'app', image: '127.0.0.1:5000/busybox:1.28', command: ['sleep', '3600'] }],
              },
            },
          },
        },
      ],
    },
    { namespace: 'shop' },
  );
  const pods = async (): Promise<Json[]> =>
    (await processes.api.get('/api/v1/pods')).items.filter(({ name }: Json) => name.includes(word));
  await until(async () => (await pods()).some(({ category }) => category === 'CRASH'), { seconds: 60, what: outputs });
  pod = (await pods())[0].uid;
  await until(() => heard.length > 0, { seconds: 60, what: outputs });
  const answer = await fetch(`${processes.api.url}/api/v1/postmortems`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ pod }),
  });
  written = ((await answer.json()) as Json).data.id;
});
afterAll(async () => {
  for (const service of Object.values(processes ?? {})) await service.stop();
  receiver?.close();
  await simulator?.close();
  await database?.close();
  await rm(folder, { recursive: true, force: true });
});

/** All that the stream says after an event, from the beginning unless told. */
async function stream(lastEventId = '0'): Promise<string> {
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(), 3_000);
  let text = '';
  try {
    const answer = await fetch(`${processes.api.url}/api/v1/stream`, {
      headers: { 'last-event-id': lastEventId },
      signal: ending.signal,
    });
    for await (const part of answer.body ?? []) text += Buffer.from(part as Uint8Array).toString();
  } catch (error) {
    if (!ending.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
  }
  return text;
}

const asked = (): Readonly<Record<string, () => Promise<string>>> => {
  const get =
    (path: string, headers: Record<string, string> = {}) =>
    async () =>
      (await fetch(`${processes.api.url}${path}`, { headers })).text();
  const post = (path: string, body: object) => async () =>
    (
      await fetch(`${processes.api.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    ).text();
  const from = `from=${new Date(Date.now() - 3_600_000).toISOString()}`;
  return {
    'a list': get('/api/v1/pods'),
    'a pod': get(`/api/v1/pods/${pod}`),
    'its timeline': get(`/api/v1/pods/${pod}/timeline`),
    'its events': get(`/api/v1/pods/${pod}/events`),
    'its logs': get(`/api/v1/pods/${pod}/logs`),
    'what is stuck': get('/api/v1/stuck'),
    alerts: get('/api/v1/alerts'),
    'a postmortem that is written': post('/api/v1/postmortems', { pod }),
    'a postmortem that was written': get(`/api/v1/postmortems/${written}`),
    'that as Markdown': get(`/api/v1/postmortems/${written}?format=markdown`),
    'a report as CSV': get(`/api/v1/reports/failures?groupBy=workload&of=attempt&${from}`, { accept: 'text/csv' }),
    'the stream, from the beginning': stream,
    graphql: post('/graphql', { query: '{ pods(first: 9) { edges { node { name workload { name } } } } }' }),
  };
};

/** The answers that hold the word. */
async function telling(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [name, ask] of Object.entries(asked())) if ((await ask()).includes(word)) found.push(name);
  return found;
}

/** `ledger erase`, in a process of its own. */
async function erase(): Promise<Readonly<{ code: number | null; told: string }>> {
  const args = [
    'erase',
    '--shard',
    '1',
    '--containing',
    word,
    '--stay-away',
    '--reason',
    'asked for',
    '--author',
    'me',
  ];
  const child = spawn(
    process.execPath,
    ['dist/apps/ledger/src/main.js', ...args, '--database-url', database.adminUrl],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let told = '';
  for (const part of [child.stdout, child.stderr]) part.on('data', (chunk: Buffer) => (told += chunk.toString()));
  const [code] = (await once(child, 'exit')) as [number | null];
  return { code, told };
}

describe('a word that is erased', () => {
  it('is in every answer before, and in none after; in no table of any schema, and in the log of no process', async () => {
    // Logs are captured a while after the failure, and reports count what has ended.
    let silent: readonly string[] = [];
    const areAllTelling = async (): Promise<boolean> => {
      const some = await telling();
      silent = Object.keys(asked()).filter((name) => !some.includes(name));
      return silent.length === 0;
    };
    await until(areAllTelling, { seconds: 60, what: () => `${silent.join()} do not say it yet\n${outputs()}` });
    expect(heard.join()).toContain(word);
    const cursor = /id: (\S+)/u.exec(await stream())?.[1];
    expect(cursor).toBeDefined();
    // What lives would be told again, and says it still.
    simulator.kubelets.clear('shop');
    await until(async () => (await processes.api.get(`/api/v1/pods/${pod}`)).data.deletedAt !== null, {
      seconds: 60,
      what: outputs,
    });
    const places = (await placesHolding(database.adminUrl, word)).join();
    expect(places).toMatch(/alert.*context.*delivery.*event_.*init_attempt.*kube_event.*pod_init.*workload_stats/u);

    const { code, told } = await erase();
    expect(told).toMatch(/^Erased \d+ bodies: /u);
    expect([code, told.includes(word)]).toEqual([0, false]);

    await until(async () => (await placesHolding(database.adminUrl, word)).length === 0, {
      seconds: 30,
      what: () => told,
    });
    expect(await telling()).toEqual([]);
    expect(await stream(cursor)).not.toContain(word);
    expect(outputs()).not.toContain(word);
    // Jobs are done, or gone: their tables are among those that were looked through.
    const jobs = await database.pool.query(`SELECT count(*)::int AS tables FROM pg_tables WHERE schemaname = 'bullmq'`);
    expect((jobs.rows[0] as { tables: number }).tables).toBeGreaterThan(0);
    expect(await (await fetch(`${processes.projector.url}/readyz`)).json()).toMatchObject({ ok: true });
  });
});
