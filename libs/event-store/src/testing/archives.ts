import { open } from 'node:fs/promises';

import { isAuditError } from '#libs/platform';

import { readBlocks, type Block } from '../archive/blocks.js';
import { readArchive } from '../archive/read-archive.js';
import { parseVerifier } from '../ledger/signed-note.js';

/** The blocks of an archive. */
export async function blocksOf(file: string): Promise<Block[]> {
  const handle = await open(file);
  try {
    const blocks: Block[] = [];
    for await (const block of readBlocks(handle)) blocks.push(block);
    return blocks;
  } finally {
    await handle.close();
  }
}

/** With what code our own reader refuses an archive that `key` is to have signed; undefined where all holds. */
export async function readerRefuses(file: string, key: string): Promise<string | undefined> {
  try {
    await readArchive(file, { verifiers: [parseVerifier(key)] });
    return undefined;
  } catch (error) {
    if (isAuditError(error)) return error.code;
    throw error;
  }
}
