import { DataFolder } from '../embedded/data-folder.js';
import { startEmbeddedPostgres } from '../embedded/embedded-postgres.js';
import { silentLogger } from '../logging/logger.js';
import { withClient } from './test-server.js';

// A process to be killed: it starts a server in the given folder, commits something, says so, and waits for its end.
const folder = await DataFolder.open(process.argv[3] ?? '');
const { adminUrl } = await startEmbeddedPostgres(folder, { logger: silentLogger });
await withClient(adminUrl, (client) => client.query('CREATE TABLE survived AS SELECT 1 AS n'));
process.stdout.write(`${adminUrl}\n`);
setInterval(() => undefined, 1_000);
