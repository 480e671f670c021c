import { connectPatiently } from '../database/prepare-database.js';
import type { DatabaseUrls } from '../database/database.js';
import { makeLogins } from '../database/logins.js';
import { migrate } from '../database/migrate.js';
import { migrateQueue } from '../queue/migrate-queue.js';
import type { DataFolder } from './data-folder.js';
import { startEmbeddedPostgres, type ServerOptions } from './embedded-postgres.js';
import { keepRunning } from './keep-running.js';

/** The embedded database, brought to this version. Close the pools before `stop`. */
export type EmbeddedDatabase = Readonly<{ urls: DatabaseUrls; adminUrl: string; stop: () => Promise<void> }>;

/** Starts the embedded server and keeps it running, migrates its database, and makes the users of the three roles. */
export async function startEmbeddedDatabase(folder: DataFolder, options: ServerOptions): Promise<EmbeddedDatabase> {
  const server = await startEmbeddedPostgres(folder, options);
  try {
    const admin = await connectPatiently(server.adminUrl, options);
    try {
      const applied = await migrate(admin);
      await migrateQueue(admin);
      if (applied.length > 0) options.logger.info({ migrations: applied }, 'migrated the database');
      const urls = await makeLogins(admin, server.adminUrl, server.password);
      const letGo = keepRunning(server, options.logger);
      return { urls, adminUrl: server.adminUrl, stop: () => letGo().then(server.stop) };
    } finally {
      await admin.end();
    }
  } catch (error) {
    await server.stop();
    throw error;
  }
}
