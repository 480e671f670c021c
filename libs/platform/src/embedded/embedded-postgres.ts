import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { chmod, chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { Client } from 'pg';

import { AuditError } from '../errors/audit-error.js';
import type { Logger } from '../logging/logger.js';
import { findBinaries, type Binaries } from './binaries.js';
import { folderFull, folderProblem, type DataFolder } from './data-folder.js';
import { findPostmaster, removeStalePidFile, stopPostmaster, type Postmaster } from './postmaster.js';
import { startOf } from './processes.js';
import { findServerUser, type ServerUser } from './server-user.js';

/** A running server of ours. */
export type EmbeddedPostgres = Readonly<{
  /** The database `initledger` as the server's owner. */
  adminUrl: string;
  port: number;
  password: string;
  /** Starts the server again on its port where it is gone, and says whether that was so. */
  revive: () => Promise<boolean>;
  /** Stops the server and waits until its data is safe on disk. */
  stop: () => Promise<void>;
}>;

/** What may be told to the server beside its defaults, as `name=value`. */
export type ServerOptions = Readonly<{ logger: Logger; settings?: readonly string[] }>;

const MAJOR = '18';
const OWNER = 'initledger';
const START_PATIENCE_MS = 60_000;

/** A small server: it shares the machine with what it records. The rest is PostgreSQL's own default. */
const SETTINGS = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=60',
  'shared_buffers=128MB',
  'max_wal_size=2GB',
  'checkpoint_timeout=15min',
  'wal_compression=on',
  'jit=off',
  'logging_collector=on',
  'log_directory=log',
  'log_filename=postgresql-%w.log',
  'log_truncate_on_rotation=on',
  'log_rotation_age=1d',
];

/**
 * Starts PostgreSQL on `postgres/` of the data folder, which is made at the first start. A server that an earlier process
 * of ours left behind is taken over. The server is in a process group of its own, so that Ctrl-C reaches us first.
 *
 * @throws AuditError `embedded-postgres-failed`, `data-folder-foreign`, `data-folder-unusable` or `data-folder-full`
 */
export async function startEmbeddedPostgres(folder: DataFolder, options: ServerOptions): Promise<EmbeddedPostgres> {
  const directory = path.join(folder.path, 'postgres');
  try {
    const binaries = await findBinaries();
    const user = await findServerUser([binaries.postgres, directory]);
    const place: Place = { folder: folder.path, directory, binaries, user, password: await passwordOf(folder) };
    await initialise(place, options.logger);
    let server = (await adopt(place, options.logger)) ?? (await start(place, options));
    return {
      adminUrl: urlOf(server, place.password),
      port: server.port,
      password: place.password,
      revive: async () => {
        if ((await startOf(server.pid)) === server.startedAt) return false;
        server = await start(place, options, server.port);
        return true;
      },
      stop: () => stopPostmaster(server),
    };
  } catch (error) {
    throw folderProblem(folder.path, error);
  }
}

type Place = Readonly<{ folder: string; directory: string; binaries: Binaries; user: ServerUser; password: string }>;

function urlOf({ port }: Pick<Postmaster, 'port'>, password: string, database = OWNER): string {
  return `postgresql://${OWNER}:${password}@127.0.0.1:${port}/${database}`;
}

/** Kept in a file of ours alone, beside the database and not in it: whoever can read it owns the data anyway. */
async function passwordOf(folder: DataFolder): Promise<string> {
  const file = path.join(folder.path, 'postgres.password');
  const kept = await readFile(file, 'utf8').catch(() => '');
  if (kept.trim() !== '') return kept.trim();
  const password = randomBytes(24).toString('base64url');
  await writeFile(file, `${password}\n`, { mode: 0o600 });
  await chmod(file, 0o600);
  return password;
}

/** Makes the database cluster beside its place and moves it there when it is whole: a start that is killed leaves no half one. */
async function initialise(place: Place, logger: Logger): Promise<void> {
  if (await isInitialised(place.directory)) return;
  for (const name of await readdir(place.folder)) {
    if (name.startsWith('postgres.new-')) await rm(path.join(place.folder, name), { recursive: true, force: true });
  }
  const fresh = path.join(place.folder, `postgres.new-${process.pid}`);
  const secret = `${fresh}.password`;
  await mkdir(fresh, { mode: 0o700 });
  await writeFile(secret, `${place.password}\n`, { mode: 0o600 });
  if (place.user.ids)
    await Promise.all([fresh, secret].map((file) => chown(file, place.user.ids?.uid ?? 0, place.user.ids?.gid ?? 0)));
  const args = [`--pgdata=${fresh}`, `--username=${OWNER}`, '--auth=scram-sha-256', `--pwfile=${secret}`];
  const { code, said } = await run(place, place.binaries.initdb, [
    ...args,
    '--encoding=UTF8',
    '--locale=C',
    '--no-instructions',
  ]);
  await rm(secret, { force: true });
  if (code !== 0) {
    await rm(fresh, { recursive: true, force: true });
    throw startFailure(place, said);
  }
  await rename(fresh, place.directory);
  logger.info({ folder: place.directory }, 'made the embedded database');
}

async function isInitialised(directory: string): Promise<boolean> {
  const entries = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!entries) return false;
  const version = await readFile(path.join(directory, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (version?.trim() === MAJOR) return true;
  if (version !== undefined) {
    throw new AuditError(
      'data-folder-foreign',
      `${directory} holds data of PostgreSQL ${version.trim()}; this version brings ${MAJOR}.`,
      {
        remedy: `Run the version that made it, move the data with pg_upgrade, or choose another folder with --data.`,
      },
    );
  }
  throw new AuditError('data-folder-foreign', `${directory} is there and holds no PostgreSQL data.`, {
    remedy: 'Remove it, or choose another folder with --data.',
  });
}

/** Takes over a server that runs on our directory; one that does not answer to our password is stopped. */
async function adopt(place: Place, logger: Logger): Promise<Postmaster | undefined> {
  const server = await findPostmaster(place.directory);
  if (!server) return undefined;
  try {
    // It may have been killed a moment ago, and be gone by the next look.
    await waitUntilReady(server, place.password, async () => (await startOf(server.pid)) !== server.startedAt);
    logger.info({ pid: server.pid }, 'took over the database server of an earlier run');
    return server;
  } catch (error) {
    logger.warn({ error, pid: server.pid }, 'stopped the database server of an earlier run, which did not answer');
    await stopPostmaster(server);
    return undefined;
  }
}

/** Server processes that outlive their killed parent hold its memory for a moment. */
const HELD_MEMORY = 'pre-existing shared memory block';
const HELD_MEMORY_PATIENCE_MS = 15_000;

async function start(place: Place, options: ServerOptions, port?: number): Promise<Postmaster> {
  for (const until = Date.now() + HELD_MEMORY_PATIENCE_MS; ; await sleep(250)) {
    try {
      return await startOnce(place, options, port ?? (await freePort()));
    } catch (error) {
      if (!(error instanceof Error && error.message.includes(HELD_MEMORY)) || Date.now() > until) throw error;
    }
  }
}

async function startOnce(place: Place, options: ServerOptions, port: number): Promise<Postmaster> {
  await removeStalePidFile(place.directory);
  const log = path.join(place.folder, 'postgres-start.log');
  const settings = [...SETTINGS, `port=${port}`, ...(options.settings ?? [])];
  const [command = '', ...args] = [
    ...place.user.prefix,
    place.binaries.postgres,
    '-D',
    place.directory,
    ...settings.flatMap((setting) => ['-c', setting]),
  ];
  // A file and not a pipe: the server must be able to write on when this process is killed.
  const output = openSync(log, 'w', 0o600);
  const child = spawn(command, args, {
    ...identity(place.user),
    cwd: '/',
    detached: true,
    stdio: ['ignore', output, output],
    env: environment(),
  });
  closeSync(output);
  let ended = false;
  child.once('exit', () => (ended = true));
  child.once('error', () => (ended = true));
  child.unref();
  try {
    return await becomeReady(place, () => ended);
  } catch (cause) {
    child.kill('SIGQUIT');
    throw startFailure(place, await readFile(log, 'utf8'), cause);
  }
}

async function becomeReady(place: Place, hasEnded: () => boolean): Promise<Postmaster> {
  for (const until = Date.now() + START_PATIENCE_MS; Date.now() < until && !hasEnded(); await sleep(20)) {
    const server = await findPostmaster(place.directory);
    if (!server?.port) continue;
    await waitUntilReady(server, place.password, hasEnded);
    return server;
  }
  throw new Error(hasEnded() ? 'the server ended' : 'the server did not start in time');
}

/** Ready is when it lets us in; the database `initledger` is made on the way. */
async function waitUntilReady(
  server: Postmaster,
  password: string,
  hasEnded: () => boolean | Promise<boolean>,
): Promise<void> {
  for (const until = Date.now() + START_PATIENCE_MS; ; await sleep(50)) {
    const client = new Client({
      connectionString: urlOf(server, password, 'postgres'),
      connectionTimeoutMillis: 5_000,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [OWNER]);
      if (rowCount === 0) await client.query(`CREATE DATABASE ${OWNER}`);
      return;
    } catch (error) {
      // 28P01: it is up, and not ours.
      if ((await hasEnded()) || Date.now() > until || (error as { code?: unknown }).code === '28P01') throw error;
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

function startFailure(place: Place, said: string, cause?: unknown): AuditError {
  if (said.includes('No space left on device')) return folderFull(place.folder, cause ?? said);
  const last = said.trim().split('\n').slice(-5).join('\n');
  return new AuditError('embedded-postgres-failed', `The embedded PostgreSQL did not start:\n${last}`, {
    cause,
    remedy: `See ${path.join(place.folder, 'postgres-start.log')} and ${path.join(place.directory, 'log')}; DATABASE_URL names a server of your own instead.`,
  });
}

function run(place: Place, program: string, args: readonly string[]): Promise<{ code: number | null; said: string }> {
  return new Promise((resolve, reject) => {
    const [command = '', ...rest] = [...place.user.prefix, program, ...args];
    const child = spawn(command, rest, {
      ...identity(place.user),
      cwd: '/',
      env: environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, said }));
  });
}

/** With a prefix, the prefix changes the user, and must be root to do so. */
function identity(user: ServerUser): { uid?: number; gid?: number } {
  return user.prefix.length > 0 || !user.ids ? {} : { ...user.ids };
}

/** Nothing of our environment but what finds programs: secrets of ours are none of the server's business. */
function environment(): NodeJS.ProcessEnv {
  return { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin', LC_ALL: 'C', TZ: 'UTC' };
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => probe.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
