import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { connect } from './connect.js';
import { KubernetesError } from './kubernetes-error.js';
import { pods } from './resources.js';
import { answerJson, scriptedServer, status } from './testing/index.js';
import type { ScriptedServer } from './testing/index.js';
import type { WatchChoice } from './watch.js';

const frame = (type: string, resourceVersion: string) =>
  `${JSON.stringify({ type, object: { kind: 'Pod', metadata: { name: 'a', uid: 'u', resourceVersion } } })}\n`;

let server: ScriptedServer;
afterEach(() => server.close());

/** Watches a server that says `script`, and tells the resourceVersions that came and how it ended. */
async function watchScript(
  script: (response: ServerResponse) => void,
  choice: WatchChoice = {},
): Promise<{ seen: string[]; ended: KubernetesError | 'well' }> {
  server = await scriptedServer((_, response) => script(response));
  const seen: string[] = [];
  try {
    const cluster = connect({ kubeconfig: server.kubeconfig });
    for await (const frames of cluster.watch(pods, { resourceVersion: '5', ...choice })) {
      seen.push(...frames.map(({ object }) => object.metadata.resourceVersion));
    }
    return { seen, ended: 'well' };
  } catch (error) {
    if (error instanceof KubernetesError) return { seen, ended: error };
    throw error;
  }
}

describe('a watch', () => {
  it('asks for what follows its position, with bookmarks and an end, and says who asks', async () => {
    await watchScript((response) => response.end(), { namespace: 'shop', fieldSelector: 'spec.nodeName=n' });

    const asked = new URL(server.requests[0]?.url ?? '', 'http://server');
    const { timeoutSeconds, ...query } = Object.fromEntries(asked.searchParams);
    expect(asked.pathname).toBe('/api/v1/namespaces/shop/pods');
    expect(query).toEqual({
      watch: '1',
      allowWatchBookmarks: 'true',
      resourceVersion: '5',
      fieldSelector: 'spec.nodeName=n',
    });
    expect(Number(timeoutSeconds)).toBeGreaterThanOrEqual(300);
    expect(Number(timeoutSeconds)).toBeLessThan(600);
    expect(server.requests[0]?.headers).toMatchObject({ authorization: 'Bearer secret' });
    expect(server.requests[0]?.headers['user-agent']).toMatch(/^initledger\/\d/);
  });

  it('ends well when the server ends it after whole lines', async () => {
    expect(await watchScript((response) => response.end(frame('ADDED', '6') + frame('BOOKMARK', '9')))).toEqual({
      seen: ['6', '9'],
      ended: 'well',
    });
  });

  it.each(['{"type":"MODI', '{"type":"MODIFIED","object":{"metadata":{"resourceVersion":"7"}}}'])(
    'is broken when it is cut in the middle of the line %s',
    async (cut) => {
      const { seen, ended } = await watchScript((response) => response.end(frame('ADDED', '6') + cut));

      expect(seen).toEqual(['6']);
      expect(ended).toMatchObject({ reason: 'broken' });
    },
  );

  it('is broken when the connection is reset between lines', async () => {
    const { seen, ended } = await watchScript((response) => {
      response.write(frame('ADDED', '6'), () => setTimeout(() => response.destroy(), 20));
    });

    expect(seen).toEqual(['6']);
    expect(ended).toMatchObject({ reason: 'broken' });
  });

  it.each([
    'not json\n',
    '[]\n',
    '"text"\n',
    '{"type":"MOVED","object":{"metadata":{"resourceVersion":"7"}}}\n',
    '{"type":"ADDED"}\n',
  ])('never skips what is no frame: %s', async (line) => {
    const { seen, ended } = await watchScript((response) =>
      response.end(frame('ADDED', '6') + line + frame('ADDED', '8')),
    );

    expect(seen).toEqual(['6']);
    expect(ended).toMatchObject({ reason: 'broken' });
  });

  it('is expired when an ERROR frame of an answer with 200 says 410', async () => {
    const error = { type: 'ERROR', object: status(410, 'Expired', 'too old resource version: 5 (3988)') };

    expect((await watchScript((response) => response.end(`${JSON.stringify(error)}\n`))).ended).toMatchObject({
      reason: 'expired',
      status: 410,
    });
  });

  it('is expired when the answer itself is 410', async () => {
    expect((await watchScript((response) => answerJson(response, status(410, 'Expired'), 410))).ended).toMatchObject({
      reason: 'expired',
    });
  });

  it('tells another ERROR frame by its code, and one without a Status as broken', async () => {
    const error = { type: 'ERROR', object: status(500, 'InternalError') };

    expect((await watchScript((response) => response.end(`${JSON.stringify(error)}\n`))).ended).toMatchObject({
      reason: 'server',
      status: 500,
    });
    await server.close();
    expect((await watchScript((response) => response.end('{"type":"ERROR","object":{}}\n'))).ended).toMatchObject({
      reason: 'broken',
    });
  });

  it('tells a position that is ahead of the server', async () => {
    const ahead = {
      ...status(504, 'Timeout', 'Too large resource version: 900, current: 5'),
      details: { causes: [{ reason: 'ResourceVersionTooLarge' }], retryAfterSeconds: 1 },
    };

    expect((await watchScript((response) => answerJson(response, ahead, 504))).ended).toMatchObject({
      reason: 'ahead',
      retryAfterMs: 1000,
    });
  });

  it('takes a connection on which nothing comes any more for dead', async () => {
    const { seen, ended } = await watchScript((response) => response.write(frame('ADDED', '6')), {
      silentAfterMs: 100,
    });

    expect(seen).toEqual(['6']);
    expect(ended).toMatchObject({ reason: 'silent' });
  });

  it('ends quietly when it is called off', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 100);

    expect(await watchScript((response) => response.write(frame('ADDED', '6')), { signal: stop.signal })).toEqual({
      seen: ['6'],
      ended: 'well',
    });
  });

  it('does not count the time in which its frames are worked on as silence', async () => {
    server = await scriptedServer((_, response) => {
      response.write(frame('ADDED', '6'));
      setTimeout(() => response.end(frame('ADDED', '7')), 300);
    });
    const seen: string[] = [];

    const frames = connect({ kubeconfig: server.kubeconfig }).watch(pods, { resourceVersion: '5', silentAfterMs: 200 });
    for await (const each of frames) {
      seen.push(...each.map(({ object }) => object.metadata.resourceVersion));
      await new Promise((resolve) => setTimeout(resolve, 250));
    }

    expect(seen).toEqual(['6', '7']);
  });
});
