/** A PostgreSQL of the campaign's own, with its usual durability, that can be restarted, crashed, frozen and run out of room. */
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPool, silentLogger, type DatabaseUrls, type Pool } from '#libs/platform';
import { makeLogins } from '../../libs/platform/src/database/logins.js';
import { migrate } from '../../libs/platform/src/database/migrate.js';
import { DataFolder } from '../../libs/platform/src/embedded/data-folder.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../libs/platform/src/embedded/embedded-postgres.js';
import { findPostmaster } from '../../libs/platform/src/embedded/postmaster.js';
import { migrateQueue } from '../../libs/platform/src/queue/migrate-queue.js';
import { inDatabase, withClient } from '../../libs/platform/src/testing/test-server.js';

/** Megabytes of the file system of the database, where there is one: it is in memory. */
const roomMb = 1_500;

/** Whether file systems can be mounted here. */
export function mayMount(): boolean {
  const probe = mkdtempSync(join(tmpdir(), 'initledger-probe-'));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', probe]);
  if (status === 0) spawnSync('umount', [probe]);
  rmdirSync(probe);
  return status === 0;
}

export class ChaosDatabase {
  private constructor(
    private readonly at: Readonly<{ base: string; place: string; isMounted: boolean }>,
    private readonly folder: DataFolder,
    private readonly server: EmbeddedPostgres,
    /** As each role alone. */
    readonly urls: DatabaseUrls,
  ) {}

  /** Starts it in a folder of its own; on a file system of its own where `mount` says so. */
  static async start(mount: boolean): Promise<ChaosDatabase> {
    const base = await mkdtemp(join(tmpdir(), 'initledger-chaos-'));
    const place = join(base, 'disk');
    await mkdir(place, { mode: 0o755 });
    await chmod(base, 0o755);
    if (mount) spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${roomMb}m`, 'tmpfs', place]);
    const folder = await DataFolder.open(join(place, 'data'));
    const server = await startEmbeddedPostgres(folder, {
      logger: silentLogger,
      settings: ['max_connections=150', 'max_wal_size=128MB', 'checkpoint_timeout=60s'],
    });
    const urls = await withClient(server.adminUrl, async (client) => {
      await migrate(client);
      await migrateQueue(client);
      return makeLogins(client, server.adminUrl, server.password);
    });
    return new ChaosDatabase({ base, place, isMounted: mount }, folder, server, urls);
  }

  get adminUrl(): string {
    return this.server.adminUrl;
  }

  get port(): number {
    return this.server.port;
  }

  /** A pool of the campaign's own, as owner, that nothing comes between. Its user ends it. */
  pool(): Pool {
    return createPool(this.adminUrl, { name: 'chaos', max: 4, statementTimeoutMs: 120_000 });
  }

  /** Fast shutdown, and a new start after a while. */
  async restart(awayMs: number): Promise<void> {
    await this.server.stop();
    await sleep(awayMs);
    await this.revive();
  }

  /** kill -9 of the postmaster, and a new start after a while. */
  async crash(awayMs: number): Promise<void> {
    const running = await this.postmaster();
    if (running) process.kill(running, 'SIGKILL');
    await sleep(awayMs);
    await this.revive();
  }

  /** kill -9 of one of its sessions, of one that does something where `busy` says so: it throws out all others and recovers. */
  async crashBackend({ size, busy = false }: Readonly<{ size: number; busy?: boolean }>): Promise<void> {
    const all = (await this.processes()).filter(({ title }) => / initledger_\w+_login initledger /.test(title));
    const working = busy ? all.filter(({ title }) => !title.trimEnd().endsWith(' idle')) : [];
    const sessions = working.length > 0 ? working : all;
    const chosen = sessions[Math.floor(size * sessions.length)];
    if (chosen) process.kill(chosen.pid, 'SIGKILL');
    await this.untilUp();
  }

  /** Ends all sessions but that which asks. */
  async endSessions(): Promise<void> {
    await this.untilUp(async (client) => {
      await client.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename LIKE 'initledger_%_login'`,
      );
    });
  }

  /** All its processes stand still for a while. */
  async freeze(forMs: number): Promise<void> {
    const pids = (await this.processes()).map(({ pid }) => pid);
    signalAll(pids, 'SIGSTOP');
    await sleep(forMs);
    signalAll(pids, 'SIGCONT');
  }

  /** There is no room left on its file system for a while. */
  async fillDisk(forMs: number): Promise<void> {
    if (!this.at.isMounted) throw new Error('the database has no file system of its own');
    const filler = join(this.at.place, 'filler');
    fill(filler, this.at.place);
    await sleep(forMs);
    rmSync(filler, { force: true });
    await this.revive();
  }

  /** A copy of the database that nobody else uses, as admin and as each role. It goes with the server. */
  async copy(name: string): Promise<Readonly<{ adminUrl: string; urls: DatabaseUrls }>> {
    const [source] = new URL(this.adminUrl).pathname.split('/').slice(1);
    await withClient(inDatabase(this.adminUrl, 'postgres'), async (client) => {
      await client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, [source]);
      await client.query(`CREATE DATABASE ${name} TEMPLATE ${source}`);
    });
    const urls = Object.fromEntries(Object.entries(this.urls).map(([role, url]) => [role, inDatabase(url, name)]));
    return { adminUrl: inDatabase(this.adminUrl, name), urls: urls as DatabaseUrls };
  }

  async stop(): Promise<void> {
    await this.server.stop().catch(() => undefined);
    await this.folder.close();
    if (this.at.isMounted) spawnSync('umount', ['-l', this.at.place]);
    await rm(this.at.base, { recursive: true, force: true });
  }

  /** Starts it again if it is gone, as whoever looks after a server does, until it answers. */
  private async revive(): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      try {
        await this.server.revive();
        await this.untilUp();
        return;
      } catch (error) {
        if (tries > 20) throw error;
        await sleep(500);
      }
    }
  }

  private async untilUp(work: Parameters<typeof withClient<void>>[1] = () => Promise.resolve()): Promise<void> {
    for (const until = Date.now() + 60_000; ; await sleep(200)) {
      try {
        await withClient(this.adminUrl, async (client) => {
          client.on('error', () => undefined);
          await work(client);
        });
        return;
      } catch (error) {
        if (Date.now() > until) throw error;
      }
    }
  }

  private async postmaster(): Promise<number | undefined> {
    return (await findPostmaster(join(this.folder.path, 'postgres')))?.pid;
  }

  private async processes(): Promise<readonly Readonly<{ pid: number; title: string }>[]> {
    const parent = await this.postmaster();
    if (parent === undefined) return [];
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => ({
        pid: Number(name),
        title: textOf(`/proc/${name}/cmdline`),
        stat: textOf(`/proc/${name}/stat`),
      }))
      .filter(
        ({ pid, stat }) =>
          pid === parent || / \w (\d+) /.exec(stat.slice(stat.lastIndexOf(')')))?.[1] === String(parent),
      );
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** Writes until nothing more is taken: in ever smaller pieces. */
function fill(file: string, place: string): void {
  const handle = openSync(file, 'w');
  for (let block = Buffer.alloc(8 << 20); block.length >= 4096;)
    if (!takes(handle, block, place)) block = block.subarray(0, block.length >> 1);
  closeSync(handle);
}

function takes(handle: number, block: Buffer, place: string): boolean {
  const { bavail, bsize } = statfsSync(place);
  if (bavail * bsize < block.length) return false;
  try {
    writeSync(handle, block);
    return true;
  } catch {
    return false;
  }
}
