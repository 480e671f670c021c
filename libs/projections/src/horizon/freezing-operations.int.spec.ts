import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EventStoreModule } from '#libs/event-store';
import { HealthChecks, Metrics, PlatformModule, readSettings, silentLogger } from '#libs/platform';
import { freshDatabase, withClient, type FreshDatabase } from '#testing/platform';
import { ProjectionsModule } from '../projections.module.js';

@Module({})
class ProjectorUnderTest {}

/** It looks every quarter of a minute. */
const patience = { timeout: 50_000, interval: 50 };

let fresh: FreshDatabase;
let folder: string;
let health: HealthChecks;
let app: INestApplicationContext | undefined;
beforeEach(async () => {
  fresh = await freshDatabase();
  folder = await mkdtemp(path.join(tmpdir(), 'initledger-freezing-'));
  health = new HealthChecks();
});
afterEach(async () => {
  await app?.close();
  await fresh.close();
  await rm(folder, { recursive: true });
});

/** What of a projector keeps read models. */
async function projector(): Promise<void> {
  const { database } = fresh;
  const settings = readSettings([], { DATA_DIR: folder });
  const parts = { settings, logger: silentLogger, database, metrics: new Metrics(), health };
  const module = {
    module: ProjectorUnderTest,
    imports: [PlatformModule.of(parts), EventStoreModule.as('projector'), ProjectionsModule],
  };
  app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
}
const found = async () => (await health.readyz()).checks.find(({ name }) => name === 'freezing');
const asOwner = (text: string) => withClient(fresh.adminUrl, (client) => client.query(text));

describe('the check "freezing" of /readyz', { timeout: 120_000 }, () => {
  it('says that weeks that are to go cannot be frozen, what to do, and is well again once they can', async () => {
    await asOwner('REVOKE SELECT ON segment FROM initledger_projector');
    await projector();
    await vi.waitFor(async () => expect((await found())?.ok).toBe(false), patience);
    const said = await found();
    await asOwner('GRANT SELECT ON segment TO initledger_projector');

    expect(said).toEqual({
      name: 'freezing',
      ok: false,
      error: 'permission denied for table segment',
      remedy: 'See the errors of component "freezing" in the log; nothing is lost, and no week is dropped meanwhile.',
    });
    await vi.waitFor(async () => expect(await found()).toEqual({ name: 'freezing', ok: true }), patience);
  });
});
