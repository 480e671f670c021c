import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { initEnds, initRuns, namespaceSeen, newPod, podGone, time, uid, type Seen } from '#testing/projections';
import { seesAll, type Viewer } from '#libs/access';
import { DependenciesQuery } from './dependencies.query.js';
import { DependencyFilter, type DependencyRow } from './dependency.schema.js';
import { Scene, surroundings } from '../testing/index.js';

const command = ['sh', '-c', 'until nc -z db.shop 5432; do sleep 1; done'];

/** A pod whose init container waits from second `from` to second `to`, or still does. */
const waits = (
  pod: number,
  from: number,
  to: number | null,
  more: Parameters<typeof newPod>[2] = {},
): readonly Seen[] => [
  newPod(pod, from, { command, ...more }),
  initRuns(pod, from),
  ...(to === null ? [] : [initEnds(pod, from, to)]),
];

let scene: Scene;
beforeAll(async () => {
  const other = { namespace: 'other', owner: null };
  const seen = [
    ...surroundings(),
    namespaceSeen(0, 'other', 801),
    // Three at once, of which one is in another namespace; one of a second that is no wait; a later one that goes on.
    ...waits(1, 100, 160),
    ...waits(2, 120, 180),
    ...waits(3, 130, 150, other),
    ...waits(4, 200, 201),
    ...waits(5, 1_000, null),
    // Others: on another target, given up by deletion, and none at all.
    ...waits(6, 1_100, 1_120, { command: ['sh', '-c', 'until nslookup mq; do sleep 1; done'] }),
    ...waits(7, 1_200, null, { command: ['sh', '-c', 'until nc -z mq 5672; do sleep 1; done'] }),
    podGone(7, 1_260),
    ...waits(8, 1_300, 1_400, { command: ['/app/seed'] }),
    newPod(9, 1_500, { command }),
  ].toSorted((a, b) => Date.parse(a.observation.receivedAt) - Date.parse(b.observation.receivedAt));
  scene = await Scene.set(seen);
});
afterAll(() => scene.end());

type Answer = Readonly<{ items: DependencyRow[]; page: { nextCursor: string | null }; meta: { complete: boolean } }>;
const rows = async (query = ''): Promise<DependencyRow[]> =>
  (await scene.body<Answer>(`/api/v1/reports/dependencies?${query}`)).items;
const short = (some: readonly DependencyRow[]): readonly string[] =>
  some.map(({ endpoint, pods, peak, open }) => `${endpoint} ${pods}/${peak}/${open}`);
const stamp = (seconds: number): string => new Date(time(seconds)).toISOString();

describe('/reports/dependencies', () => {
  it('tells a span in which pods waited for one target in full', async () => {
    const [first] = await rows();

    expect(first).toEqual({
      cluster: 'test',
      target: 'db:5432',
      endpoint: 'db.shop:5432',
      kind: 'service',
      protocol: 'tcp',
      confidence: 'certain',
      from: stamp(100),
      to: stamp(180),
      pods: 3,
      peak: 3,
      open: 0,
      namespaces: 2,
      workloads: 2,
      podSeconds: 140,
      longestSeconds: 60,
      namespaceNames: ['other', 'shop'],
      workloadNames: ['other/Pod/api-3', 'shop/Deployment/api'],
      podNames: ['other/api-3', 'shop/api-1', 'shop/api-2'],
    });
  });

  it.each([
    ['', ['db.shop:5432 3/3/0', 'db.shop:5432 1/1/1', 'mq.shop 1/1/0', 'mq.shop:5672 1/1/0']],
    ['minPods=2', ['db.shop:5432 3/3/0']],
    ['target=mq', ['mq.shop 1/1/0']],
    ['target=mq.shop:5672', ['mq.shop:5672 1/1/0']],
    ['target=mq&target=db:5432&minPods=3', ['db.shop:5432 3/3/0']],
    ['namespace=other', ['db.shop:5432 1/1/0']],
    ['workload=Deployment/api&minPods=2', ['db.shop:5432 2/2/0']],
    ['workload=Pod/api-3', ['db.shop:5432 1/1/0']],
    ['container=migrate&minPods=3', ['db.shop:5432 3/3/0']],
    ['container=other', []],
    ['cluster=elsewhere', []],
    ['minDuration=1s&minPods=3', ['db.shop:5432 4/3/0']],
    ['minDuration=1s&join=10s&minPods=3', ['db.shop:5432 3/3/0']],
    ['minDuration=55s', ['db.shop:5432 2/2/0', 'db.shop:5432 1/1/1', 'mq.shop:5672 1/1/0']],
    [`from=${time(900)}`, ['db.shop:5432 1/1/1', 'mq.shop 1/1/0', 'mq.shop:5672 1/1/0']],
    [`to=${time(110)}`, ['db.shop:5432 1/1/0']],
    [`from=${time(155)}&to=${time(900)}`, ['db.shop:5432 2/2/0']],
    ['join=1h', ['db.shop:5432 4/3/1', 'mq.shop 1/1/0', 'mq.shop:5672 1/1/0']],
  ])('tells, for ?%s, %j', async (query, expected) => {
    expect(short(await rows(query))).toEqual(expected);
  });

  it('asOf a time tells what had been recorded by then, and at a time what was so then', async () => {
    expect(short(await rows('asOf=2026-11-21T10:02:25Z'))).toEqual(['db.shop:5432 3/3/3']);
    expect(short(await rows('at=2026-11-21T10:02:35Z'))).toEqual(['db.shop:5432 3/3/2']);
  });

  it('is told page by page', async () => {
    const seen: string[] = [];
    let cursor = '';
    do {
      const { items, page } = await scene.body<Answer>(`/api/v1/reports/dependencies?limit=1${cursor}`);
      seen.push(...short(items));
      cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`;
    } while (cursor !== '');

    expect(seen).toEqual(short(await rows()));
  });

  it('is CSV for whom asks for it, lists in one cell', async () => {
    const { text, headers } = await scene.get('/api/v1/reports/dependencies?format=csv&minPods=2').expect(200);
    const [header, line] = text.split('\r\n');

    expect(headers['content-type']).toContain('text/csv');
    expect(header).toMatch(/^cluster,target,endpoint,kind,/);
    expect(line).toMatch(
      /^test,db:5432,db\.shop:5432,service,.*,other; shop,other\/Pod\/api-3; shop\/Deployment\/api,/,
    );
  });

  it('counts only what the viewer may see, before anything is counted', async () => {
    const viewer: Viewer = { ...seesAll('jane'), pods: new Map([['shop', uid(800)]]) };
    const told = await scene.app.get(DependenciesQuery).list(viewer, DependencyFilter.parse({ minPods: 2 }));

    expect(told.items.map(({ pods, namespaceNames }) => [pods, namespaceNames])).toEqual([[2, ['shop']]]);
  });
});

describe('a pod that waited with others', () => {
  type Pod = Readonly<{
    data: { findings: Record<string, unknown>[]; cycles: { initContainers: { waitsFor: string }[] }[] };
  }>;
  const findings = async (pod: number) => (await scene.body<Pod>(`/api/v1/pods/${uid(pod)}`)).data.findings;

  it('says with how many, since when, and on which evidence', async () => {
    expect(await findings(1)).toEqual([
      {
        kind: 'waitsWithOthers',
        summary: 'While migrate waited for db:5432, 2 other pods waited for the same',
        container: 'migrate',
        confidence: 'certain',
        evidence: [expect.stringMatching(/^\d+:\d+$/)],
        at: stamp(100),
      },
    ]);
    expect((await findings(3))[0]).toMatchObject({
      summary: 'While migrate waited for db.shop:5432, 2 other pods waited for the same',
    });
  });

  it.each([4, 5, 6, 8, 9])('says nothing where it waited alone, briefly, or for nothing: pod %i', async (pod) => {
    expect(await findings(pod)).toEqual([]);
  });

  it('asOf a time before the others began says nothing', async () => {
    const { data } = await scene.body<Pod>(`/api/v1/pods/${uid(1)}?asOf=2026-11-21T10:01:55Z`);

    expect(data.findings).toEqual([]);
  });
});

it('lists the pods that stand at a wait for a target', async () => {
  const { items } = await scene.body<{ items: { name: string }[] }>(
    '/api/v1/pods?waitsFor=db:5432&sort=name&outcome=running',
  );

  expect(items.map(({ name }) => name)).toEqual(['api-5', 'api-9']);
});
