import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { silentLogger } from '../logging/logger.js';
import { DataFolder } from './data-folder.js';
import { startEmbeddedPostgres } from './embedded-postgres.js';

const isRoot = process.getuid?.() === 0;
/** Only root may mount, and not in every container. */
const mayMount = isRoot && spawnSync('unshare', ['-m', 'true']).status === 0 && process.platform === 'linux';

describe('DataFolder', () => {
  let base: string;

  beforeEach(async () => {
    base = await mkdtemp(path.join(tmpdir(), 'initledger-folder-'));
  });
  afterEach(async () => {
    await rm(base, { recursive: true, force: true });
  });

  it('is held by one process at a time, and free again once it is closed', async () => {
    const folder = await DataFolder.open(path.join(base, 'data'));

    await expect(DataFolder.open(folder.path)).rejects.toMatchObject({
      code: 'data-folder-in-use',
      message: expect.stringContaining(`process ${process.pid}`),
      remedy: expect.stringContaining('--data'),
    });
    await folder.close();
    await (await DataFolder.open(folder.path)).close();
  });

  it('is free again when the process that held it was killed', async () => {
    const folder = await DataFolder.open(base);
    const gone = spawn('sleep', ['0']);
    await once(gone, 'exit');
    await writeFile(path.join(base, 'owner.json'), JSON.stringify({ pid: gone.pid, startedAt: '1' }));

    await expect(DataFolder.open(folder.path)).resolves.toMatchObject({ path: base });
  });

  it('is free when its holder’s id belongs to another process by now', async () => {
    await DataFolder.open(base);
    await writeFile(path.join(base, 'owner.json'), JSON.stringify({ pid: process.ppid, startedAt: '1' }));

    await expect(DataFolder.open(base)).resolves.toMatchObject({ path: base });
  });

  it('lets exactly one of many have a folder that was left behind', async () => {
    await DataFolder.open(base);
    await writeFile(path.join(base, 'owner.json'), JSON.stringify({ pid: 2 ** 22 - 1, startedAt: '1' }));

    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => DataFolder.open(base)));

    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(JSON.parse(await readFile(path.join(base, 'owner.json'), 'utf8'))).toMatchObject({ pid: process.pid });
  });

  it('may be one in which processes with a database elsewhere have kept their keys', async () => {
    for (const key of ['ledger-key.pem', 'mask.key']) await writeFile(path.join(base, key), 'key');

    await expect(DataFolder.open(base)).resolves.toMatchObject({ path: base });
    expect(await readFile(path.join(base, 'mask.key'), 'utf8')).toBe('key');
  });

  it('is no folder in which somebody keeps other things', async () => {
    await writeFile(path.join(base, 'thesis.tex'), '');

    await expect(DataFolder.open(base)).rejects.toMatchObject({
      code: 'data-folder-foreign',
      message: expect.stringContaining('thesis.tex'),
    });
  });

  it('is no file', async () => {
    await writeFile(path.join(base, 'data'), '');

    await expect(DataFolder.open(path.join(base, 'data'))).rejects.toMatchObject({ code: 'data-folder-unusable' });
  });

  it.skipIf(isRoot)('has to be writable', async () => {
    await mkdir(path.join(base, 'locked'));
    await chmod(path.join(base, 'locked'), 0o500);

    await expect(DataFolder.open(path.join(base, 'locked', 'data'))).rejects.toMatchObject({
      code: 'data-folder-unusable',
      remedy: expect.stringContaining('--data'),
    });
  });

  describe.runIf(mayMount)('on a file system of its own', () => {
    let mounted: string;

    const mount = (options: string): void => {
      expect(spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', mounted]).status).toBe(0);
    };
    beforeEach(async () => {
      mounted = path.join(base, 'mounted');
      await mkdir(mounted);
    });
    afterEach(() => {
      spawnSync('umount', [mounted]);
    });

    it('has to be writable', async () => {
      mount('size=1m,ro');

      await expect(DataFolder.open(mounted)).rejects.toMatchObject({
        code: 'data-folder-unusable',
        message: expect.stringContaining('read-only'),
      });
    });

    it('has to have room for a database', async () => {
      mount('size=8m');
      const folder = await DataFolder.open(mounted);

      await expect(startEmbeddedPostgres(folder, { logger: silentLogger })).rejects.toMatchObject({
        code: 'data-folder-full',
        remedy: expect.stringContaining('Make room'),
      });
    });
  });
});
