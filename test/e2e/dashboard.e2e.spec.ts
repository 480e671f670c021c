import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dashboard } from '../../deploy/grafana/dashboard.js';
import type { Column, InfinityTarget, PrometheusTarget, Target } from '../../deploy/grafana/panels.js';
import { freePort, start, until, type Json, type Service } from './service.js';

const installed =
  spawnSync('prometheus', ['--version']).status === 0 && spawnSync('promtool', ['--version']).status === 0;

const everyTarget: readonly (readonly [string, Target])[] = [
  ...dashboard.panels.flatMap(({ title, targets }) => targets.map((target) => [title, target] as const)),
  ...dashboard.annotations.list.map(({ name, target }) => [name, target] as const),
];
const isMetric = (target: Target): target is PrometheusTarget => 'expr' in target;

/** Grafana's variables as a dashboard that shows the last quarter of an hour would fill them. */
function filled(text: string, namespace = '.*'): string {
  const now = Date.now();
  return text
    .replaceAll('$__rate_interval', '1m')
    .replaceAll('$namespace"', `${namespace}"`)
    .replaceAll('${namespace}', namespace)
    .replaceAll('${__from}', String(now - 900_000))
    .replaceAll('${__to}', String(now));
}

/** Whether Grafana can read a cell as what its column says; a cell may be empty, but not missing. */
function isOf(type: Column['type'], value: unknown): boolean {
  if (value === null) return true;
  if (type === 'timestamp') return typeof value === 'string' && !Number.isNaN(Date.parse(value));
  return typeof value === type;
}

const at = (row: Json, path: string): unknown => path.split('.').reduce((value, key) => value?.[key], row);

describe('the dashboard', () => {
  let folder: string;
  let service: Service;
  let prometheus: ChildProcess | undefined;
  let prometheusUrl: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'initledger-dashboard-'));
    const limits = ['--stuck-after-seconds', '3', '--stuck-floor-seconds', '1'];
    service = await start({ args: ['--source', 'demo', '--data', join(folder, 'ledger'), ...limits] });
    if (installed) {
      const port = await freePort();
      prometheusUrl = `http://127.0.0.1:${port}`;
      const target = new URL(service.url).host;
      await writeFile(
        join(folder, 'prometheus.yml'),
        `global: {scrape_interval: 1s}\nscrape_configs: [{job_name: initledger, static_configs: [{targets: ['${target}']}]}]\n`,
      );
      prometheus = spawn('prometheus', [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'tsdb')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ]);
    }
    await until(async () => (await service.get('/api/v1/stuck')).items.length > 0, {
      seconds: 90,
      what: () => `nothing was stuck:\n${service.output()}`,
    });
    await sleep(5000);
  });
  afterAll(async () => {
    if (prometheus) {
      prometheus.kill();
      await once(prometheus, 'exit');
    }
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it.skipIf(!installed).each(everyTarget.filter(([, target]) => isMetric(target)))(
    'has an answer from Prometheus for every query of %s',
    async (_title, target) => {
      const query = encodeURIComponent(filled((target as PrometheusTarget).expr));
      await until(
        async () => {
          const answer: Json = await (await fetch(`${prometheusUrl}/api/v1/query?query=${query}`)).json();
          expect(answer).toMatchObject({ status: 'success' });
          return answer.data.result.length > 0;
        },
        { seconds: 30, what: () => `no series for ${filled((target as PrometheusTarget).expr)}` },
      );
    },
  );

  it.each(everyTarget.filter(([, target]) => !isMetric(target)))(
    'finds every column of %s in the answer of the service',
    async (title, target) => {
      const { url, root_selector: root, columns } = target as InfinityTarget;
      // the demo goes on: whose pods are stuck is asked at the moment
      const stuck: Json[] = (await service.get('/api/v1/stuck')).items;
      const rows: Json[] = (await service.get(filled(url, stuck[0]?.namespace)))[root];
      const cells = rows.flatMap((row) =>
        columns.map(({ selector, type }) => ({ selector, type, value: at(row, selector) })),
      );

      expect(rows.length > 0 || title === 'not recorded').toBe(true);
      expect(cells.filter(({ type, value }) => !isOf(type, value))).toEqual([]);
    },
  );

  it.skipIf(!installed)('scrapes what promtool finds no fault with', async () => {
    const text = await (await fetch(`${service.url}/metrics`)).text();
    const checked = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });

    expect(checked.stdout + checked.stderr).toBe('');
    expect(checked.status).toBe(0);
  });
});

describe('the source of the dashboard', () => {
  it('gives every panel a title, a description and a data source that can be chosen', () => {
    for (const { title, description, targets } of dashboard.panels) {
      expect([title, description].every((text) => text.length > 0)).toBe(true);
      expect(targets.every(({ datasource }) => /^\$\{\w+\}$/.test(datasource.uid))).toBe(true);
    }
  });

  it('takes rates of counters and of nothing else', () => {
    const expressions = everyTarget.flatMap(([, target]) => (isMetric(target) ? [target.expr] : []));

    expect(expressions.filter((expr) => /_total\b/.test(expr) && !/(rate|increase)\(/.test(expr))).toEqual([]);
  });

  it('does not let two panels lie on each other', () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, nth) => `${x + (nth % w)},${y + Math.floor(nth / w)}`),
    );

    expect(new Set(cells).size).toBe(cells.length);
  });
});
