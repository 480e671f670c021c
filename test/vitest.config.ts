import { defaultServerConditions } from 'vite';
import { defineConfig } from 'vitest/config';

const conditions = ['source', ...defaultServerConditions];

/** One project for each price of a test: pure, one PostgreSQL, a Kubernetes API, the whole system. */
const project = (name: string, include: string[], seconds: number, more: Record<string, unknown> = {}) => ({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: { name, include, root: '.', testTimeout: seconds * 1000, hookTimeout: 120_000, ...more },
});

export default defineConfig({
  test: {
    projects: [
      project('unit', ['{apps,libs,test}/**/*.spec.ts', '!**/*.{int,e2e,contract,chaos}.spec.ts'], 20),
      project('int', ['{apps,libs}/**/*.int.spec.ts'], 60, { maxWorkers: 2 }),
      project('contract', ['test/contract/**/*.contract.spec.ts'], 120, { maxWorkers: 1 }),
      project('e2e', ['test/e2e/**/*.e2e.spec.ts'], 300, { maxWorkers: 1 }),
    ],
  },
});
