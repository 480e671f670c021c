// By its path: a globalSetup is loaded without the conditions that resolve #testing.
import type { TestProject } from 'vitest/node';

import { startTestServer, type TestServer } from '../../libs/platform/src/testing/index.js';

type Running = Promise<{ server: TestServer; stop: () => Promise<void> }>;

/** One server for all projects of a run: each project calls this setup, and the last to leave stops it. */
const shared = globalThis as typeof globalThis & { initledgerTestServer?: { running: Running; users: number } };

/** Starts the run's PostgreSQL, or takes the one at TEST_DATABASE_URL (its user must be a superuser). */
export async function setup(project: TestProject): Promise<void> {
  shared.initledgerTestServer ??= { running: startTestServer(process.env['TEST_DATABASE_URL']), users: 0 };
  shared.initledgerTestServer.users += 1;
  project.provide('postgres', (await shared.initledgerTestServer.running).server);
}

export async function teardown(): Promise<void> {
  const test = shared.initledgerTestServer;
  if (!test) return;
  test.users -= 1;
  if (test.users > 0) return;
  delete shared.initledgerTestServer;
  await (await test.running).stop();
}
