import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { describe, expect, it } from 'vitest';
import { Database, HealthChecks, Metrics, readSettings, silentLogger } from '#libs/platform';
import { apiAdapter, openApi } from '#libs/reports';
import { ApiApp } from '../../apps/api/src/api.app.js';
import { section } from './section.js';

type Operation = Readonly<{ summary?: string }>;

describe('README', () => {
  it('lists every path that is answered', async () => {
    // nothing is asked of the database: its pools open when they are first used
    const url = 'postgres://nobody@127.0.0.1:1/none';
    const database = new Database({ recorder: url, projector: url, api: url });
    const parts = {
      settings: readSettings([], {}),
      logger: silentLogger,
      database,
      metrics: new Metrics(),
      health: new HealthChecks(),
    };
    const app = await NestFactory.create<NestFastifyApplication>(ApiApp.of(parts), apiAdapter(), { logger: false });
    const { paths } = openApi(app);
    const rows = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods as Record<string, Operation>).map(
        ([method, { summary }]) => `| \`${method.toUpperCase()} ${path}\` | ${summary ?? ''} |`,
      ),
    );
    const wanted = ['| path | answers |', '| --- | --- |', ...rows, '| `POST /graphql` | The same by GraphQL |'].join(
      '\n',
    );

    expect(await section('routes', wanted)).toBe(wanted);
    await database.close();
  });
});
