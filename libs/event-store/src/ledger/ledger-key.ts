import { generateKeyPairSync } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import { AuditError, type Settings } from '#libs/platform';

import { createFile, replaceFile } from '../durable-file.js';
import { signerOf, type Signer } from './signed-note.js';

type KeySettings = Pick<Settings, 'ledgerKeyFile' | 'data'>;

/** Where the key is. */
export const ledgerKeyFile = ({ ledgerKeyFile: file, data }: KeySettings): string =>
  file ?? path.join(data, 'ledger-key.pem');

const blocks = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----\n?/gu;

/**
 * The private keys that checkpoints are signed with, in PEM: the newest first, and after it those that it takes over from, which sign
 * as well until they are removed from the file. Unless a file is named, one with a new key is made in the data folder.
 *
 * @throws AuditError `ledger-key-invalid`
 */
export async function readLedgerKeys(settings: KeySettings): Promise<readonly string[]> {
  const file = ledgerKeyFile(settings);
  const text = await readKept(file, settings.ledgerKeyFile !== undefined);
  const keys = text === undefined ? [await makeKey(file)] : (text.match(blocks) ?? []);
  try {
    if (keys.length === 0) throw new Error('it holds no PEM block PRIVATE KEY');
    for (const pem of keys) signerOf('probe', pem);
    return keys;
  } catch (cause) {
    throw invalid(file, cause);
  }
}

/** The signers of one log, by its origin. */
export const signersOf = (origin: string, keys: readonly string[]): readonly Signer[] =>
  keys.map((pem) => signerOf(origin, pem));

/**
 * Puts a new key before those of the file: from the next start on both sign, so that whoever trusts the old one can learn the new one
 * from what the old one signed. The old one is taken out of the file by hand once nobody needs it.
 *
 * @throws AuditError `ledger-key-invalid`
 */
export async function rotateLedgerKey(settings: KeySettings): Promise<void> {
  const file = ledgerKeyFile(settings);
  const kept = await readLedgerKeys(settings);
  await replaceFile(file, [newKey(), ...kept].join(''));
}

const newKey = (): string =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

async function readKept(file: string, isNamed: boolean): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT' && !isNamed) return undefined;
    throw invalid(file, cause);
  }
}

async function makeKey(file: string): Promise<string> {
  const pem = newKey();
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await createFile(file, pem);
    return pem;
  } catch (cause) {
    // Another process of ours made it in the meantime.
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return readFile(file, 'utf8');
    throw invalid(file, cause);
  }
}

function invalid(file: string, cause: unknown): AuditError {
  const said = cause instanceof Error ? cause.message : String(cause);
  return new AuditError('ledger-key-invalid', `The key for checkpoints in ${file} cannot be used: ${said}.`, {
    cause,
    remedy: `Put an Ed25519 private key there: openssl genpkey -algorithm ed25519 -out ${file}`,
  });
}
