import { readFile, realpath, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { commandOf, isRunning, startOf } from './processes.js';

/** A running server whose data directory is ours. */
export type Postmaster = Readonly<{ pid: number; port: number; startedAt: string }>;

/** Seconds that a server's start, as its process says, may differ from what its pid file says. */
const START_TOLERANCE_SECONDS = 5;

/**
 * The server that runs on `dataDirectory`, if one does. A pid file alone proves nothing: the id may be somebody else's by
 * now. So the process must run, be a postgres, name this directory in its command, and not have begun after the file.
 */
export async function findPostmaster(dataDirectory: string): Promise<Postmaster | undefined> {
  const file = await readPidFile(dataDirectory);
  if (!file) return undefined;
  const startedAt = await startOf(file.pid);
  if (startedAt === undefined) return undefined;
  const ours = (await isOurs(file.pid, dataDirectory)) && (await beganInTime(startedAt, file.startSeconds));
  return ours ? { pid: file.pid, port: file.port, startedAt } : undefined;
}

/** Removes a pid file that names no server of ours: PostgreSQL refuses to start when a stranger has that id now. */
export async function removeStalePidFile(dataDirectory: string): Promise<void> {
  if (await findPostmaster(dataDirectory)) return;
  await rm(path.join(dataDirectory, 'postmaster.pid'), { force: true });
}

/** Stops the server and waits until it is gone: at once for its clients, with a checkpoint; without one after a while. */
export async function stopPostmaster(server: Postmaster, patienceMs = 30_000): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    if ((await startOf(server.pid)) !== server.startedAt) return;
    process.kill(server.pid, signal);
    if (await isGone(server, patienceMs)) return;
  }
}

async function isGone(server: Postmaster, patienceMs: number): Promise<boolean> {
  for (const until = Date.now() + patienceMs; Date.now() < until;) {
    if ((await startOf(server.pid)) !== server.startedAt) return true;
    await sleep(20);
  }
  return !isRunning(server.pid);
}

type PidFile = Readonly<{ pid: number; startSeconds: number; port: number }>;

async function readPidFile(dataDirectory: string): Promise<PidFile | undefined> {
  const text = await readFile(path.join(dataDirectory, 'postmaster.pid'), 'utf8').catch(() => '');
  const [pid, directory, startSeconds, port] = text.split('\n');
  if (!pid || !directory || !(await sameFolder(directory, dataDirectory))) return undefined;
  return { pid: Number(pid), startSeconds: Number(startSeconds), port: Number(port) };
}

async function isOurs(pid: number, dataDirectory: string): Promise<boolean> {
  const command = await commandOf(pid);
  const named = command[command.indexOf('-D') + 1];
  if (!path.basename(command[0] ?? '').startsWith('postgres') || named === undefined) return false;
  return sameFolder(named, dataDirectory);
}

async function sameFolder(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map((folder) => realpath(folder).catch(() => folder)));
  return a === b;
}

/** On Linux the start is in clock ticks since boot; elsewhere command and directory must do. */
async function beganInTime(startedAt: string, startSeconds: number): Promise<boolean> {
  if (process.platform !== 'linux') return true;
  const boot = /^btime (\d+)$/mu.exec(await readFile('/proc/stat', 'utf8'))?.[1];
  const began = Number(boot) + Number(startedAt) / 100;
  return began <= startSeconds + START_TOLERANCE_SECONDS;
}
