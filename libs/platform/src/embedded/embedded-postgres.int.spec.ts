import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { silentLogger } from '../logging/logger.js';
import { withClient } from '../testing/test-server.js';
import { DataFolder } from './data-folder.js';
import { startEmbeddedDatabase } from './embedded-database.js';
import { startEmbeddedPostgres } from './embedded-postgres.js';
import { findPostmaster, stopPostmaster } from './postmaster.js';
import { isRunning, startOf } from './processes.js';

const options = { logger: silentLogger };

describe('startEmbeddedPostgres', () => {
  let base: string;
  let folder: DataFolder;

  beforeEach(async () => {
    base = await mkdtemp(path.join(tmpdir(), 'initledger-embedded-'));
    folder = await DataFolder.open(path.join(base, 'data'));
  });
  afterEach(async () => {
    const left = await findPostmaster(path.join(folder.path, 'postgres'));
    if (left) await stopPostmaster(left);
    await rm(base, { recursive: true, force: true });
  });

  it('keeps its data from one start to the next, and its password to itself', async () => {
    const first = await startEmbeddedPostgres(folder, options);
    await withClient(first.adminUrl, (client) => client.query('CREATE TABLE kept AS SELECT 7 AS n'));
    await first.stop();

    const second = await startEmbeddedPostgres(folder, options);
    const { rows } = await withClient(second.adminUrl, (client) =>
      client
        .query(`SELECT n, current_setting('lc_collate') AS collation FROM kept`)
        .catch(() => client.query('SELECT n FROM kept')),
    );
    await second.stop();

    expect(rows).toMatchObject([{ n: 7 }]);
    expect((await stat(path.join(folder.path, 'postgres.password'))).mode & 0o777).toBe(0o600);
    expect(await findPostmaster(path.join(folder.path, 'postgres'))).toBeUndefined();
  });

  it('takes over the server of a process that was killed, with all that it had committed', async () => {
    const killed = path.join(base, 'killed');
    const { pid, adminUrl } = await startInChildAndKillIt(killed);

    const again = await DataFolder.open(killed);
    const server = await startEmbeddedPostgres(again, options);
    const { rows } = await withClient(server.adminUrl, (client) => client.query('SELECT n FROM survived'));
    await server.stop();

    expect(server.adminUrl).toBe(adminUrl);
    expect(rows).toEqual([{ n: 1 }]);
    expect(await startOf(pid)).toBeUndefined();
  });

  it('starts beside a pid file that names a stranger, and leaves the stranger alone', async () => {
    const first = await startEmbeddedPostgres(folder, options);
    await first.stop();
    const stranger = spawn('sleep', ['60']);
    const file = path.join(folder.path, 'postgres', 'postmaster.pid');
    const text = `${stranger.pid}\n${path.join(folder.path, 'postgres')}\n${Math.floor(Date.now() / 1000)}\n5432\n\n127.0.0.1\n`;
    await writeFile(file, text);

    const second = await startEmbeddedPostgres(folder, options);
    await second.stop();

    expect(isRunning(stranger.pid ?? 0)).toBe(true);
    stranger.kill();
    await once(stranger, 'exit');
  });

  it('recovers when server and process were both killed', async () => {
    const first = await startEmbeddedPostgres(folder, options);
    await withClient(first.adminUrl, (client) => client.query('CREATE TABLE kept AS SELECT 7 AS n'));
    const server = await findPostmaster(path.join(folder.path, 'postgres'));
    process.kill(server?.pid ?? 0, 'SIGKILL');

    const second = await startEmbeddedPostgres(folder, options);
    const { rows } = await withClient(second.adminUrl, (client) => client.query('SELECT n FROM kept'));
    await second.stop();

    expect(rows).toEqual([{ n: 7 }]);
  });

  it('starts the server again where it was killed, for whoever still knows its address', async () => {
    const database = await startEmbeddedDatabase(folder, options);
    await withClient(database.adminUrl, (client) => client.query('CREATE TABLE kept AS SELECT 7 AS n'));
    const server = await findPostmaster(path.join(folder.path, 'postgres'));
    process.kill(server?.pid ?? 0, 'SIGKILL');

    await expect
      .poll(() => withClient(database.adminUrl, async (client) => (await client.query('SELECT n FROM kept')).rows), {
        timeout: 30_000,
      })
      .toEqual([{ n: 7 }]);
    const again = await findPostmaster(path.join(folder.path, 'postgres'));
    await database.stop();

    expect(again?.pid).not.toBe(server?.pid);
    expect(await findPostmaster(path.join(folder.path, 'postgres'))).toBeUndefined();
  });

  it('begins anew where an earlier start was killed while it made the database', async () => {
    await mkdir(path.join(folder.path, 'postgres.new-1', 'base'), { recursive: true });

    const server = await startEmbeddedPostgres(folder, options);
    await server.stop();

    await expect(stat(path.join(folder.path, 'postgres.new-1'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each([
    ['of another major version', { PG_VERSION: '17\n' }, 'PostgreSQL 17'],
    ['that holds something else', { 'notes.txt': 'mine' }, 'holds no PostgreSQL data'],
  ])('refuses a database folder %s', async (_name, files, said) => {
    const directory = path.join(folder.path, 'postgres');
    await mkdir(directory);
    for (const [name, text] of Object.entries(files)) await writeFile(path.join(directory, name), text);

    await expect(startEmbeddedPostgres(folder, options)).rejects.toMatchObject({
      code: 'data-folder-foreign',
      message: expect.stringContaining(said),
      remedy: expect.stringContaining('--data'),
    });
  });

  it('gives each role a user who can do what the role can, and no more', async () => {
    const database = await startEmbeddedDatabase(folder, options);

    const who = await withClient(database.urls.api, (client) =>
      client.query(
        `SELECT current_user AS name, pg_has_role('initledger_api', 'MEMBER') AS api, pg_has_role('initledger_recorder', 'MEMBER') AS recorder`,
      ),
    );
    await database.stop();

    expect(who.rows).toEqual([{ name: 'initledger_api_login', api: true, recorder: false }]);
  });

  /** A process that starts a server, commits something, and dies at once. */
  async function startInChildAndKillIt(data: string): Promise<{ pid: number; adminUrl: string }> {
    const script = path.join(import.meta.dirname, '../testing/start-and-wait.ts');
    const child = spawn(process.execPath, ['test/support/run-source.mjs', script, data], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    child.kill('SIGKILL');
    await once(child, 'exit');
    const owner = JSON.parse(await readFile(path.join(data, 'owner.json'), 'utf8')) as { pid: number };
    expect(owner.pid).toBe(child.pid);
    const server = await findPostmaster(path.join(data, 'postgres'));
    return { pid: server?.pid ?? 0, adminUrl: line.toString().trim() };
  }
});
