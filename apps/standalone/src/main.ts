import { HealthChecks, Metrics, runProcess, startHttp } from '#libs/platform';
import { apiAdapter, serveOpenApi } from '#libs/reports';
import { openDatabase } from './database.js';
import { chooseSource } from './source.js';
import { StandaloneApp } from './standalone.app.js';
import { welcome } from './welcome.js';

await runProcess('people', async (parts) => {
  const { logger, teardown } = parts;
  const { target, settings, told: recorded } = await chooseSource(parts.settings, teardown);
  const { database, told } = await openDatabase(parts);
  welcome([...recorded, told]);
  const platform = { settings, logger, database, metrics: new Metrics(), health: new HealthChecks() };
  const url = await startHttp(StandaloneApp.of(platform, target), apiAdapter(), parts, serveOpenApi);
  welcome([
    `answers  ${url}`,
    '',
    `try      curl -s ${url}/api/v1/stuck`,
    `         curl -s '${url}/api/v1/pods?limit=5'`,
    `         curl -s ${url}/api/v1/reports/failures`,
    '         Ctrl-C stops it; the next start goes on from here.',
  ]);
});
