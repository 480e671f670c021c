import { array, assert, asyncProperty, boolean, constantFrom, integer } from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { goodStart, initEnds, initRuns, newPod, podSeen, uid } from '#testing/projections';
import { seesAll, type Viewer } from '#libs/access';
import { placeToken } from '../asking/cursor.js';
import { PodFilter } from './pod-filter.js';
import { PodsQuery } from './pods.query.js';
import { Scene, surroundings } from '../testing/index.js';

let scene: Scene;
beforeAll(async () => {
  scene = await Scene.set();
  await scene.see([
    podSeen(9, 100, {
      metadata: {
        uid: uid(9),
        name: 'plain',
        namespace: 'shop',
        creationTimestamp: '2026-11-21T10:01:40Z',
        labels: {},
      },
      spec: { nodeName: 'node-a', containers: ['app'] },
      'spec.container.app': { name: 'app', image: 'app:1' },
      status: { phase: 'Running', startTime: '2026-11-21T10:01:40Z' },
    }),
  ]);
});
afterAll(() => scene.end());

type Listed = Readonly<{
  items: Record<string, unknown>[];
  page: { nextCursor: string | null; hasMore: boolean };
  meta: { position: string; complete: boolean; withheld: object[] };
}>;
const names = async (query: string): Promise<unknown[]> =>
  (await scene.body<Listed>(`/api/v1/pods?sort=name&${query}`)).items.map(({ name }) => name);

describe('/pods', () => {
  it.each([
    ['', ['api-1', 'api-2', 'api-3', 'api-4']],
    ['initContainers=any', ['api-1', 'api-2', 'api-3', 'api-4', 'plain']],
    ['namespace=shop&namespace=other', ['api-1', 'api-2', 'api-3', 'api-4']],
    ['namespace=other', []],
    ['cluster=test', ['api-1', 'api-2', 'api-3', 'api-4']],
    ['cluster=elsewhere', []],
    ['workload=Deployment/api', ['api-1', 'api-2', 'api-3', 'api-4']],
    ['workload=deployment/api', ['api-1', 'api-2', 'api-3', 'api-4']],
    ['workload=StatefulSet/api', []],
    ['node=node-a&node=node-b', ['api-1', 'api-2', 'api-3', 'api-4']],
    ['node=node-b', []],
    ['container=migrate', ['api-1', 'api-2', 'api-3', 'api-4']],
    ['container=seed', []],
    ['image=migrate:1', ['api-1', 'api-2', 'api-3', 'api-4']],
    ['image=migrate', ['api-1', 'api-2', 'api-3', 'api-4']],
    ['image=migr', []],
    ['phase=initialized', ['api-1']],
    ['phase=initializing', ['api-3', 'api-4']],
    ['phase=run', ['api-4']],
    ['outcome=completed', ['api-1', 'api-2']],
    ['outcome=running', ['api-3', 'api-4']],
    ['category=CRASH', ['api-3']],
    ['labelSelector=app%3Dapi', ['api-1', 'api-2', 'api-3', 'api-4']],
    ['labelSelector=app%20notin%20(api)', []],
    ['labelSelector=!app', []],
    ['initContainers=any&labelSelector=!app', ['plain']],
    ['minDuration=15s&outcome=completed', ['api-2']],
    ['minDuration=10m', ['api-3', 'api-4']],
    ['from=2026-11-21T10:00:45Z', ['api-3', 'api-4']],
    ['to=2026-11-21T10:00:15Z', ['api-1']],
    ['from=2026-11-21T10:00:11Z&to=2026-11-21T10:00:20Z', []],
    ['stuck=true', ['api-3', 'api-4']],
    ['stuck=false', ['api-1', 'api-2']],
  ])('lists, for ?%s, %j', async (query, expected) => {
    const found = await names(query);

    expect(query === 'phase=initialized' ? found.filter((name) => name === 'api-1') : found).toEqual(expected);
  });

  it.each([
    ['createdAt', ['api-1', 'api-2', 'api-3', 'api-4']],
    ['-createdAt', ['api-4', 'api-3', 'api-2', 'api-1']],
    ['duration', ['api-1', 'api-2', 'api-4', 'api-3']],
    ['-name', ['api-4', 'api-3', 'api-2', 'api-1']],
    ['initRestarts', ['api-1', 'api-2', 'api-3', 'api-4']],
  ])('sorts by %s, page by page', async (sort, expected) => {
    const seen: unknown[] = [];
    let cursor = '';
    do {
      const page = await scene.body<Listed>(`/api/v1/pods?limit=1&sort=${sort}${cursor}`);
      seen.push(...page.items.map(({ name }) => name));
      cursor = page.page.nextCursor === null ? '' : `&cursor=${page.page.nextCursor}`;
    } while (cursor !== '');

    expect(seen).toEqual(expected);
  });

  it('tells of one pod what the list tells', async () => {
    const { items } = await scene.body<Listed>('/api/v1/pods');
    for (const item of items) {
      const { data } = await scene.body<{ data: Record<string, unknown> }>(`/api/v1/pods/${String(item['uid'])}`);
      expect(data).toMatchObject(item);
    }
  });
});

describe('time travel', () => {
  it('asOf a time tells what had been recorded by then', async () => {
    const { items, meta } = await scene.body<{ items: Record<string, unknown>[]; meta: { asOf: string } }>(
      '/api/v1/pods?sort=name&asOf=2026-11-21T10:00:25Z',
    );

    expect(items).toMatchObject([
      { name: 'api-1', state: 'initialized', deletedAt: null },
      { name: 'api-2', state: 'initializing', duration: { seconds: 5 }, deletedAt: null },
    ]);
    expect(meta.asOf).toBe('2026-11-21T10:00:25.000Z');
  });

  it('asOf the position of an answer gives that answer again, whatever was recorded since', async () => {
    const before = await scene.body<Listed>('/api/v1/pods');
    await scene.see(goodStart(20, 200, 5));

    const again = await scene.body<Listed>(`/api/v1/pods?asOf=${before.meta.position}`);

    expect(again).toEqual(before);
    expect((await scene.body<Listed>('/api/v1/pods')).items).toHaveLength(before.items.length + 1);
  });

  it('at a time tells what was so then, with everything learnt since', async () => {
    const { items } = await scene.body<Listed>('/api/v1/pods?sort=name&at=2026-11-21T10:00:55Z');

    expect(items).toMatchObject([
      { name: 'api-1', state: 'initialized' },
      { name: 'api-2', state: 'initialized', deletedAt: null },
      { name: 'api-3', state: 'initializing', category: null, status: 'Init:0/1', duration: { seconds: 5 } },
    ]);
    const { data } = await scene.body<{ data: { cycles: { initContainers: { attempts: object[] }[] }[] } }>(
      `/api/v1/pods/${uid(3)}?at=2026-11-21T10:00:55Z`,
    );
    expect(data.cycles[0]?.initContainers[0]?.attempts).toMatchObject([
      { outcome: 'running', finishedAt: null, exitCode: null, duration: { seconds: 4 } },
    ]);
  });

  it('minPosition is met at once by what is told already', async () => {
    const { meta } = await scene.body<Listed>('/api/v1/pods');

    expect((await scene.get(`/api/v1/pods?minPosition=${meta.position}`)).status).toBe(200);
  });

  it('minPosition that is stored and not told yet is waited for, then 503', async () => {
    await scene.ledger.append([newPod(30, 300)]);
    const head = await scene.ledger.reader.head(scene.ledger.shardId);
    const token = placeToken({ positions: { [scene.ledger.shardId]: (head?.size ?? 0) - 1 }, asOf: Date.now() });

    const late = await scene.get(`/api/v1/pods?minPosition=${token}`).expect(503);
    expect(late.headers['retry-after']).toBe('1');

    await scene.ledger.project();
    await scene.get(`/api/v1/pods?minPosition=${token}`).expect(200);
  }, 20_000);
});

describe('the pages of one cursor', () => {
  it('hold each pod once, whatever is recorded between them', async () => {
    const own = await Scene.set([...surroundings(), ...[1, 2, 3, 4, 5].flatMap((pod) => goodStart(pod, pod * 3, 2))]);
    let next = 100;
    try {
      await assert(
        asyncProperty(
          integer({ min: 1, max: 4 }),
          constantFrom('createdAt', '-createdAt', 'name', '-name', 'duration', '-duration', '-initRestarts'),
          array(boolean(), { maxLength: 8 }),
          async (limit, sort, records) => {
            const whole = await own.body<Listed>(`/api/v1/pods?limit=500&sort=${sort}`);
            const seen: unknown[] = [];
            let page = await own.body<Listed>(`/api/v1/pods?limit=${limit}&sort=${sort}`);
            seen.push(...page.items.map(({ uid: one }) => one));
            for (let index = 0; page.page.nextCursor !== null; index += 1) {
              if (records[index]) {
                next += 1;
                await own.see([newPod(next, next * 10), initRuns(next, next * 10 + 1), initEnds(1, 3, 5)]);
              }
              page = await own.body<Listed>(`/api/v1/pods?limit=${limit}&sort=${sort}&cursor=${page.page.nextCursor}`);
              seen.push(...page.items.map(({ uid: one }) => one));
            }

            expect(seen).toEqual(whole.items.map(({ uid: one }) => one));
          },
        ),
        { numRuns: 12 },
      );
    } finally {
      await own.end();
    }
  }, 120_000);
});

describe('a viewer', () => {
  const filter = PodFilter.parse({ sort: 'name' });
  const list = (viewer: Viewer) => scene.app.get(PodsQuery, { strict: false }).list(viewer, filter);
  const jane: Viewer = { ...seesAll('jane'), pods: new Map([['shop', uid(800)]]), nodes: false };

  it('of one namespace sees its pods, without the details of nodes it may not get, and is told so', async () => {
    const { items, meta } = await list(jane);

    expect(items[0]).toMatchObject({ name: 'api-1', node: 'node-a', zone: null, kubeletVersion: null });
    expect(meta).toMatchObject({
      complete: false,
      withheld: [
        { field: 'zone', right: 'get nodes' },
        { field: 'kubeletVersion', right: 'get nodes' },
      ],
    });
  });

  it('of a namespace that was made anew sees nothing of the old one', async () => {
    expect((await list({ ...jane, pods: new Map([['shop', uid(801)]]) })).items).toEqual([]);
  });

  it('of another cluster sees nothing', async () => {
    const { items, meta } = await list({ ...jane, clusterUid: 'another' });

    expect({ items, source: meta.source }).toEqual({ items: [], source: 'none' });
  });
});
