import { randomUUID } from 'node:crypto';
import { link, open, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Puts a text in the place of a file, whole or not at all, whenever the power fails. Nobody but its owner may read it. */
export async function replaceFile(file: string, text: string): Promise<void> {
  const beside = await writeBeside(file, text);
  await rename(beside, file);
  await syncFolder(path.dirname(file));
}

/** Makes a file, whole or not at all, that nobody but its owner may read. @throws `EEXIST` where it is there, and leaves it as it is */
export async function createFile(file: string, text: string): Promise<void> {
  const beside = await writeBeside(file, text);
  try {
    await link(beside, file);
  } finally {
    await rm(beside, { force: true });
  }
  await syncFolder(path.dirname(file));
}

/** What a name stands for has to outlast a failure of power, too. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeBeside(file: string, text: string): Promise<string> {
  const beside = `${file}.${randomUUID()}.new`;
  try {
    await writeFile(beside, text, { mode: 0o600, flag: 'wx', flush: true });
    return beside;
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
