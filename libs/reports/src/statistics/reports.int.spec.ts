import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { initEnds, initRuns, newPod, goodStart } from '#testing/projections';
import { Scene, sceneNow, surroundings } from '../testing/index.js';

let scene: Scene;
beforeAll(async () => {
  const hour = 3_600;
  scene = await Scene.set([
    ...surroundings(),
    ...goodStart(1, 100, 10),
    ...goodStart(2, hour - 300, 20),
    newPod(3, hour - 200),
    initRuns(3, hour - 199),
    initEnds(3, hour - 199, hour - 190, 1),
  ]);
});
afterAll(() => scene.end());

type Report = Readonly<{ items: Record<string, unknown>[]; meta: { position: string } }>;
const rows = async (path: string): Promise<Record<string, unknown>[]> =>
  (await scene.body<Report>(`/api/v1/reports/${path}`)).items;

describe('reports', () => {
  it('measure what succeeded, and tell what goes on apart', async () => {
    expect(await rows('durations')).toMatchObject([
      { of: 'initialization', ended: 2, succeeded: 2, running: 1, exactCount: 2, meanSeconds: 15 },
    ]);
  });

  it('count attempts where containers are asked for', async () => {
    expect(await rows('durations?groupBy=container')).toMatchObject([
      { of: 'attempt', container: 'migrate', ended: 3, succeeded: 2, failed: 1, exactCount: 2 },
    ]);
  });

  it('tell failures of initializations and of attempts in rows of their own', async () => {
    expect(await rows('failures')).toMatchObject([
      { of: 'initialization', category: null, failures: 0, running: 1 },
      { of: 'attempt', category: 'CRASH', failures: 1, share: 1 / 3 },
    ]);
    expect(await rows('failures?category=OOM')).toEqual([]);
  });

  it('group by workload with its namespace and cluster', async () => {
    expect(await rows('restarts?groupBy=workload')).toMatchObject([
      {
        cluster: 'test',
        namespace: 'shop',
        workloadKind: 'Deployment',
        workloadName: 'api',
        ended: 2,
        initRestarts: 0,
      },
    ]);
  });

  it('put what ended into its interval, and what has not into none', async () => {
    expect(
      (await rows('durations?interval=1h')).map(({ bucket, ended, running }) => ({ bucket, ended, running })),
    ).toEqual([
      { bucket: '2026-11-21T10:00:00.000Z', ended: 2, running: 0 },
      { bucket: null, ended: 0, running: 1 },
    ]);
  });

  it.each([
    ['from=2026-11-21T10:30:00Z', 1],
    ['to=2026-11-21T10:30:00Z', 1],
    ['from=2026-11-21T10:01:50Z&to=2026-11-21T10:01:51Z', 1],
    ['from=2026-11-21T10:01:51Z&to=2026-11-21T10:55:19Z', 0],
    ['from=now-24h', 2],
    ['from=2026-11-21T09:30:00Z&to=2026-11-21T11:30:00Z', 2],
  ])('cut at the second that is asked for, not at the hour: %s', async (query, ended) => {
    expect((await rows(`durations?${query}`)).reduce((sum, row) => sum + Number(row['ended']), 0)).toBe(ended);
  });

  it('say the same from the sums as from the rows they are the sum of', async () => {
    const whole = await scene.body<Report>('/api/v1/reports/durations?groupBy=revision');
    await scene.see(goodStart(9, 3_500, 50));

    const again = await scene.body<Report>(`/api/v1/reports/durations?groupBy=revision&asOf=${whole.meta.position}`);

    expect(again.items).toEqual(whole.items);
    expect(await rows('durations')).toMatchObject([{ ended: 3 }]);
  });

  it('asked at a time, tell what had ended by then', async () => {
    expect(await rows('durations?at=2026-11-21T10:30:00Z')).toMatchObject([{ ended: 1, running: 0 }]);
    expect(await rows('durations?at=2026-11-21T10:55:10Z')).toMatchObject([{ ended: 1, running: 1 }]);
  });
});

describe('/workloads', () => {
  it('tells how the pods of a workload start', async () => {
    const { items } = await scene.body<Report>('/api/v1/workloads');

    expect(items).toMatchObject([
      { workload: { kind: 'Deployment', name: 'api' }, pods: 4, running: 1, stuck: 0, successRate: 1 },
    ]);
  });
});

describe('reports over days', () => {
  const day = 86_400;
  let weeks: Scene;
  beforeAll(async () => {
    weeks = await Scene.set([
      ...surroundings(),
      ...goodStart(1, 600, 10),
      ...goodStart(2, 0.5 * day, 20),
      ...goodStart(3, day, 30),
      newPod(4, 2 * day),
      initRuns(4, 2 * day + 1),
      initEnds(4, 2 * day + 1, 2 * day + 9, 1),
      ...goodStart(5, 3 * day + 7_000, 40),
    ]);
    vi.setSystemTime(sceneNow + 5 * day * 1_000);
  });
  afterAll(() => weeks.end());

  it.each([
    'durations',
    'durations?groupBy=namespace',
    'durations?groupBy=workload&interval=1d',
    'durations?groupBy=revision&from=now-4d',
    'durations?workload=Deployment/api&to=2026-11-24T00:00:00Z',
    'durations?from=2026-11-21T22:30:00Z&to=2026-11-24T11:15:00Z',
    'durations?from=2026-11-22T00:00:00Z&to=2026-11-23T00:00:00Z',
    'durations?from=2026-11-22T00:00:00Z&to=2026-11-22T23:00:00Z',
    'durations?interval=12h',
    'durations?interval=2d&initContainers=any',
    'failures?namespace=shop&groupBy=container',
    'failures?from=2026-11-23T01:00:00Z',
    'restarts?interval=1d',
  ])('say the same from the sums of days as from the rows they are the sum of: %s', async (path) => {
    const summed = await weeks.body<Report>(`/api/v1/reports/${path}`);
    const asOf = `${path.includes('?') ? '&' : '?'}asOf=${summed.meta.position}`;

    const counted = await weeks.body<Report>(`/api/v1/reports/${path}${asOf}`);

    expect(summed.items).toEqual(counted.items);
    expect(summed.items.length).toBeGreaterThan(0);
  });
});
