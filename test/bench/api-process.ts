import { createPool, type DatabaseUrls } from '#libs/platform';

import { apiOn } from '../../libs/reports/src/testing/api.js';

// A process of its own: the service that answers, in the role and with the limits it has in production.
const { urls } = JSON.parse(process.argv[2] ?? '') as { urls: DatabaseUrls };
const pool = createPool(urls.api, { name: 'api', max: 8, statementTimeoutMs: 60_000 });
const app = await apiOn(pool);
await app.listen(0, '127.0.0.1');
process.send?.({ url: await app.getUrl() });
process.once('disconnect', () => process.exit());
