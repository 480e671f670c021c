import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Database, DataFolder, silentLogger, startEmbeddedDatabase, type EmbeddedDatabase } from '#libs/platform';

import type { LogName } from '../event.js';
import { EventWriter } from '../event-writer.js';
import { someEvents, someShard } from '../testing/events.js';
import type { Sealing } from './checkpointer.js';
import { CheckpointsFile } from './checkpoints-file.js';
import { readLedgerKeys } from './ledger-key.js';

/** Its files keep their owner, who is another user where this runs as root. */
const copy = (from: string, to: string) => promisify(execFile)('cp', ['-a', from, to]);

const logs = ['event', 'act_event'] as const satisfies readonly LogName[];

let base: string;
let folder: DataFolder;
let server: EmbeddedDatabase | undefined;
let database: Database;
let shardId: number;

const start = async (): Promise<void> => {
  server = await startEmbeddedDatabase(folder, { logger: silentLogger });
  database = new Database(server.urls);
};
const stop = async (): Promise<void> => {
  await database.close();
  await server?.stop();
  server = undefined;
};
const poolOf = (log: LogName) => (log === 'event' ? database.ingest : database.projection);

/** As the service seals: with the key of the data folder, and a file beside it. */
const sealing = async (file = `${folder.path}.checkpoints`): Promise<Sealing> => ({
  keys: await readLedgerKeys({ data: folder.path, ledgerKeyFile: undefined }),
  file: new CheckpointsFile(file),
  everyMs: 60_000,
});
const open = async (log: LogName, file?: string) =>
  EventWriter.open(poolOf(log), shardId, { log, sealing: await sealing(file) });
async function grow(log: LogName, sealed = true): Promise<void> {
  const writer = sealed ? await open(log) : await EventWriter.open(poolOf(log), shardId, { log });
  await writer.append(someEvents(10));
  await writer.close();
}

beforeAll(async () => {
  base = await mkdtemp(path.join(tmpdir(), 'restored-'));
  folder = await DataFolder.open(path.join(base, 'data'));
  const files = path.join(folder.path, 'postgres');
  const backup = path.join(base, 'backup');
  await start();
  shardId = await someShard(database.ingest);
  for (const log of logs) await grow(log);
  await stop();
  await copy(files, backup);
  await start();
  for (const log of logs) await grow(log);
  await stop();
  await rm(files, { recursive: true });
  await copy(backup, files);
  await start();
}, 300_000);
afterAll(async () => {
  await stop();
  await folder.close();
  await rm(base, { recursive: true, force: true });
});

describe('a server whose files were restored from a backup', () => {
  it.each(logs)(
    'has its log %s refused, for the checkpoints file tells of what the backup does not have',
    async (log) => {
      await expect(open(log)).rejects.toMatchObject({
        code: 'log-forked',
        message: `The log of shard ${shardId} has 10 events, and we signed 20 of them, as ${folder.path}.checkpoints says.`,
        remedy: expect.stringMatching(/restored from an older backup.*Restore a newer one.*move the checkpoints file/u),
      });
    },
  );

  it.each(logs)('has its log %s refused where it has grown anew past what was signed', async (log) => {
    await grow(log, false);
    await grow(log, false);

    await expect(open(log)).rejects.toMatchObject({
      code: 'log-forked',
      message: `The log of shard ${shardId} has other events than the 20 that we signed, as ${folder.path}.checkpoints says.`,
    });
  });

  it.each(logs)(
    'cannot be told from another where nobody kept that file: log %s goes on from what it has',
    async (log) => {
      const writer = await open(log, path.join(base, 'another.checkpoints'));

      expect(writer.size).toBe(30);
      await writer.close();
    },
  );
});
