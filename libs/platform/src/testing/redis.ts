import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Whether Debian's `redis-server` is on this machine. Where it is not, what needs it is left out, and .ci/run says so. */
export const redisIsHere = spawnSync('redis-server', ['--version']).status === 0;

/** A Redis of the test's own, which keeps every write on disk. */
export type TestRedis = Readonly<{
  url: string;
  /** Ends it as a crash does, and starts it again on its port with what it had. */
  crash: () => Promise<void>;
  /** The same, with nothing that it had. */
  lose: () => Promise<void>;
  stop: () => Promise<void>;
}>;

export async function startRedis(): Promise<TestRedis> {
  const folder = await mkdtemp(path.join(tmpdir(), 'initledger-redis-'));
  const port = await freePort();
  let server = await started(port, folder);
  return {
    url: `redis://127.0.0.1:${port}`,
    crash: async () => {
      await ended(server, 'SIGKILL');
      server = await started(port, folder);
    },
    lose: async () => {
      await ended(server, 'SIGKILL');
      await rm(path.join(folder, 'appendonlydir'), { recursive: true });
      server = await started(port, folder);
    },
    stop: async () => {
      await ended(server, 'SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function started(port: number, folder: string): Promise<ChildProcess> {
  const settings = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'always'];
  const server = spawn('redis-server', ['--port', String(port), '--dir', folder, ...settings], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    server.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('Ready to accept connections')) resolve();
    });
    server.once('exit', () => reject(new Error(`redis-server ended:\n${said}`)));
  });
  return server;
}

async function ended(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exit = once(server, 'exit');
  server.kill(signal);
  await exit;
}

/** A port that nobody listens on, for now. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  await new Promise((closed) => probe.close(closed));
  return port;
}
