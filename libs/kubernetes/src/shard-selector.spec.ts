import { afterEach, describe, expect, it, vi } from 'vitest';
import { connect } from './connect.js';
import { cutRanges } from './ranges.js';
import { events, namespaces, nodes, pods } from './resources.js';
import { Slice } from './slice.js';
import { answerJson, scriptedServer, status } from './testing/index.js';
import type { Answer, ScriptedServer } from './testing/index.js';

let server: ScriptedServer;
afterEach(async () => {
  vi.restoreAllMocks();
  await server.close();
});

const names = ['team-00', 'team-01', 'shop', 'billing'];
const slice = () => new Slice(0, 2, cutRanges(names, 2));
const ours = names.find((name) => slice().has(name)) ?? '';
const others = names.find((name) => !slice().has(name)) ?? '';

const pod = (namespace: string) => ({
  metadata: { name: 'web', namespace, uid: `u-${namespace}`, resourceVersion: '7' },
});
const selectorOf = (url: URL) => url.searchParams.get('shardSelector');
const listOf = (selector: string | null, items: object[]) => ({
  metadata: { resourceVersion: '9', ...(selector !== null && { shardInfo: { selector } }) },
  items,
});

const start = async (answer: Answer) => {
  server = await scriptedServer(answer);
  return connect({ kubeconfig: server.kubeconfig });
};

async function namesIn(cluster: ReturnType<typeof connect>, part: Slice, resource = pods): Promise<string[]> {
  const seen: string[] = [];
  for await (const { items } of cluster.list(resource, { slice: part }))
    seen.push(...items.map(({ metadata }) => metadata.namespace ?? metadata.name));
  return seen;
}

async function watched(cluster: ReturnType<typeof connect>, part: Slice): Promise<string[]> {
  const seen: string[] = [];
  for await (const frames of cluster.watch(pods, { slice: part, resourceVersion: '5' }))
    seen.push(...frames.map(({ type }) => type));
  return seen;
}

const line = (object: object) => `${JSON.stringify({ type: 'MODIFIED', object })}\n`;

describe('a slice of ranges', () => {
  it('asks for its pods alone, and knows from what the list says of itself that it was heeded', async () => {
    const cluster = await start((_, response, url) => answerJson(response, listOf(selectorOf(url), [pod(ours)])));
    const part = slice();

    expect(part.selector?.isHeeded).toBeUndefined();
    expect(await namesIn(cluster, part)).toEqual([ours]);
    expect(part.selector?.isHeeded).toBe(true);
    expect(part.passedOver).toBe(0);
    expect(server.asked).toEqual([
      `GET /api/v1/pods?limit=500&shardSelector=${part.selector?.text.replaceAll(' ', '+')}`,
    ]);
  });

  it('leaves out itself what a server sends that ignores the question', async () => {
    const cluster = await start((_, response) => answerJson(response, listOf(null, [pod(ours), pod(others)])));
    const part = slice();

    expect(await namesIn(cluster, part)).toEqual([ours]);
    expect([part.selector?.isHeeded, part.passedOver]).toEqual([false, 1]);
  });

  it('is not taken in by a list of other ranges', async () => {
    const cluster = await start((_, response) =>
      answerJson(response, listOf("shardRange(object.metadata.uid, '0x0', '0x1')", [pod(ours), pod(others)])),
    );
    const part = slice();

    expect(await namesIn(cluster, part)).toEqual([ours]);
    expect(part.selector?.isHeeded).toBe(false);
  });

  it('notes a server that begins and one that stops', async () => {
    let heeds = false;
    const cluster = await start((_, response, url) =>
      answerJson(response, listOf(heeds ? selectorOf(url) : null, heeds ? [pod(ours)] : [pod(ours), pod(others)])),
    );
    const part = slice();
    const heeded: (boolean | undefined)[] = [];
    for (const now of [false, true, false]) {
      heeds = now;
      expect(await namesIn(cluster, part)).toEqual([ours]);
      heeded.push(part.selector?.isHeeded);
    }

    expect(heeded).toEqual([false, true, false]);
  });

  it('holds the same where the server stops in the middle of a list', async () => {
    const cluster = await start((_, response, url) => {
      const isFirst = !url.searchParams.has('continue');
      const { metadata, items } = listOf(isFirst ? selectorOf(url) : null, [
        pod(ours),
        ...(isFirst ? [] : [pod(others)]),
      ]);
      answerJson(response, { metadata: { ...metadata, ...(isFirst && { continue: 'more' }) }, items });
    });
    const part = slice();

    expect(await namesIn(cluster, part)).toEqual([ours, ours]);
    expect([part.selector?.isHeeded, part.passedOver]).toEqual([false, 1]);
  });

  it('notes at a watch that the server does not divide: a frame of another slice says so', async () => {
    const cluster = await start((_, response, url) => {
      if (!url.searchParams.has('watch')) return answerJson(response, listOf(selectorOf(url), []));
      response.end(line(pod(ours)) + (url.searchParams.has('shardSelector') ? line(pod(others)) : ''));
    });
    const part = slice();
    await namesIn(cluster, part);
    expect(part.selector?.isHeeded).toBe(true);

    expect(await watched(cluster, part)).toEqual(['MODIFIED', 'BOOKMARK']);
    expect([part.selector?.isHeeded, part.passedOver]).toEqual([false, 1]);
  });

  it.each([
    ['400', 400, 'bad request'],
    ['414 of a proxy', 414, 'Request-URI Too Large'],
    ['431', 431, 'too large'],
    ['500', 500, 'invalid shard selector: unsupported field path'],
  ])('is asked for without the selector where that is answered %s, for a while', async (_, code, message) => {
    const now = vi.spyOn(performance, 'now');
    const cluster = await start((__, response, url) =>
      selectorOf(url) === null
        ? answerJson(response, listOf(null, [pod(ours), pod(others)]))
        : answerJson(response, status(code, 'BadRequest', message), code),
    );
    const part = slice();
    expect(await namesIn(cluster, part)).toEqual([ours]);
    expect(await namesIn(cluster, part)).toEqual([ours]);
    const isAsked = () => server.asked.map((asked) => asked.includes('shardSelector'));
    expect(isAsked()).toEqual([true, false, false]);
    expect(part.selector?.isHeeded).toBe(false);

    const later = performance.now() + 700_000;
    now.mockImplementation(() => later);
    expect(await namesIn(cluster, part)).toEqual([ours]);
    expect(isAsked()).toEqual([true, false, false, true, false]);
  });

  it('is refused where the question is refused for another reason, and is asked for so again', async () => {
    const cluster = await start((_, response) => answerJson(response, status(422, 'Invalid', 'no'), 422));
    const part = slice();

    for (const _ of [1, 2]) await expect(namesIn(cluster, part)).rejects.toMatchObject({ reason: 'invalid' });
    expect(server.asked.map((asked) => asked.includes('shardSelector'))).toEqual([true, false, true, false]);
    expect(part.selector?.isHeeded).toBeUndefined();
  });

  it('is asked for of pods alone', async () => {
    const cluster = await start((_, response) => answerJson(response, listOf(null, [pod(ours), pod(others)])));
    const part = slice();
    for (const resource of [events, namespaces, nodes]) expect(await namesIn(cluster, part, resource)).toEqual([ours]);

    expect(server.asked.filter((asked) => asked.includes('shardSelector'))).toEqual([]);
    expect(part.selector?.isHeeded).toBeUndefined();
  });
});

describe('a cluster', () => {
  it('divides where a list of pods says that it was divided', async () => {
    let heeds = true;
    const cluster = await start((_, response, url) =>
      answerJson(response, listOf(heeds ? selectorOf(url) : null, [pod(ours)])),
    );

    expect(await cluster.divides()).toBe(true);
    heeds = false;
    expect(await cluster.divides()).toBe(false);
  });

  it('does not divide where it may not be asked, or does not read the question', async () => {
    let code = 403;
    const cluster = await start((_, response, url) =>
      code === 403 || selectorOf(url) !== null
        ? answerJson(response, status(code, 'No', 'invalid shard selector'), code)
        : answerJson(response, listOf(null, [])),
    );

    expect(await cluster.divides()).toBe(false);
    code = 500;
    expect(await cluster.divides()).toBe(false);
  });
});
