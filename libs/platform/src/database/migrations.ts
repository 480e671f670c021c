import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import { AuditError } from '../errors/audit-error.js';

/** One `prisma/migrations/NAME/migration.sql`; the checksum is the one that `prisma migrate` computes. */
export type Migration = Readonly<{ name: string; sql: string; checksum: string }>;

/** All migrations that this version brings, in the order in which they are applied. */
export async function readMigrations(folder: string = migrationsFolder()): Promise<readonly Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.toSorted().map(async (name) => {
      const sql = await readFile(path.join(folder, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/** The folder lies at the project's root, whether this runs from `libs` or from `dist/libs`. */
function migrationsFolder(): string {
  for (let folder = import.meta.dirname; path.dirname(folder) !== folder; folder = path.dirname(folder)) {
    const candidate = path.join(folder, 'prisma', 'migrations');
    if (existsSync(candidate)) return candidate;
  }
  throw new AuditError('internal', 'The folder prisma/migrations is missing beside the program.', {
    remedy: 'Deploy prisma/migrations together with dist.',
  });
}
