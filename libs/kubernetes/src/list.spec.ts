import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { connect } from './connect.js';
import type { ListChoice, Page } from './list.js';
import { pods } from './resources.js';
import { answerJson, scriptedServer, status } from './testing/index.js';
import type { Answer, ScriptedServer } from './testing/index.js';

let server: ScriptedServer;
afterEach(() => server.close());

const item = (name: string) => ({ metadata: { name, uid: name, resourceVersion: '1' } });
const body = (names: string[], next = '', resourceVersion = '100') => ({
  kind: 'PodList',
  metadata: { resourceVersion, ...(next && { continue: next }) },
  items: names.map(item),
});

type Told = { names: string[]; resourceVersion: string | null; last: boolean; attempt: number };

async function take(pages: AsyncIterable<Page>): Promise<Told[]> {
  const told: Told[] = [];
  for await (const { items, ...page } of pages)
    told.push({ names: items.map(({ metadata }) => metadata.name), ...page });
  return told;
}

async function listing(answer: Answer, choice: ListChoice = {}): Promise<Told[]> {
  server = await scriptedServer(answer);
  return take(connect({ kubeconfig: server.kubeconfig }).list(pods, choice));
}

describe('a list', () => {
  it('follows continue with the same parameters, and gives one resourceVersion over all pages', async () => {
    const pages = { '': body(['a', 'b'], 'x'), x: body([], 'y'), y: body(['c']) };

    const told = await listing(
      (_, response, url) => answerJson(response, pages[(url.searchParams.get('continue') ?? '') as keyof typeof pages]),
      { limit: 2, fieldSelector: 'involvedObject.kind=Pod' },
    );

    expect(told).toEqual([
      { names: ['a', 'b'], resourceVersion: '100', last: false, attempt: 0 },
      { names: [], resourceVersion: '100', last: false, attempt: 0 },
      { names: ['c'], resourceVersion: '100', last: true, attempt: 0 },
    ]);
    expect(server.asked).toEqual([
      'GET /api/v1/pods?limit=2&fieldSelector=involvedObject.kind=Pod',
      'GET /api/v1/pods?limit=2&fieldSelector=involvedObject.kind=Pod&continue=x',
      'GET /api/v1/pods?limit=2&fieldSelector=involvedObject.kind=Pod&continue=y',
    ]);
  });

  it('begins again when its continue token expires, and never takes the token for the rest', async () => {
    let expired = false;

    const told = await listing((_, response, url) => {
      if (!url.searchParams.has('continue')) return answerJson(response, body([expired ? 'b' : 'a'], 'x'));
      if (expired) return answerJson(response, body(['c']));
      expired = true;
      return answerJson(response, { ...status(410, 'Expired'), metadata: { continue: 'inconsistent' } }, 410);
    });

    expect(told.map(({ names, attempt }) => [...names, attempt])).toEqual([
      ['a', 0],
      ['b', 1],
      ['c', 1],
    ]);
    expect(server.asked.some((asked) => asked.includes('inconsistent'))).toBe(false);
  });

  it('waits as long as a server that is too busy asks for', async () => {
    const answers: number[] = [];

    const told = await listing((_, response) => {
      answers.push(Date.now());
      if (answers.length === 1)
        return answerJson(response, status(429, 'TooManyRequests'), 429, { 'retry-after': '1' });
      return answerJson(response, body(['a']));
    });

    expect(told).toHaveLength(1);
    expect(answers[1]! - answers[0]!).toBeGreaterThanOrEqual(1000);
  });

  it('takes compressed answers', async () => {
    const told = await listing((request, response) => {
      expect(request.headers['accept-encoding']).toBe('gzip');
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(JSON.stringify(body(['a']))));
    });

    expect(told.map(({ names }) => names)).toEqual([['a']]);
  });

  it('is no list when it is cut short', async () => {
    const cut = listing((_, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"items":[', () => response.destroy());
    });

    await expect(cut).rejects.toMatchObject({ reason: 'broken' });
  });

  it('asks for metadata alone', async () => {
    await listing((_, response) => answerJson(response, body([])), { metadataOnly: true });

    expect(server.requests[0]?.headers.accept).toContain('as=PartialObjectMetadataList');
  });
});

describe('a streamed list', () => {
  const frame = (type: string, name: string, annotations = {}) =>
    `${JSON.stringify({ type, object: { metadata: { name, uid: name, resourceVersion: '100', annotations } } })}\n`;
  const end = frame('BOOKMARK', '', { 'k8s.io/initial-events-end': 'true' });

  async function streaming(minor: string, stream: Answer): Promise<Told[]> {
    server = await scriptedServer((request, response, url) => {
      if (url.pathname === '/version') return answerJson(response, { gitVersion: `v1.${minor}.0`, major: '1', minor });
      if (url.searchParams.has('sendInitialEvents')) return stream(request, response, url);
      return answerJson(response, body(['listed']));
    });
    return take(connect({ kubeconfig: server.kubeconfig }).stream(pods, {}));
  }

  it('is complete with the bookmark that says so', async () => {
    const told = await streaming('34+', (_, response) =>
      response.write(frame('ADDED', 'a') + frame('BOOKMARK', '') + end),
    );

    expect(told).toEqual([{ names: ['a'], resourceVersion: '100', last: true, attempt: 0 }]);
    expect(server.asked).toHaveLength(2);
  });

  it('is a list where the server refuses it', async () => {
    const told = await streaming('36', (_, response) => answerJson(response, status(422, 'Invalid'), 422));

    expect(told).toEqual([{ names: ['listed'], resourceVersion: '100', last: true, attempt: 1 }]);
  });

  it('is a list where the bookmark never comes', async () => {
    const told = await streaming('36', (_, response) => response.end(frame('ADDED', 'a')));

    expect(told.at(-1)).toMatchObject({ names: ['listed'], attempt: 1 });
  });

  it('is not tried on servers that are too old for it', async () => {
    await streaming('33', (_, response) => response.end());

    expect(server.asked).toEqual(['GET /version', 'GET /api/v1/pods?limit=500']);
  });
});
