import { platformParts, runProcess, startHttp } from '#libs/platform';
import { apiAdapter, serveOpenApi } from '#libs/reports';
import { ApiApp } from './api.app.js';

await runProcess('json', async (parts) => {
  const platform = await platformParts(parts);
  await startHttp(ApiApp.of(platform), apiAdapter(), parts, serveOpenApi);
});
