import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import type { DatabaseUrls } from '#libs/platform';

import type { Sent, Served } from './kubernetes-api.js';

/** An API server in a process of its own, ready to answer. */
export type ServedApi = Readonly<{
  url: string;
  frames: number;
  bytes: number;
  /** The resourceVersion of the last frame. */
  last: string;
  /** When each frame was sent, where they are sent in time: resolves once all were. */
  sent: Promise<Sent>;
  pid: number;
  stop(): Promise<void>;
}>;

/** Starts the API server that serves `what`. */
export async function startApi(what: Served): Promise<ServedApi> {
  const child = start('kubernetes-api.ts', what);
  const said = (await answer(child)) as Omit<ServedApi, 'sent' | 'pid' | 'stop'>;
  const sent = new Promise<Sent>((resolve) => child.once('message', (message) => resolve(message as Sent)));
  return { ...said, sent, pid: child.pid ?? 0, stop: () => end(child) };
}

/** One of our processes as it runs in production. */
export type App = Readonly<{ url: string; pid: number; stop(): Promise<void> }>;

/** Starts an app with these settings, with its keys and checkpoints below `folder`, and waits until it is ready. */
export async function startApp(
  name: 'recorder' | 'projector' | 'api',
  { databaseUrl, folder, args = [] }: Readonly<{ databaseUrl: string; folder: string; args?: readonly string[] }>,
): Promise<App> {
  const port = await freePort();
  const module = fileURLToPath(new URL(`../../apps/${name}/src/main.ts`, import.meta.url));
  const data = path.join(folder, name);
  const child = fork(module, ['--port', String(port), '--data', data, '--log-level', 'error', ...args], {
    execArgv: [...process.execArgv, ...flagsOf(`start:${name}`)],
    env: { ...process.env, DATABASE_URL: databaseUrl },
  });
  const ended = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  while (!(await fetch(`${url}/readyz`).catch(() => undefined))?.ok) {
    if (child.exitCode !== null) throw new Error(`The ${name} ended with ${child.exitCode}`);
    await sleep(100);
  }
  const stop = async (): Promise<void> => {
    child.kill('SIGINT');
    await ended;
  };
  return { url, pid: child.pid ?? 0, stop };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts the service that answers from this database. */
export async function serveApi(urls: DatabaseUrls): Promise<Readonly<{ url: string; stop(): Promise<void> }>> {
  const child = start('api-process.ts', { urls });
  const { url } = (await answer(child)) as { url: string };
  return { url, stop: () => end(child) };
}

/** Runs a measurement in a fresh process, so that no other one's garbage counts, and gives what it found. */
export async function inProcess<Found>(file: string, given: unknown): Promise<Found> {
  const child = start(file, given);
  const found = (await answer(child)) as Found;
  await end(child);
  return found;
}

function start(file: string, given: unknown): ChildProcess {
  const module = fileURLToPath(new URL(file, import.meta.url));
  const flags = file === 'recorder-process.ts' ? flagsOf('start:recorder') : [];
  return fork(module, [JSON.stringify(given)], { execArgv: [...process.execArgv, ...flags, '--expose-gc'] });
}

/** What a script of package.json tells Node of memory: a process is measured as it is started there. */
function flagsOf(script: string): readonly string[] {
  const { scripts } = createRequire(import.meta.url)('../../package.json') as { scripts: Record<string, string> };
  return (scripts[script] ?? '').split(' ').filter((word) => word.startsWith('--'));
}

async function answer(child: ChildProcess): Promise<unknown> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`A process of the bench ended with ${String(code)}`);
  });
  const [said] = (await Promise.race([once(child, 'message'), ended])) as [unknown];
  ended.catch(() => undefined);
  return said;
}

async function end(child: ChildProcess): Promise<void> {
  const ended = child.exitCode === null ? once(child, 'exit') : Promise.resolve();
  child.disconnect();
  await ended;
}
