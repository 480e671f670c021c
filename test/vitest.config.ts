import path from 'node:path';

import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

const root = path.resolve(import.meta.dirname, '..');
const conditions = ['source', ...defaultServerConditions];

const postgres = path.join(root, 'test/support/postgres.ts');

/** One project for each price of a test: pure, one PostgreSQL, a Kubernetes API, the whole system. */
const project = (name: string, include: string[], seconds: number, more: Record<string, unknown> = {}) => ({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  root,
  test: { name, include, testTimeout: seconds * 1000, hookTimeout: 120_000, ...more },
});

export default defineConfig({
  test: {
    projects: [
      project('unit', ['{apps,libs,test}/**/*.spec.ts', '!**/*.{int,e2e,contract,docs}.spec.ts'], 20),
      project('int', ['{apps,libs,test}/**/*.int.spec.ts'], 60, { maxWorkers: 2, globalSetup: postgres }),
      project('contract', ['test/contract/**/*.contract.spec.ts'], 120, { maxWorkers: 1, globalSetup: postgres }),
      project('docs', ['test/docs/**/*.docs.spec.ts'], 120, { maxWorkers: 1, fileParallelism: false }),
      project('e2e', ['test/e2e/**/*.e2e.spec.ts'], 300, { maxWorkers: 1, globalSetup: postgres }),
    ],
  },
});
