import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { initBacksOff, newPod, uid } from '#testing/projections';
import { Cluster, RecordedGap } from '../clusters/cluster.schema.js';
import { DependencyRow } from '../dependencies/dependency.schema.js';
import { FoundInPod } from '../findings/finding.schema.js';
import { listOf, oneOf } from '../shapes/common.js';
import { ObservationView, Timeline } from '../shapes/happening.js';
import { Pod, PodDetail } from '../shapes/pod.js';
import { DurationRow, FailureRow, RestartRow } from '../statistics/report.schema.js';
import { Stuck } from '../stuck/stuck.schema.js';
import { Scene, usual } from '../testing/index.js';
import { WorkloadDetail, WorkloadSummary } from '../workloads/workload.schema.js';

let scene: Scene;
beforeAll(async () => {
  scene = await Scene.set([
    ...usual(),
    newPod(5, 110, { command: ['sh', '-c', 'nc -z db 5432'] }),
    ...initBacksOff(5, 170, 'back-off 20s restarting failed container=migrate pod=api_shop(1)'),
  ]);
});
afterAll(() => scene.end());

const routes: Readonly<Record<string, z.ZodType>> = {
  '/api/v1/pods': listOf(Pod),
  '/api/v1/pods/{uid}': oneOf(PodDetail),
  '/api/v1/pods/{uid}/events': listOf(ObservationView),
  '/api/v1/pods/{uid}/timeline': oneOf(Timeline),
  '/api/v1/stuck': listOf(Stuck),
  '/api/v1/workloads': listOf(WorkloadSummary),
  '/api/v1/workloads/{cluster}/{namespace}/{kind}/{name}': oneOf(WorkloadDetail),
  '/api/v1/reports/durations': listOf(DurationRow),
  '/api/v1/reports/failures': listOf(FailureRow),
  '/api/v1/reports/restarts': listOf(RestartRow),
  '/api/v1/reports/dependencies': listOf(DependencyRow),
  '/api/v1/findings': listOf(FoundInPod),
  '/api/v1/gaps': listOf(RecordedGap),
  '/api/v1/clusters': listOf(Cluster),
};

const real = (route: string): string =>
  route
    .replace('{uid}', uid(3))
    .replace('{cluster}', 'test')
    .replace('{namespace}', 'shop')
    .replace('{kind}', 'Deployment')
    .replace('{name}', 'api');

type Document = Readonly<{
  openapi: string;
  paths: Record<
    string,
    {
      get?: Readonly<{
        parameters?: { name: string; in: string }[];
        responses: Record<string, { content?: Record<string, { schema: object }> }>;
      }>;
    }
  >;
  components: { schemas: Record<string, object> };
}>;

describe('many questions at once', () => {
  it('about one pod are all answered: none holds a connection and waits for another', async () => {
    const asked = Array.from({ length: 40 }, () => scene.get(real('/api/v1/pods/{uid}')));
    const answers = await Promise.all(asked);

    expect(answers.map(({ status }) => status)).toEqual(asked.map(() => 200));
  });
});

describe('every answer', () => {
  it.each(Object.entries(routes))('of %s has the shape of its schema, and something in it', async (route, schema) => {
    const body = await scene.body<{ items?: unknown[] }>(real(route));

    expect(schema.safeParse(body).error?.issues ?? []).toEqual([]);
    expect(body.items?.length ?? 1).toBeGreaterThan(0);
  });

  it.each(Object.keys(routes))('of %s fits the OpenAPI document', async (route) => {
    const document = await scene.body<Document>('/openapi.json');
    const ajv = new Ajv2020({ strict: false, formats: { 'date-time': true } });
    ajv.addSchema({ $id: 'http://here/', components: document.components });
    const schema = document.paths[route]?.get?.responses['200']?.content?.['application/json']?.schema;
    const valid = ajv.compile(
      JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"http://here/#/components')) as object,
    );

    expect(schema).toBeDefined();
    expect({ fits: valid(await scene.body(real(route))), errors: valid.errors }).toEqual({ fits: true, errors: null });
  });

  it('says what it stands on', async () => {
    const { meta } = await scene.body<{ meta: Record<string, unknown> }>('/api/v1/pods');

    expect(meta).toMatchObject({
      asOf: '2026-11-21T11:00:00.000Z',
      at: null,
      source: 'kubernetes',
      projectionLagSeconds: 0,
      historyFrom: '2026-11-21T10:00:00.000Z',
      gaps: [{ cluster: 'test', resource: 'pods', from: '2026-11-21T10:01:10.000Z', to: '2026-11-21T10:01:20.000Z' }],
      complete: false,
    });
  });
});

describe('the OpenAPI document', () => {
  it('is 3.1, tells every route, and refers to nothing that is not there', async () => {
    const document = await scene.body<Document>('/openapi.json');
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) =>
      reference?.replace('#/components/schemas/', ''),
    );

    expect(document.openapi).toBe('3.1.1');
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([...Object.keys(routes), '/api/v1/stream', '/metrics', '/livez', '/readyz']),
    );
    expect(references.filter((name) => !(name !== undefined && name in document.components.schemas))).toEqual([]);
  });

  it('declares every parameter of a path and no nullable of 3.0', async () => {
    const document = await scene.body<Document>('/openapi.json');
    const undeclared = Object.entries(document.paths).flatMap(([path, { get }]) =>
      [...path.matchAll(/{(\w+)}/g)]
        .filter(([, name]) => !get?.parameters?.some((one) => one.in === 'path' && one.name === name))
        .map(() => path),
    );

    expect(undeclared).toEqual([]);
    expect(JSON.stringify(document)).not.toContain('"nullable"');
  });
});

describe('caching', () => {
  it('answers 304 to who knows the answer, and anew when something was recorded', async () => {
    const first = await scene
      .get('/api/v1/pods')
      .expect(200)
      .expect('cache-control', /private/)
      .expect('vary', /Authorization/);
    const etag = first.headers['etag'] as string;

    await scene.get('/api/v1/pods').set('if-none-match', etag).expect(304);
    await scene.get('/api/v1/pods?namespace=shop').set('if-none-match', etag).expect(200);
    expect(etag).toMatch(/^W\/"v1-/);
  });

  it('links to the next page', async () => {
    const page = await scene.get('/api/v1/pods?limit=1&sort=name').expect(200);
    const [, next] = /^<([^>]+)>; rel="next"$/.exec(String(page.headers['link'])) ?? [];

    const second = await scene.body<{ items: { name: string }[] }>(next ?? '');
    expect(second.items.map(({ name }) => name)).toEqual(['api-2']);
  });
});

describe('reports as CSV', () => {
  it.each([
    ['/api/v1/reports/durations?format=csv', ''],
    ['/api/v1/reports/durations', 'text/csv'],
  ])('%s (Accept: %s)', async (path, accept) => {
    const { text, headers } = await scene.get(path).set('accept', accept).expect(200);
    const [header, row] = text.split('\r\n');

    expect(headers['content-type']).toContain('text/csv');
    expect(headers['initledger-position']).toBeDefined();
    expect(header?.split(',').slice(0, 3)).toEqual(['bucket', 'of', 'initContainers']);
    expect(row).toContain('initialization');
  });
});
