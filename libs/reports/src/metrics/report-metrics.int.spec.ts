import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seesAll } from '#libs/access';
import { goodStart, initEnds, initRuns, newPod } from '#testing/projections';
import { Scene } from '../testing/index.js';
import { ReportMetrics } from './report-metrics.js';

let scene: Scene;
beforeAll(async () => {
  scene = await Scene.set();
});
afterAll(() => scene.end());

const scraped = async (): Promise<string> => (await scene.get('/metrics').expect(200)).text;
const value = async (series: string): Promise<number> =>
  Number(
    (await scraped())
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.slice(series.length + 1),
  );

describe('/metrics', () => {
  it('counts what ended, and knows every outcome before it comes', async () => {
    expect(await value('podinit_duration_seconds_count{namespace="shop",outcome="completed"}')).toBe(2);
    expect(await value('podinit_duration_seconds_sum{namespace="shop",outcome="completed"}')).toBe(30);
    expect(await value('podinit_duration_seconds_bucket{namespace="shop",outcome="completed",le="10"}')).toBe(1);
    expect(await value('podinit_starts_total{namespace="shop",outcome="aborted"}')).toBe(0);
    expect(await value('podinit_container_attempts_total{namespace="shop",outcome="failed"}')).toBe(1);
    expect(await value('podinit_container_attempts_total{namespace="shop",outcome="oom_killed"}')).toBe(0);
    expect(await value('podinit_stuck_pods{namespace="shop",reason="CRASH"}')).toBe(1);
    expect(await value('podinit_watch_gap_seconds_total{resource="pods"}')).toBe(10);
  });

  it('adds what came since the last scrape', async () => {
    await scraped();
    await scene.see([...goodStart(50, 700, 7), newPod(51, 710), initRuns(51, 711), initEnds(51, 711, 712, 137)]);

    expect(await value('podinit_duration_seconds_count{namespace="shop",outcome="completed"}')).toBe(3);
    expect(await value('podinit_duration_seconds_sum{namespace="shop",outcome="completed"}')).toBe(37);
    expect(await value('podinit_container_attempts_total{namespace="shop",outcome="failed"}')).toBe(2);
  });

  it('does not count again what a rebuild tells again, and a restart begins where it was', async () => {
    const before = (await scraped())
      .split('\n')
      .filter((line) => /^podinit_(duration|phase|starts|container)/.test(line));
    await scene.ledger.takeOver({ rules: '99' });
    const rebuilt = (await scraped())
      .split('\n')
      .filter((line) => /^podinit_(duration|phase|starts|container)/.test(line));
    const anew = await scene.restarted();
    const other = (await request(anew.getHttpServer()).get('/metrics')).text
      .split('\n')
      .filter((line) => /^podinit_(duration|phase|starts|container)/.test(line));
    await anew.close();

    expect(rebuilt.toSorted()).toEqual(before.toSorted());
    expect(other.toSorted()).toEqual(before.toSorted());
  });

  it('is OpenMetrics with exemplars where Accept asks for it', async () => {
    const { text, headers } = await scene
      .get('/metrics')
      .set('accept', 'application/openmetrics-text;version=1.0.0')
      .expect(200);

    expect(headers['content-type']).toContain('application/openmetrics-text');
    expect(text.endsWith('# EOF\n')).toBe(true);
    expect(text.match(/# EOF/g)).toHaveLength(1);
    expect(text).toMatch(/podinit_duration_seconds_bucket{[^}]*le="10"} 2 # {trace_id="[0-9a-f]{32}"} \d/);
  });

  it('is refused to who may not get its path', async () => {
    const metrics = scene.app.get(ReportMetrics, { strict: false });

    await expect(metrics.expose({ ...seesAll('jane'), metrics: false }, undefined)).rejects.toMatchObject({
      code: 'forbidden',
    });
  });
});
