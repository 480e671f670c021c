import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** A real node: what its pods call the registry, and the file in which its container runtime tells what it saw. */
export type RealNode = Readonly<{ name: string; registry: string; truth: string }>;

/** A kube-apiserver of the test's own, with RBAC; unless a node was asked for, without anything that runs pods. */
export type RealCluster = Readonly<{
  server: string;
  /** As an administrator. */
  kubeconfig: string;
  caFile: string;
  node?: RealNode;
  /** Tells it something that its README lists, `kill` or `compact` for instance, and waits until it is done. */
  command: (line: string) => Promise<void>;
  stop: () => Promise<void>;
}>;

const start = process.env['CLUSTER_START'] ?? path.resolve(import.meta.dirname, '../../../shared/cluster/start.mjs');

/** The program that starts a real API server; undefined, said aloud, where there is none or it cannot run. */
export const realCluster: string | undefined = findProgram();

function findProgram(): string | undefined {
  if (!existsSync(start)) return absent(`${start} is not there (CLUSTER_START names another)`);
  const { status, stderr } = spawnSync(process.execPath, [start, '--build-only'], { encoding: 'utf8' });
  return status === 0 ? start : absent(stderr.trim());
}

function absent(why: string): undefined {
  process.stderr.write(`no real API server for tests: ${why}\n`);
  return undefined;
}

/**
 * Starts it, which takes some 3 seconds, with a node half a minute. It ends with its standard input, so also when this
 * process is killed.
 */
export async function startRealCluster(flags: readonly string[] = []): Promise<RealCluster> {
  const child = spawn(process.execPath, [start, ...flags], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([
    new Promise<string>((resolve) => lines.once('line', resolve)),
    ended.then(() => Promise.reject(new Error('the API server did not start'))),
  ]);
  const told = JSON.parse(first) as Pick<RealCluster, 'server' | 'kubeconfig' | 'caFile' | 'node'>;
  const command = async (line: string): Promise<void> => {
    const answered = new Promise<string>((resolve) => lines.once('line', resolve));
    child.stdin.write(`${line}\n`);
    const { error } = JSON.parse(await answered) as { error?: string };
    if (error !== undefined) throw new Error(`${line}: ${error}`);
  };
  // Answers do not say to which command they belong: one at a time.
  let before: Promise<unknown> = Promise.resolve();
  return {
    ...told,
    command: (line) => {
      const done = before.then(() => command(line));
      before = done.catch(() => undefined);
      return done;
    },
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
