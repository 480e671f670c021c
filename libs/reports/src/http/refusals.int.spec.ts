import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createPool } from '#libs/platform';
import { uid } from '#testing/projections';
import { placeToken } from '../asking/cursor.js';
import { apiOn, Scene } from '../testing/index.js';

let scene: Scene;
beforeAll(async () => {
  scene = await Scene.set();
});
afterAll(() => scene.end());

type Problem = Readonly<{
  code: string;
  status: number;
  detail: string;
  requestId: string;
  errors?: { parameter: string }[];
  historyFrom?: string;
}>;

const refused = async (path: string, status: number): Promise<Problem> => {
  const answer = await scene.get(path);
  expect({ status: answer.status, type: answer.headers['content-type'] }).toEqual({
    status,
    type: 'application/problem+json',
  });
  return answer.body as Problem;
};

describe('a wrong parameter', () => {
  it.each([
    ['/api/v1/pods?namesapce=shop', 'namesapce'],
    ['/api/v1/pods?phase=nonsense', 'phase'],
    ['/api/v1/pods?outcome=won', 'outcome'],
    ['/api/v1/pods?category=BAD', 'category'],
    ['/api/v1/pods?workload=api', 'workload'],
    ['/api/v1/pods?labelSelector=a%20b', 'labelSelector'],
    ['/api/v1/pods?from=yesterday', 'from'],
    ['/api/v1/pods?to=2026-02-31T00:00:00Z', 'to'],
    ['/api/v1/pods?minDuration=long', 'minDuration'],
    ['/api/v1/pods?stuck=perhaps', 'stuck'],
    ['/api/v1/pods?initContainers=some', 'initContainers'],
    ['/api/v1/pods?sort=colour', 'sort'],
    ['/api/v1/pods?limit=0', 'limit'],
    ['/api/v1/pods?limit=501', 'limit'],
    ['/api/v1/pods?limit=ten', 'limit'],
    ['/api/v1/pods?limit=5&limit=6', 'limit'],
    ['/api/v1/pods?namespace=', 'namespace'],
    ['/api/v1/pods?asOf=soon', 'asOf'],
    ['/api/v1/pods?at=soon', 'at'],
    ['/api/v1/pods?asOf=now-1m&at=now-1m', 'at'],
    ['/api/v1/pods?at=now&stuck=true', 'stuck'],
    ['/api/v1/pods?minPosition=abc', 'minPosition'],
    ['/api/v1/pods?cursor=abc', 'cursor'],
    ['/api/v1/stuck?at=now', 'at'],
    ['/api/v1/workloads?sort=x', 'sort'],
    ['/api/v1/reports/durations?groupBy=colour', 'groupBy'],
    ['/api/v1/reports/durations?interval=90m', 'interval'],
    ['/api/v1/reports/durations?interval=-1h', 'interval'],
    ['/api/v1/reports/failures?format=parquet', 'format'],
    ['/api/v1/gaps?resource=', 'resource'],
    ['/api/v1/clusters?x=1', 'x'],
    [`/api/v1/pods/${uid(1)}?x=1`, 'x'],
    [`/api/v1/pods/${uid(1)}/events?limit=-1`, 'limit'],
    [`/api/v1/pods/${uid(1)}/timeline?at=x`, 'at'],
    ['/api/v1/stream?pod=abc', 'pod'],
    ['/api/v1/stream?lastEventId=abc', 'Last-Event-ID'],
    ['/api/v1/stream?x=1', 'x'],
    ['/metrics?x=1', 'x'],
  ])('of %s is named', async (path, parameter) => {
    const { errors, requestId } = await refused(path, 400);

    expect(errors?.map((error) => error.parameter)).toContain(parameter);
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('names all that is wrong at once', async () => {
    const { errors } = await refused('/api/v1/pods?limit=0&phase=x&nonsense=1', 400);

    expect(errors?.map(({ parameter }) => parameter).toSorted()).toEqual(['limit', 'nonsense', 'phase']);
  });
});

describe('a cursor', () => {
  it('is refused for another question', async () => {
    const { page } = await scene.body<{ page: { nextCursor: string } }>('/api/v1/pods?limit=1');

    expect(await refused(`/api/v1/pods?limit=1&namespace=shop&cursor=${page.nextCursor}`, 400)).toMatchObject({
      code: 'cursor-invalid',
    });
    expect(await refused(`/api/v1/stuck?cursor=${page.nextCursor}`, 400)).toMatchObject({ code: 'cursor-invalid' });
  });

  it('that was forged meets no SQL', async () => {
    const { page } = await scene.body<{ page: { nextCursor: string } }>('/api/v1/pods?limit=1');
    const cursor = JSON.parse(Buffer.from(page.nextCursor, 'base64url').toString()) as { k: unknown[] };
    const forged = (k: unknown[]) => Buffer.from(JSON.stringify({ ...cursor, k })).toString('base64url');

    for (const k of [
      [],
      ['x', 1, uid(1)],
      [cursor.k[0], 'x', uid(1)],
      [cursor.k[0], 1, "'; DROP TABLE pod_init"],
      [1, 1, uid(1)],
    ]) {
      expect(await refused(`/api/v1/pods?limit=1&cursor=${forged(k)}`, 400)).toMatchObject({ code: 'cursor-invalid' });
    }
  });
});

describe('a moment', () => {
  it('before the first observation is gone, and says from when there is history', async () => {
    expect(await refused('/api/v1/pods?asOf=2020-01-01T00:00:00Z', 410)).toMatchObject({
      code: 'history-expired',
      historyFrom: '2026-11-21T10:00:00.000Z',
    });
  });

  it('that was never recorded is refused at once', async () => {
    const never = placeToken({ positions: { [scene.ledger.shardId]: 10_000 }, asOf: Date.now() });

    expect(await refused(`/api/v1/pods?asOf=${never}`, 400)).toMatchObject({ errors: [{ parameter: 'asOf' }] });
    expect(await refused(`/api/v1/pods?minPosition=${never}`, 400)).toMatchObject({
      errors: [{ parameter: 'minPosition' }],
    });
  });
});

describe('what is not there', () => {
  it.each([
    ['/api/v1/pods/00000000-0000-4000-8000-00000000ffff', 'pod-unknown'],
    ['/api/v1/pods/not-a-uid', 'pod-unknown'],
    ['/api/v1/pods/not-a-uid/events', 'pod-unknown'],
    ['/api/v1/workloads/test/shop/Deployment/none', 'workload-unknown'],
    ['/api/v1/workloads/elsewhere/shop/Deployment/api', 'workload-unknown'],
    ['/api/v1/nothing', 'route-unknown'],
    ['/api/v2/pods', 'route-unknown'],
    ['/', 'route-unknown'],
  ])('%s', async (path, code) => {
    expect(await refused(path, 404)).toMatchObject({ code });
  });

  it.each(['post', 'put', 'delete', 'patch'] as const)('is a %s on what is read', async (method) => {
    const answer = await request(scene.app.getHttpServer())[method](`/api/v1/pods/${uid(1)}`);

    expect(answer.status).toBe(405);
    expect(answer.headers['allow']).toContain('GET');
    expect(answer.body).toMatchObject({ code: 'method-not-allowed' });
  });
});

describe('a request that no route can read', () => {
  it('is refused as a problem when its path cannot be decoded', async () => {
    expect(await refused('/api/v1/pods/%zz', 400)).toMatchObject({ code: 'query-invalid' });
  });

  it('is refused in GraphQL’s own form when its body is no JSON, or too large', async () => {
    const post = () => request(scene.app.getHttpServer()).post('/graphql').set('content-type', 'application/json');

    const broken = await post().send('{"query":').expect(400);
    const large = await post()
      .send(JSON.stringify({ query: 'x'.repeat(300_000) }))
      .expect(413);

    expect(
      [broken, large].map(
        ({ body }) => (body as { errors: { extensions: { code: string } }[] }).errors[0]?.extensions.code,
      ),
    ).toEqual(['query-invalid', 'body-too-large']);
  });
});

describe('with a token', () => {
  let locked: NestFastifyApplication;
  beforeAll(async () => {
    locked = await apiOn(scene.ledger.pool, { ACCESS: 'token', ACCESS_TOKEN: '0123456789abcdef' });
  });
  afterAll(() => locked.close());

  it.each(['/api/v1/pods', '/api/v1/stream', '/metrics', '/openapi.json', '/graphql', '/api/v1/nothing'])(
    '%s asks for it',
    async (path) => {
      const answer = await request(locked.getHttpServer()).get(path);

      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toContain('Bearer');
      expect(answer.body).toMatchObject({ code: 'unauthenticated' });
    },
  );

  it('answers who brings it, and health to everybody', async () => {
    await request(locked.getHttpServer())
      .get('/api/v1/pods')
      .set('authorization', 'Bearer 0123456789abcdef')
      .expect(200);
    await request(locked.getHttpServer()).get('/livez').expect(200);
    await request(locked.getHttpServer()).get('/readyz?verbose').expect(200);
  });
});

describe('while the database does not answer', () => {
  it('says so, with what to do, and stays alive', async () => {
    const nowhere = createPool('postgresql://nobody@127.0.0.1:1/none', {
      name: 'test',
      max: 1,
      statementTimeoutMs: 1_000,
    });
    const lost = await apiOn(nowhere);

    await request(lost.getHttpServer()).get('/livez').expect(200);
    const pods = await request(lost.getHttpServer()).get('/api/v1/pods').expect(503);
    expect(pods.body).toMatchObject({ code: 'database-unreachable', remedy: expect.stringContaining('DATABASE_URL') });
    expect(pods.headers['retry-after']).toBe('2');
    const ready = await request(lost.getHttpServer()).get('/readyz').expect(503);
    expect(ready.body).toMatchObject({
      ok: false,
      checks: [{ name: 'database', ok: false, remedy: expect.any(String) }],
    });
    await lost.close();
    await nowhere.end();
  });

  it('tells a database of another version from one that is down', async () => {
    const bare = createPool(inject('postgres').adminUrl, { name: 'test', max: 1, statementTimeoutMs: 1_000 });
    const empty = await apiOn(bare);
    const answer = await request(empty.getHttpServer()).get('/api/v1/pods');

    expect(answer.body).toMatchObject({ status: 503, code: 'database-version' });
    await empty.close();
    await bare.end();
  });
});
