import path from 'node:path';

import { createServer, createServerModuleRunner, defaultServerConditions } from 'vite';

// Runs a TypeScript file of this repository in a process of its own, without a build: node test/support/run-source.mjs FILE …
const conditions = ['source', ...defaultServerConditions];
const server = await createServer({
  configFile: false,
  root: path.resolve(import.meta.dirname, '../..'),
  logLevel: 'error',
  appType: 'custom',
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  optimizeDeps: { noDiscovery: true },
  resolve: { conditions },
  ssr: { resolve: { conditions } },
});
await createServerModuleRunner(server.environments.ssr, { hmr: false }).import(path.resolve(process.argv[2] ?? ''));
