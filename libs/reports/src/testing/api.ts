import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Database, HealthChecks, Metrics, PlatformModule, readSettings, silentLogger, type Pool } from '#libs/platform';
import { apiAdapter } from '../http/api-adapter.js';
import { serveOpenApi } from '../http/open-api.js';
import { ReportsHttpModule } from '../reports-http.module.js';

@Module({})
class ApiUnderTest {}

/** An api that answers from the database of `pool`, not listening: for supertest and `inject`. */
export async function apiOn(pool: Pool, env: Readonly<Record<string, string>> = {}): Promise<NestFastifyApplication> {
  const database = Object.create(Database.prototype, { api: { value: pool } }) as Database;
  const settings = readSettings([], env);
  const parts = { settings, logger: silentLogger, database, metrics: new Metrics(), health: new HealthChecks() };
  const app = await NestFactory.create<NestFastifyApplication>(
    { module: ApiUnderTest, imports: [PlatformModule.of(parts), ReportsHttpModule] },
    apiAdapter(),
    { logger: false, abortOnError: false },
  );
  serveOpenApi(app);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return app;
}
