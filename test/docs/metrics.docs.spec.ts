import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { DynamicModule } from '@nestjs/common';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { startApi } from '#libs/cluster-simulator';
import { connect } from '#libs/kubernetes';
import { Database, HealthChecks, Metrics, readSettings, silentLogger, type PlatformParts } from '#libs/platform';
import { ApiApp } from '../../apps/api/src/api.app.js';
import { ProjectorApp } from '../../apps/projector/src/projector.app.js';
import { RecorderApp } from '../../apps/recorder/src/recorder.app.js';
import { section } from './section.js';

type Told = Readonly<{ name: string; help: string; type: string; labels: readonly string[] }>;

/** What a process tells of itself. Its parts are made and not begun, so nothing is asked of a database or a cluster. */
async function toldBy(app: (parts: PlatformParts) => DynamicModule, args: readonly string[]): Promise<readonly Told[]> {
  const url = 'postgres://nobody@127.0.0.1:1/none';
  const database = new Database({ recorder: url, projector: url, api: url });
  const metrics = new Metrics();
  const settings = readSettings(args, {});
  const parts = { settings, logger: silentLogger, database, metrics, health: new HealthChecks() };
  await NestFactory.create<NestFastifyApplication>(app(parts), new FastifyAdapter(), { logger: false });
  await database.close();
  return metrics.registry.getMetricsAsArray().map((metric) => {
    const { name, help, labelNames } = metric as unknown as {
      name: string;
      help: string;
      labelNames: readonly string[];
    };
    return { name, help, type: metric.constructor.name.toLowerCase(), labels: labelNames };
  });
}

describe('README', () => {
  it('lists every metric that a process tells of itself', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'initledger-docs-'));
    const cluster = await startApi();
    const target = {
      cluster: connect({ kubeconfig: cluster.kubeconfigPath }),
      source: 'kubernetes' as const,
      namespaces: [],
    };
    const dataOf = (process: string) => ['--data', path.join(folder, process)];
    const writing = ['--write-recording', path.join(folder, 'written.jsonl')];
    const processes = {
      recorder: await toldBy((parts) => RecorderApp.of(parts, target), [...dataOf('recorder'), ...writing]),
      projector: await toldBy((parts) => ProjectorApp.of(parts), dataOf('projector')),
      api: await toldBy((parts) => ApiApp.of(parts), dataOf('api')),
    };
    await cluster.close();
    await rm(folder, { recursive: true });

    const metrics = new Map<string, Told & { in: string[] }>();
    for (const [process, told] of Object.entries(processes)) {
      for (const metric of told) {
        const known = metrics.get(metric.name) ?? { ...metric, in: [] };
        known.in.push(process);
        metrics.set(metric.name, known);
      }
    }
    const rows = [...metrics.values()]
      .filter(({ name }) => name.startsWith('initledger_'))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, type, labels, help, in: where }) => {
        const processNames = where.length === 3 ? 'all' : where.join(', ');
        return `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} | ${processNames} |`;
      });
    const wanted = ['| metric | type | labels | tells | process |', '| --- | --- | --- | --- | --- |', ...rows].join(
      '\n',
    );

    expect(await section('metrics', wanted)).toBe(wanted);
    expect(rows.length).toBeGreaterThan(20);
  });
});
