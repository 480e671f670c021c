import { describe, expect, it } from 'vitest';

import { Metrics } from './metrics.js';

describe('Metrics', () => {
  it('speaks OpenMetrics to who asks for it, and Prometheus’ text to everybody else', async () => {
    const metrics = new Metrics();
    metrics.counter({ name: 'initledger_appends_total', help: 'Appends', labels: ['log'] }).inc({ log: 'event' }, 3);

    const plain = await metrics.expose(undefined);
    const open = await metrics.expose('application/openmetrics-text; version=1.0.0,text/plain;q=0.5');

    expect(plain.contentType).toContain('text/plain');
    expect(plain.body).toContain('initledger_appends_total{log="event"} 3');
    expect(open.contentType).toContain('application/openmetrics-text');
    expect(open.body).toContain('initledger_appends_total{log="event"} 3');
    expect(open.body.trimEnd().endsWith('# EOF')).toBe(true);
  });

  it('says the same again after it was asked in the other format', async () => {
    const metrics = new Metrics();
    metrics.counter({ name: 'initledger_appends_total', help: 'Appends' }).inc();
    const types = async (accept?: string): Promise<string[]> =>
      (await metrics.expose(accept)).body.split('\n').filter((line) => line.startsWith('# TYPE initledger_appends'));

    const seen = [];
    for (const accept of ['application/openmetrics-text', undefined, 'application/openmetrics-text', undefined]) {
      seen.push(...(await types(accept)));
    }

    expect(seen).toEqual([
      '# TYPE initledger_appends counter',
      '# TYPE initledger_appends_total counter',
      '# TYPE initledger_appends counter',
      '# TYPE initledger_appends_total counter',
    ]);
  });

  it('asks for the value of a gauge when it is scraped', async () => {
    const metrics = new Metrics();
    let live = 1;
    metrics.gauge({ name: 'initledger_live_pods', help: 'Pods' }, (gauge) => gauge.set(live));
    live = 7;

    expect((await metrics.expose('text/plain')).body).toContain('initledger_live_pods 7');
  });

  it('tells everything else where a gauge cannot be told or takes too long, and never what was so before', async () => {
    const metrics = new Metrics();
    let isAway = false;
    const answer = (set: () => void): void => {
      if (isAway) throw new Error('the database is away');
      set();
    };
    metrics.gauge({ name: 'initledger_live_pods', help: 'Pods' }, (gauge) => answer(() => gauge.set(7)));
    metrics.gauge({ name: 'initledger_lag_seconds', help: 'Lag', labels: ['shard'] }, (gauge) =>
      answer(() => gauge.set({ shard: '1' }, 3)),
    );
    metrics.gauge({ name: 'initledger_hanging', help: 'Hangs' }, () => new Promise(() => undefined));
    const samples = async (): Promise<string[]> =>
      (await metrics.expose(undefined)).body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    const before = await samples();
    isAway = true;

    const away = await samples();

    expect(before).toEqual(expect.arrayContaining(['initledger_live_pods 7', 'initledger_lag_seconds{shard="1"} 3']));
    expect(away.toSorted()).toEqual(['initledger_metrics_failures_total{metric="initledger_hanging"} 1']);
  });
});
