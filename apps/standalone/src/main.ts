import { HealthChecks, Metrics, runProcess, startHttp } from '#libs/platform';
import { apiAdapter, serveOpenApi } from '#libs/reports';
import { openDatabase } from './database.js';
import { chooseSource } from './source.js';
import { StandaloneApp } from './standalone.app.js';
import { welcome } from './welcome.js';

await runProcess('people', async (parts) => {
  const { settings, logger, teardown } = parts;
  const source = await chooseSource(settings, teardown);
  const { database, told } = await openDatabase(parts);
  welcome([...source.told, told]);
  const platform = { settings, logger, database, metrics: new Metrics(), health: new HealthChecks() };
  const url = await startHttp(StandaloneApp.of(platform, source.target), apiAdapter(), parts, serveOpenApi);
  welcome([
    `answers  ${url}`,
    '',
    `try      curl -s ${url}/api/v1/stuck`,
    `         curl -s '${url}/api/v1/pods?limit=5'`,
    `         curl -s ${url}/api/v1/reports/failures`,
    '         Ctrl-C stops it; the next start goes on from here.',
  ]);
});
