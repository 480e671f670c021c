import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AuditError } from '#libs/platform';
import type { Settings } from '#libs/platform';

const fewestBytes = 16;

/**
 * The key under which masked values are digested. It lives in a file outside of the database: with it, a guess could be tried.
 * Unless a file is named, one is made in the data folder, readable by its owner alone.
 *
 * @throws AuditError `mask-key-invalid`
 */
export async function readMaskKey({ maskKeyFile, data }: Pick<Settings, 'maskKeyFile' | 'data'>): Promise<Uint8Array> {
  const file = maskKeyFile ?? join(data, 'mask.key');
  const kept = await readKept(file, maskKeyFile !== undefined);
  if (!kept) return makeKey(file);
  if (kept.length >= fewestBytes) return kept;
  throw new AuditError('mask-key-invalid', `The masking key in ${file} has ${kept.length} bytes`, {
    remedy: `Put ${fewestBytes} random bytes or more into it, once and for ever: head -c 32 /dev/urandom > ${file}`,
  });
}

async function readKept(file: string, isNamed: boolean): Promise<Uint8Array | undefined> {
  try {
    return await readFile(file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT' && !isNamed) return undefined;
    throw unusable(file, cause);
  }
}

async function makeKey(file: string): Promise<Uint8Array> {
  const key = randomBytes(32);
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, key, { mode: 0o600, flag: 'wx' });
    return key;
  } catch (cause) {
    // Another process of ours made it in the meantime.
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return readFile(file);
    throw unusable(file, cause);
  }
}

function unusable(file: string, cause: unknown): AuditError {
  return new AuditError('mask-key-invalid', `The masking key ${file} cannot be read`, {
    cause,
    remedy: 'Name a file that can be read with --mask-key-file FILE.',
  });
}
