import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { expect, it } from 'vitest';

import { silentLogger } from '../logging/logger.js';
import { DataFolder } from './data-folder.js';
import { startEmbeddedDatabase } from './embedded-database.js';
import { visitDatabase } from './visit-database.js';

it('reads the database of a data folder, whether or not the service runs there, and cannot write', async () => {
  const at = await mkdtemp(path.join(tmpdir(), 'initledger-visit-'));
  try {
    await expect(visitDatabase({ folder: at }, silentLogger)).rejects.toMatchObject({ code: 'data-folder-unusable' });
    const folder = await DataFolder.open(at);
    const server = await startEmbeddedDatabase(folder, { logger: silentLogger });

    const beside = await visitDatabase({ folder: at }, silentLogger);
    expect((await beside.pool.query('SELECT FROM pod_init')).rowCount).toBe(0);
    await expect(beside.pool.query('DELETE FROM pod_init')).rejects.toThrow(/read-only|permission denied/);
    await beside.leave();
    await server.stop();
    await folder.close();

    const alone = await visitDatabase({ folder: at }, silentLogger);
    expect((await alone.pool.query('SELECT FROM happening')).rowCount).toBe(0);
    await alone.leave();
    await (await DataFolder.open(at)).close();
  } finally {
    await rm(at, { recursive: true, force: true });
  }
});
