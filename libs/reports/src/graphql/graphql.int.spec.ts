import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { initBacksOff, newPod, uid } from '#testing/projections';
import { Scene, usual } from '../testing/index.js';

let scene: Scene;
beforeAll(async () => {
  scene = await Scene.set([
    ...usual(),
    newPod(11, 110, { command: ['sh', '-c', 'nc -z db 5432'] }),
    ...initBacksOff(11, 170, 'back-off 20s restarting failed container=migrate pod=api_shop(1)'),
  ]);
});
afterAll(() => scene.end());

type Answer<Data> = Readonly<{ data: Data; errors?: { message: string; extensions: { code: string } }[] }>;

/**
 * A selection of everything that these REST values have, so that the two can be compared whole. A list that is empty in all of
 * them does not say what is in it.
 */
function selectionOf(values: readonly unknown[], name?: string): string | undefined {
  const present = values.filter((value) => value !== null);
  if (present.length === 0 && name !== undefined && objects.has(name)) return undefined;
  if (present.some(Array.isArray)) return present.flat().length === 0 ? undefined : selectionOf(present.flat(), name);
  const members = present.filter((value) => typeof value === 'object') as Record<string, unknown>[];
  if (members.length === 0) return '';

  const names = [...new Set(members.flatMap(Object.keys))].filter((one) => !open.has(one));
  const selections = names.map((one) => {
    const inner = members.map((member) => member[one] ?? null);
    return [one, whole.has(one) ? '' : selectionOf(inner, one)] as const;
  });
  return `{ ${selections.flatMap(([one, inner]) => (inner === undefined ? [] : [`${one} ${inner}`])).join(' ')} }`;
}

/** Members whose own members are data, not shape. */
const whole = new Set(['labels', 'body']);
/** Members that only some values have. */
const open = new Set(['running', 'mixedClocks', 'gaps']);
/** Members that are objects wherever they are not null. */
const objects = new Set(['categoryEvidence', 'frozen', 'previousRevision']);

const comparable = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (name, one: unknown) =>
      open.has(name) || (one === null && objects.has(name)) || (Array.isArray(one) && one.length === 0)
        ? undefined
        : one,
    ),
  );

const lists: readonly (readonly [field: string, args: string, path: string])[] = [
  ['pods', 'first: 10, sort: "name"', '/api/v1/pods?limit=10&sort=name'],
  [
    'pods',
    'first: 10, namespace: ["shop"], stuck: true, labelSelector: "app=api"',
    '/api/v1/pods?limit=10&namespace=shop&stuck=true&labelSelector=app%3Dapi',
  ],
  ['stuck', 'first: 10', '/api/v1/stuck?limit=10'],
  ['workloads', 'first: 10', '/api/v1/workloads?limit=10'],
  ['durations', 'first: 10, groupBy: ["workload"]', '/api/v1/reports/durations?limit=10&groupBy=workload'],
  ['failures', 'first: 10', '/api/v1/reports/failures?limit=10'],
  ['restarts', 'first: 10, interval: "1h"', '/api/v1/reports/restarts?limit=10&interval=1h'],
  ['dependencies', 'first: 10, minPods: "1"', '/api/v1/reports/dependencies?limit=10&minPods=1'],
  ['findings', 'first: 10, kind: ["dependencyRetried"]', '/api/v1/findings?limit=10&kind=dependencyRetried'],
  [
    'pods',
    'first: 10, finding: ["dependencyRetried"], container: ["migrate"], image: ["migrate:1"], phase: ["initializing"], outcome: ["running"], category: ["CRASH"], minDuration: "10s"',
    '/api/v1/pods?limit=10&finding=dependencyRetried&container=migrate&image=migrate:1&phase=initializing&outcome=running&category=CRASH&minDuration=10s',
  ],
  ['pods', 'first: 10, waitsFor: ["db:5432"]', '/api/v1/pods?limit=10&waitsFor=db:5432'],
  ['gaps', 'first: 10', '/api/v1/gaps?limit=10'],
  ['podEvents', `uid: "${uid(3)}", first: 10`, `/api/v1/pods/${uid(3)}/events?limit=10`],
];

describe('GraphQL', () => {
  it.each(lists)('answers %s(%s) as REST does', async (field, args, path) => {
    const rest = await scene.body<{ items: unknown[]; meta: object; page: { hasMore: boolean } }>(path);
    const query = `{ ${field}(${args}) { edges { cursor node ${selectionOf([rest.items])} } pageInfo { hasNextPage } meta ${selectionOf([rest.meta])} } }`;
    const { data, errors } = (await scene.graphql(query)).body as Answer<
      Record<string, { edges: { node: unknown }[]; meta: object; pageInfo: { hasNextPage: boolean } }>
    >;

    expect(errors).toBeUndefined();
    expect(comparable(data[field]?.edges.map(({ node }) => node))).toEqual(comparable(rest.items));
    expect(comparable({ ...data[field]?.meta, hasMore: data[field]?.pageInfo.hasNextPage })).toEqual(
      comparable({ ...rest.meta, hasMore: rest.page.hasMore }),
    );
  });

  it.each([
    ['pod', `uid: "${uid(3)}"`, `/api/v1/pods/${uid(3)}`],
    [
      'workload',
      'cluster: "test", namespace: "shop", kind: "Deployment", name: "api"',
      '/api/v1/workloads/test/shop/Deployment/api',
    ],
  ])('answers %s(%s) as REST does', async (field, args, path) => {
    const rest = await scene.body<{ data: object }>(path);
    const { data, errors } = (await scene.graphql(`{ ${field}(${args}) { data ${selectionOf([rest.data])} } }`))
      .body as Answer<Record<string, { data: object }>>;

    expect(errors).toBeUndefined();
    expect(comparable(data[field]?.data)).toEqual(comparable(rest.data));
  });

  it('tells happenings with the members of their type', async () => {
    const rest = await scene.body<{ data: { happenings: { id: string; type: string }[] } }>(
      `/api/v1/pods/${uid(3)}/timeline`,
    );
    const query = `{ podTimeline(uid: "${uid(3)}") { data { happenings { id type detail } waterfall { lane evidence } } } }`;
    const { data } = (await scene.graphql(query)).body as Answer<{
      podTimeline: { data: { happenings: { id: string; detail: object }[] } };
    }>;

    expect(data.podTimeline.data.happenings.map(({ id }) => id)).toEqual(rest.data.happenings.map(({ id }) => id));
    expect(data.podTimeline.data.happenings[0]?.detail).toMatchObject({ historyComplete: true });
  });

  it('pages by the cursors of REST, behind any edge', async () => {
    const first = (await scene.graphql('{ pods(first: 2, sort: "name") { edges { cursor node { name } } } }'))
      .body as Answer<{
      pods: { edges: { cursor: string; node: { name: string } }[] };
    }>;
    const [one] = first.data.pods.edges;

    const rest = await scene.body<{ items: { name: string }[] }>(
      `/api/v1/pods?limit=2&sort=name&cursor=${one?.cursor}`,
    );
    expect(rest.items[0]?.name).toBe(first.data.pods.edges[1]?.node.name);
  });

  it('finds a thing by its global id, and nothing by another', async () => {
    const { data } = await scene.body<{ data: { id: string } }>(`/api/v1/pods/${uid(1)}`);
    const ask = (id: string) =>
      scene.graphql('query ($id: ID!) { node(id: $id) { id ... on PodDetail { name } } }', { id });

    expect((await ask(data.id)).body).toEqual({ data: { node: { id: data.id, name: 'api-1' } } });
    expect((await ask('bm90aGluZw')).body).toEqual({ data: { node: null } });
  });
});

describe('a GraphQL request that asks wrongly', () => {
  const code = ({ errors }: Answer<unknown>) => errors?.[0]?.extensions.code;

  it.each([
    ['syntax', '{ pods('],
    ['an unknown field', '{ pods(first: 1) { edges { node { colour } } } }'],
    ['no first', '{ pods { pageInfo { hasNextPage } } }'],
    ['a wrong type', '{ pods(first: "many") { pageInfo { hasNextPage } } }'],
    ['no query', ''],
    ['too deep', `{ __schema { types ${'{ fields { type '.repeat(8)} { name } ${'} } '.repeat(8)} } }`],
  ])('is refused: %s', async (_, query) => {
    const answer = await scene.graphql(query);

    expect(answer.status).toBe(400);
    expect(code(answer.body as Answer<unknown>)).toBe('query-invalid');
  });

  it.each([
    ['first: 501', 'query-invalid'],
    ['first: 0', 'query-invalid'],
    ['first: 1, phase: ["nonsense"]', 'query-invalid'],
    ['first: 1, after: "abc"', 'cursor-invalid'],
    ['first: 1, asOf: "2020-01-01T00:00:00Z"', 'history-expired'],
  ])('has the code that REST has: pods(%s)', async (args, expected) => {
    expect(code((await scene.graphql(`{ pods(${args}) { pageInfo { hasNextPage } } }`)).body as Answer<unknown>)).toBe(
      expected,
    );
  });

  it('is refused when it may ask for too many values', async () => {
    const pods = Array.from(
      { length: 20 },
      (_, index) => `p${index}: pods(first: 500) { edges { node { uid name duration { seconds lo hi } labels } } }`,
    );

    expect(code((await scene.graphql(`{ ${pods.join(' ')} }`)).body as Answer<unknown>)).toBe('query-too-complex');
  });

  it('is refused as a batch', async () => {
    const batch = [{ query: '{ __typename }' }, { query: '{ __typename }' }];

    expect((await scene.graphql('').send(batch)).status).toBe(400);
  });
});
