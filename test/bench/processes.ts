import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import type { DatabaseUrls } from '#libs/platform';

import type { Served } from './kubernetes-api.js';

/** An API server in a process of its own, ready to answer. */
export type ServedApi = Readonly<{
  url: string;
  frames: number;
  bytes: number;
  /** The resourceVersion of the last frame. */
  last: string;
  stop(): Promise<void>;
}>;

/** Starts the API server that serves `what`. */
export async function startApi(what: Served): Promise<ServedApi> {
  const child = start('kubernetes-api.ts', what);
  const said = (await answer(child)) as Omit<ServedApi, 'stop'>;
  return { ...said, stop: () => end(child) };
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
  return fork(module, [JSON.stringify(given)], { execArgv: [...process.execArgv, '--expose-gc'] });
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
