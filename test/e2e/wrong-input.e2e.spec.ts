import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { start, until, type Json, type Service } from './service.js';

let data: string;
let service: Service;
let pod: Json;
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'initledger-wrong-'));
  service = await start({ args: ['--source', 'demo', '--data', join(data, 'ledger')] });
  await until(async () => (pod = (await service.get('/api/v1/pods?limit=1')).items[0]) !== undefined, {
    seconds: 60,
    what: () => 'the demo has no pod',
  });
});
afterAll(async () => {
  await service?.stop();
  await rm(data, { recursive: true, force: true });
});

/** What people, scripts and attackers put where a value belongs. Escaped as far as a URL must be. */
const wrong = [
  '',
  '%00',
  'a%00b',
  '%',
  '%ff%fe',
  '-1',
  '0',
  'NaN',
  '1e999',
  '99999999999999999999',
  '0x10',
  'null',
  '[]',
  '{}',

  'x'.repeat(7_000),
  "'%3BDROP%20TABLE%20shard",
  '2026-13-45T99:99:99Z',
  '%2B275760-09-14T00:00:00Z',
  '..%2F..%2Fetc',
  '1:99999999999',
  '999:1',
  'eyJhIjoxfQ',
  'e30',
  '%F0%9F%92%A9',
  ',',
  'a%20in%20(b',
  '*',
];

type Answer = Readonly<{ status: number; type: string; body: string }>;

const ask = async (path: string, init?: RequestInit): Promise<Answer> => {
  const answer = await fetch(`${service.url}${path}`, init);
  const type = answer.headers.get('content-type') ?? '';
  const isStream = type.startsWith('text/event-stream');
  const body = isStream ? '' : await answer.text();
  if (isStream) await answer.body?.cancel();
  return { status: answer.status, type, body };
};

/** What is wrong with an answer, whatever was asked: nothing is a failure of the service, and each refusal is a problem document. */
function faultOf({ status, type, body }: Answer, path: string): string | undefined {
  if (status >= 500 || /node_modules|\s+at .*:\d+:\d+/u.test(body)) return `${status} ${body}`;
  if (status < 400) {
    const isOurs = path.startsWith('/api/') && type.startsWith('application/json');
    return !isOurs || JSON.parse(body).meta ? undefined : 'an answer without meta';
  }
  if (!type.startsWith('application/problem+json')) return `${status} as ${type}`;
  const problem = JSON.parse(body);
  const isWhole = [problem.type, problem.title, problem.code, problem.detail].every(
    (one) => typeof one === 'string' && one !== '',
  );
  return isWhole && problem.status === status ? undefined : body;
}

describe('every route of the OpenAPI document', () => {
  it('answers or refuses whatever its parameters are, and never fails', async () => {
    const { paths } = await service.get('/openapi.json');
    const known: Json = {
      uid: pod.uid,
      cluster: 'demo',
      namespace: pod.namespace,
      kind: 'Deployment',
      name: 'x',
      id: `${pod.uid}.1.5`,
    };
    const questions = Object.entries<Json>(paths).flatMap(([path, { get }]) => {
      const filled = path.replaceAll(/\{(\w+)\}/gu, (_, name: string) => known[name]);
      const parameters: Json[] = get?.parameters ?? [];
      return parameters.flatMap(({ name, in: place }: Json) => [
        ...wrong.map((value) =>
          place === 'path'
            ? path.replace(`{${name}}`, value).replaceAll(/\{(\w+)\}/gu, (_, other: string) => known[other])
            : `${filled}?${name}=${value}`,
        ),
        ...(place === 'query'
          ? [`${filled}?${name}=a&${name}=b`, `${filled}?${name}[]=1`, `${filled}?no${name}=1`]
          : []),
      ]);
    });

    const faults: Record<string, string> = {};
    for (const path of questions) {
      const fault = faultOf(await ask(path), path);
      if (fault) faults[path] = fault;
    }

    expect(faults).toEqual({});
    expect(questions.length).toBeGreaterThan(2_000);
  });

  it('answers no method that it does not have', async () => {
    const { paths } = await service.get('/openapi.json');
    for (const path of Object.keys(paths).filter((one) => !one.includes('{'))) {
      for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
        const answer = await ask(path, { method });
        expect({ path, method, status: answer.status, fault: faultOf(answer, path) }).toEqual({
          path,
          method,
          status: 405,
        });
      }
    }
  });
});

describe('what is hardly HTTP', () => {
  /** Sends bytes as they are, and gives what comes back until the server hangs up. */
  const send = async (bytes: string): Promise<string> => {
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
    let heard = '';
    socket.on('data', (chunk: Buffer) => (heard += chunk.toString())).on('error', () => undefined);
    socket.write(bytes);
    await once(socket, 'close');
    return heard;
  };

  it.each([
    ['a space in the URL', 'GET /api/v1/pods?namespace=a b c HTTP/1.1\r\nhost: x\r\n\r\n', 400, 'request-invalid'],
    ['a method that is none', 'BREW /pods HTTP/1.1\r\nhost: x\r\n\r\n', 400, 'request-invalid'],
    ['garbage', '\x16\x03\x01\x02\x00\x01\x00\r\n\r\n', 400, 'request-invalid'],
    ['headers without end', `GET / HTTP/1.1\r\nx: ${'x'.repeat(40_000)}\r\n\r\n`, 431, 'headers-too-large'],
  ])('%s is refused as a problem', async (_name, bytes, status, code) => {
    const [head = '', body = ''] = (await send(bytes)).split('\r\n\r\n');

    expect(head).toContain(`HTTP/1.1 ${status} `);
    expect(head).toContain('application/problem+json');
    expect(JSON.parse(body)).toMatchObject({ status, code, remedy: expect.any(String) });
  });

  it.each<[string, RequestInit, number, string]>([
    ['no JSON', { body: '{"pod":', headers: { 'content-type': 'application/json' } }, 400, 'query-invalid'],
    ['nothing', { headers: { 'content-type': 'application/json' } }, 400, 'query-invalid'],
    ['a list', { body: '[]', headers: { 'content-type': 'application/json' } }, 400, 'query-invalid'],
    [
      'too much',
      { body: `"${'x'.repeat(300_000)}"`, headers: { 'content-type': 'application/json' } },
      413,
      'body-too-large',
    ],
    ['XML', { body: '<pod/>', headers: { 'content-type': 'application/xml' } }, 415, 'media-type-unsupported'],
  ])('a body that is %s is refused as a problem', async (_name, init, status, code) => {
    const answer = await ask('/api/v1/postmortems', { method: 'POST', ...init });

    expect(faultOf(answer, '/api/v1/postmortems')).toBeUndefined();
    expect(JSON.parse(answer.body)).toMatchObject({ status, code });
  });
});

describe('GraphQL', () => {
  const graphql = async (body: unknown): Promise<Json> => {
    const headers = { 'content-type': 'application/json' };
    return JSON.parse((await ask('/graphql', { method: 'POST', headers, body: JSON.stringify(body) })).body);
  };
  const many = Array.from({ length: 300 }, (_, nth) => `a${nth}: pods(first: 100) { edges { node { uid } } }`).join(
    ' ',
  );

  it.each<[string, unknown, string]>([
    ['syntax', { query: '{ pods( ' }, 'query-invalid'],
    ['a field that is not there', { query: '{ nothing }' }, 'query-invalid'],
    ['too large a page', { query: '{ pods(first: 1000000) { edges { node { uid } } } }' }, 'query-too-complex'],
    ['too many fields', { query: `{ ${many} }` }, 'query-too-complex'],
    ['a cursor', { query: '{ pods(first: 1, after: "garbage") { edges { node { uid } } } }' }, 'cursor-invalid'],
    [
      'the character NUL',
      {
        query: 'query($n: [String!]) { pods(first: 1, namespace: $n) { edges { node { uid } } } }',
        variables: { n: ['a\0b'] },
      },
      'query-invalid',
    ],
    [
      'a variable',
      { query: 'query($n: Int!) { pods(first: $n) { edges { node { uid } } } }', variables: { n: 'x' } },
      'query-invalid',
    ],
    ['a circle of fragments', { query: 'query { ...A } fragment A on Query { ...A }' }, 'query-invalid'],
    ['a mutation', { query: 'mutation { drop }' }, 'query-invalid'],
    ['a batch', [{ query: '{ __typename }' }], 'query-invalid'],
    ['no query', {}, 'query-invalid'],
  ])('refuses %s with a code', async (_name, body, code) => {
    const { errors } = await graphql(body);

    expect(errors[0].extensions.code).toBe(code);
    expect(errors[0].message).toMatch(/\w/u);
    expect(JSON.stringify(errors)).not.toMatch(/node_modules|stack/u);
  });
});

describe('a database that goes away', () => {
  const statusOf = async (path: string): Promise<number> => (await ask(path)).status;
  const postmaster = async (): Promise<number> =>
    Number((await readFile(join(data, 'ledger', 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);

  it('is told of by 503 with a remedy while it hangs, by name in /readyz, and is forgotten when it is back', async () => {
    const pid = await postmaster();
    const children = execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map(Number);
    for (const one of [pid, ...children]) process.kill(one, 'SIGSTOP');
    try {
      const ready = JSON.parse((await ask('/readyz')).body);
      expect(ready.checks.find(({ name }: Json) => name === 'database')).toMatchObject({
        ok: false,
        remedy: expect.any(String),
      });
      const answer = await ask('/api/v1/pods?limit=1');
      expect(JSON.parse(answer.body)).toMatchObject({
        status: 503,
        code: 'database-unreachable',
        remedy: expect.any(String),
      });
      expect(await statusOf('/livez')).toBe(200);
    } finally {
      for (const one of [...children, pid]) process.kill(one, 'SIGCONT');
    }
    await until(async () => (await statusOf('/readyz')) === 200, { seconds: 30, what: () => service.output() });
    expect(await statusOf('/api/v1/pods?limit=1')).toBe(200);
  });

  it('is started again when it was killed, and recording goes on where it stood', async () => {
    const before = (await service.get('/api/v1/clusters')).meta.position;
    const pid = await postmaster();

    process.kill(pid, 'SIGKILL');
    await until(
      async () => {
        const answer = await ask('/api/v1/pods?limit=1');
        expect([200, 503]).toContain(answer.status);
        return answer.status === 200 && (await postmaster().catch(() => pid)) !== pid;
      },
      { seconds: 60, what: () => service.output() },
    );
    await until(async () => (await statusOf('/readyz')) === 200, { seconds: 60, what: () => service.output() });

    const { items: gaps } = await service.get('/api/v1/gaps');
    expect(gaps).toEqual([]);
    await until(async () => (await service.get('/api/v1/clusters')).meta.position !== before, {
      seconds: 60,
      what: () => `nothing was recorded any more:\n${service.output()}`,
    });
  });
});
