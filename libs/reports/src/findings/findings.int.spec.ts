import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { initBacksOff, initEnds, initRuns, newPod, time, uid } from '#testing/projections';
import { seesAll } from '#libs/access';
import type { FoundInPod } from './finding.schema.js';
import { FindingsFilter } from './finding.schema.js';
import { FindingsQuery } from './findings.query.js';
import { Scene, surroundings } from '../testing/index.js';

const command = ['sh', '-c', 'nc -z db 5432'];
const backOff = 'back-off 20s restarting failed container=migrate pod=api_shop(1)';

let scene: Scene;
beforeAll(async () => {
  scene = await Scene.set([
    ...surroundings(),
    newPod(1, 1, { command }),
    ...initBacksOff(1, 60, backOff),
    newPod(2, 100, { command, revision: '2' }),
    ...initBacksOff(2, 160, backOff),
    newPod(3, 200, { command }),
    initRuns(3, 201),
    initEnds(3, 201, 205),
  ]);
});
afterAll(() => scene.end());

type Answer = Readonly<{ items: FoundInPod[]; page: { nextCursor: string | null } }>;
const found = async (query = ''): Promise<FoundInPod[]> =>
  (await scene.body<Answer>(`/api/v1/findings?${query}`)).items;
const pods = async (query: string): Promise<readonly string[]> => (await found(query)).map(({ pod }) => pod.name);

describe('/findings', () => {
  it('tells what was found, in which pod, on which evidence, the newest first', async () => {
    const [first] = await found();

    expect(first).toEqual({
      kind: 'dependencyRetried',
      summary:
        'migrate looked for db:5432 and failed within 30 s 2 times: the kubelet’s back-off decides when it looks again',
      container: 'migrate',
      confidence: 'strong',
      evidence: [expect.stringMatching(/^\d+:\d+$/), expect.stringMatching(/^\d+:\d+$/)],
      at: time(160),
      cluster: 'test',
      namespace: 'shop',
      pod: { uid: uid(2), name: 'api-2' },
      workload: { kind: 'Deployment', name: 'api' },
      toldAt: expect.stringMatching(/Z$/) as string,
    });
  });

  it.each([
    ['', ['api-2', 'api-1']],
    ['kind=dependencyRetried', ['api-2', 'api-1']],
    ['kind=attemptsMissed', []],
    ['kind=attemptsMissed&kind=dependencyRetried', ['api-2', 'api-1']],
    ['container=migrate', ['api-2', 'api-1']],
    ['container=seed', []],
    ['confidence=strong', ['api-2', 'api-1']],
    ['confidence=certain', []],
    ['cluster=elsewhere', []],
    ['namespace=other', []],
    ['workload=deployment/api', ['api-2', 'api-1']],
    ['workload=Job/api', []],
    [`from=${time(100)}`, ['api-2']],
    [`to=${time(100)}`, ['api-1']],
    ['asOf=2026-11-21T10:01:30Z', ['api-1']],
    ['asOf=2026-11-21T10:00:50Z', []],
  ])('lists, for ?%s, %j', async (query, expected) => {
    expect(await pods(query)).toEqual(expected);
  });

  it('is told page by page', async () => {
    const { page } = await scene.body<Answer>('/api/v1/findings?limit=1');
    const second = await scene.body<Answer>(`/api/v1/findings?limit=1&cursor=${page.nextCursor}`);

    expect([second.items.map(({ pod }) => pod.name), second.page.nextCursor]).toEqual([['api-1'], null]);
  });

  it('refuses a kind that there is not, and one that no list can tell', async () => {
    const asked = ['nonsense', 'waitsWithOthers'].map((kind) => scene.get(`/api/v1/findings?kind=${kind}`));

    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([400, 400]);
  });

  it('keeps what the viewer may not see to itself', async () => {
    const query = scene.app.get(FindingsQuery);
    const told = await query.list(
      { ...seesAll('jane'), pods: new Map([['other', uid(801)]]) },
      FindingsFilter.parse({}),
    );

    expect(told.items).toEqual([]);
  });

  it('is what the pod itself tells', async () => {
    const [listed] = await found('limit=1');
    const { data } = await scene.body<{ data: { findings: object[] } }>(`/api/v1/pods/${uid(2)}`);

    expect(data.findings).toContainEqual({
      kind: listed?.kind,
      summary: listed?.summary,
      container: listed?.container,
      confidence: listed?.confidence,
      evidence: listed?.evidence,
      at: listed?.at,
    });
  });

  it('chooses pods', async () => {
    const names = async (query: string) =>
      (await scene.body<{ items: { name: string }[] }>(`/api/v1/pods?sort=name&${query}`)).items.map(
        ({ name }) => name,
      );

    expect(await names('finding=dependencyRetried')).toEqual(['api-1', 'api-2']);
    expect(await names('finding=outcomeUnknown')).toEqual([]);
    expect(await names('finding=dependencyRetried&at=2026-11-21T10:02:00Z')).toEqual(['api-1']);
  });
});
