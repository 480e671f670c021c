import { HealthChecks, Metrics, runProcess, Settings, startHttp } from '#libs/platform';
import { apiAdapter, serveOpenApi } from '#libs/reports';
import { openDatabase } from './database.js';
import { chooseSource } from './source.js';
import { StandaloneApp } from './standalone.app.js';
import { welcome } from './welcome.js';

await runProcess('people', async (parts) => {
  const { logger, teardown } = parts;
  const {
    target,
    told: recorded,
    kubeconfig = parts.settings.kubeconfig,
  } = await chooseSource(parts.settings, teardown);
  // what was chosen is what is told of: an older demo in the same data folder is not listed beside a real cluster
  const settings = new Settings(Object.assign({}, parts.settings, { source: target.source, kubeconfig }));
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
