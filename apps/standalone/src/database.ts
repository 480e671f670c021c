import {
  Database,
  DataFolder,
  prepareDatabase,
  startEmbeddedDatabase,
  type Logger,
  type ProcessParts,
} from '#libs/platform';

/** The database of the settings, or the embedded one with its data in the data folder. */
export async function openDatabase(parts: ProcessParts): Promise<Readonly<{ database: Database; told: string }>> {
  const { settings, logger, teardown, stopping } = parts;
  const folder = await DataFolder.open(settings.data);
  teardown.add('data folder', () => folder.close());
  if (settings.databaseUrl) {
    const { databaseUrl: url, databaseAdminUrl: adminUrl } = settings;
    const database = new Database(await prepareDatabase({ url, adminUrl, logger, stopping }), adminUrl ?? url);
    teardown.add('database connections', () => database.close());
    return { database, told: `data     ${new URL(url).host}${new URL(url).pathname}, keys in ${folder.path}` };
  }
  return { database: await embedded(folder, logger, parts), told: `data     ${folder.path}` };
}

async function embedded(folder: DataFolder, logger: Logger, { teardown }: ProcessParts): Promise<Database> {
  const server = await startEmbeddedDatabase(folder, { logger });
  teardown.add('embedded database', () => server.stop());
  const database = new Database(server.urls, server.adminUrl);
  teardown.add('database connections', () => database.close());
  return database;
}
