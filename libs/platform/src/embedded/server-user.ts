import { execFile, spawnSync } from 'node:child_process';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

import { AuditError } from '../errors/audit-error.js';

const execute = promisify(execFile);

/** As whom the server's programs run: PostgreSQL refuses to run as root. */
export type ServerUser = Readonly<{
  /** Undefined: as ourselves. */
  ids: Readonly<{ uid: number; gid: number }> | undefined;
  /** What to put before a command so that it runs as that user. */
  prefix: readonly string[];
}>;

/**
 * The user for the server: ourselves, or, for root, `postgres`, made where it is missing. Where `postgres` cannot enter
 * the folders above `paths` (a clone in /root), it is given the right to read through them, and nothing more.
 */
export async function findServerUser(paths: readonly string[]): Promise<ServerUser> {
  if (process.getuid?.() !== 0) return { ids: undefined, prefix: [] };
  const ids = (await idsOf('postgres')) ?? (await createUser());
  const closed = await firstClosed(paths, ids.uid, ids.gid);
  return { ids, prefix: closed === undefined ? [] : readThrough(ids, closed) };
}

async function idsOf(name: string): Promise<{ uid: number; gid: number } | undefined> {
  try {
    const [uid, gid] = await Promise.all([execute('id', ['-u', name]), execute('id', ['-g', name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
}

async function createUser(): Promise<{ uid: number; gid: number }> {
  let cause: unknown;
  try {
    await execute('useradd', [
      '--system',
      '--user-group',
      '--no-create-home',
      '--shell',
      '/usr/sbin/nologin',
      'postgres',
    ]);
  } catch (error) {
    cause = error;
  }
  // Another process may have made it at the same moment.
  const ids = await idsOf('postgres');
  if (ids) return ids;
  throw new AuditError(
    'embedded-postgres-failed',
    'PostgreSQL does not run as root, and the user postgres cannot be made.',
    {
      cause,
      remedy: 'Run as an ordinary user, or make the user: useradd --system postgres',
    },
  );
}

/** The first folder on the way to `paths` that the user may not enter. */
async function firstClosed(paths: readonly string[], uid: number, gid: number): Promise<string | undefined> {
  for (const wanted of paths) {
    for (let folder = path.dirname(wanted); ; folder = path.dirname(folder)) {
      const { mode, uid: owner, gid: group } = await stat(folder);
      const bit = owner === uid ? 0o100 : group === gid ? 0o010 : 0o001;
      if ((mode & bit) === 0) return folder;
      if (path.dirname(folder) === folder) break;
    }
  }
  return undefined;
}

function readThrough(ids: Readonly<{ uid: number; gid: number }>, closed: string): readonly string[] {
  for (const right of ['dac_read_search', 'dac_override']) {
    const prefix = [
      'setpriv',
      `--reuid=${ids.uid}`,
      `--regid=${ids.gid}`,
      '--clear-groups',
      `--inh-caps=-all,+${right}`,
      `--ambient-caps=-all,+${right}`,
      // Without it access(2), by which initdb looks for its programs, would not count that right.
      '--securebits=+no_setuid_fixup',
    ];
    if (spawnSync('setpriv', [...prefix.slice(1), 'test', '-x', path.join(closed, '.')]).status === 0) return prefix;
  }
  throw new AuditError(
    'data-folder-unusable',
    `PostgreSQL does not run as root, and the user postgres may not enter ${closed}.`,
    {
      remedy: 'Run as an ordinary user, or put the project and --data where the user postgres may go, such as /opt.',
    },
  );
}
