import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { AuditError } from '../errors/audit-error.js';
import { startOf } from './processes.js';

/** The file by which a data folder is known as ours. */
const MARKER = 'initledger.json';
/** Names the process that works in the folder. */
const OWNER = 'owner.json';
/** Keys, which a process that has its database elsewhere keeps there too, without holding the folder. */
const KEYS = ['ledger-key.pem', 'mask.key'];

type Owner = Readonly<{ pid: number; startedAt: string }>;

/** The folder of one instance: embedded database, keys, checkpoints. Open in one process at a time. */
export class DataFolder {
  private constructor(
    /** Absolute. */
    readonly path: string,
  ) {}

  /**
   * Makes or opens the folder, and holds it until `close` or the end of this process, whichever way it ends.
   *
   * @throws AuditError `data-folder-unusable`, `data-folder-full`, `data-folder-foreign` or `data-folder-in-use`
   */
  static async open(folder: string): Promise<DataFolder> {
    const absolute = resolve(folder);
    try {
      await mkdir(absolute, { recursive: true, mode: 0o755 });
      await assertOurs(absolute);
      await holdFolder(absolute);
      await writeFile(join(absolute, MARKER), `${JSON.stringify({ initledger: 1 })}\n`);
    } catch (error) {
      throw folderProblem(absolute, error);
    }
    return new DataFolder(absolute);
  }

  /** Lets another process have the folder. */
  async close(): Promise<void> {
    await rm(join(this.path, OWNER), { force: true });
  }

  /** Removes the folder and all that is in it: for folders of tests. */
  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

/** Turns what the file system says of `folder` into what to do about it; anything else is returned as it is. */
export function folderProblem(folder: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ENOSPC' || code === 'EDQUOT') return folderFull(folder, error);
  if (code === 'ENOTDIR' || code === 'EEXIST') {
    return new AuditError('data-folder-unusable', `The data folder ${folder} is not a folder.`, {
      cause: error,
      remedy: 'Choose a folder with --data.',
    });
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    const why = code === 'EROFS' ? 'its file system is read-only' : 'this user may not write there';
    return new AuditError('data-folder-unusable', `The data folder ${folder} cannot be used: ${why}.`, {
      cause: error,
      remedy: 'Make it writable for this user, or choose another folder with --data.',
    });
  }
  return error;
}

/** The refusal when there is no room left in `folder`. */
export function folderFull(folder: string, cause: unknown): AuditError {
  return new AuditError('data-folder-full', `The file system of the data folder ${folder} is full.`, {
    cause,
    remedy:
      'Make room there, or choose a folder on another file system with --data. Nothing that was recorded is lost.',
  });
}

async function assertOurs(folder: string): Promise<void> {
  const entries = await readdir(folder);
  const isOurs = (name: string): boolean => name.startsWith(OWNER) || KEYS.includes(name);
  if (entries.includes(MARKER) || entries.every(isOurs)) return;
  throw new AuditError(
    'data-folder-foreign',
    `The data folder ${folder} holds other things: ${entries.slice(0, 3).join(', ')}.`,
    {
      remedy: 'Choose an empty folder, or one that Initledger made, with --data.',
    },
  );
}

async function holdFolder(folder: string): Promise<void> {
  const file = join(folder, OWNER);
  const mine: Owner = { pid: process.pid, startedAt: (await startOf(process.pid)) ?? '' };
  // Twice: the second time after a stale file was moved out of the way. Whoever loses that race finds a living owner.
  for (let round = 0; round < 3; round += 1) {
    const created = await open(file, 'wx', 0o644).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
      return undefined;
    });
    if (created) {
      await created.writeFile(JSON.stringify(mine));
      await created.close();
      return;
    }
    await assertOwnerGone(folder, file);
  }
  throw inUse(folder, 'another process');
}

async function assertOwnerGone(folder: string, file: string): Promise<void> {
  const owner = await readOwner(file);
  // Without contents, somebody is writing it at this moment, or died while doing so.
  const alive = owner ? (await startOf(owner.pid)) === owner.startedAt : await isFresh(file);
  if (alive) throw inUse(folder, owner ? `process ${owner.pid}` : 'another process');
  const aside = `${file}.${randomUUID()}`;
  await rename(file, aside).catch(() => undefined);
  await rm(aside, { force: true });
}

async function readOwner(file: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}

async function isFresh(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs < 2_000;
}

function inUse(folder: string, by: string): AuditError {
  return new AuditError('data-folder-in-use', `The data folder ${folder} is in use by ${by}.`, {
    remedy: 'Stop that process, or give this one a folder of its own with --data (and a port with --port).',
  });
}
