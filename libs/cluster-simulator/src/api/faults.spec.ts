import { request, type IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ManualClock, type Clock } from './clock.js';
import { startApi, type SimulatedApi } from './simulated-api.js';

type Opened = { lines: string[]; raw: () => string; ending: Promise<'ended' | 'cut'>; close: () => void };

describe('faults', () => {
  let api: SimulatedApi;

  const start = async (clock?: Clock) => {
    await api?.close();
    api = await startApi({ bookmarkIntervalMs: 50, ...(clock && { clock }) });
  };
  beforeEach(() => start());
  afterEach(() => api.close());

  const headers = { authorization: 'Bearer admin-token' };
  const get = async (path: string) => {
    const answer = await fetch(api.url + path, { headers });
    return { status: answer.status, headers: answer.headers, body: await answer.text() };
  };
  const write = (name: string) =>
    api.store.create('configmaps', { metadata: { name, namespace: 'default' } }, { manager: 'test' });
  const names = (lines: readonly string[]) =>
    lines
      .map((line) => JSON.parse(line) as { type: string; object: { metadata: { name: string } } })
      .map(({ object }) => object.metadata.name);

  function watch(query = '', resource = 'configmaps'): Promise<Opened> {
    return new Promise((resolve, reject) => {
      const sent = request(
        `${api.url}/api/v1/${resource}?watch=1&${query}`,
        { headers },
        (response: IncomingMessage) => {
          const lines: string[] = [];
          let raw = '';
          response.on('data', (part: Buffer) => (raw += part.toString()));
          createInterface({ input: response })
            .on('line', (line) => lines.push(line))
            .on('error', () => {});
          const ending = new Promise<'ended' | 'cut'>((settle) => {
            response.once('end', () => settle('ended')).once('error', () => settle('cut'));
          });
          resolve({ lines, raw: () => raw, ending, close: () => sent.destroy() });
        },
      );
      sent.once('error', reject).end();
    });
  }
  const from = () => `resourceVersion=${api.store.resourceVersion}`;

  it('drop watches without a word', async () => {
    const opened = await watch(from());
    api.faults.dropWatches();

    expect(await opened.ending).toBe('ended');
    expect(opened.lines).toEqual([]);
    expect(api.faults.watches()).toBe(0);
  });

  it('cut the watches of one kind, and leave the others', async () => {
    const [maps, pods] = [await watch(from()), await watch(from(), 'pods')];
    api.faults.cutWatches({ resource: 'pods' });

    expect(await pods.ending).toBe('cut');
    expect(api.faults.watches()).toBe(1);
    maps.close();
  });

  it('cut a watch in the middle of a line', async () => {
    const opened = await watch(from());
    api.faults.cutMidLine();
    write('half');

    expect(await opened.ending).toBe('cut');
    expect(opened.raw()).toMatch(/^\{"type":"ADDED"/);
    expect(opened.raw()).not.toContain('\n');
  });

  it('stall a watch that stays open', async () => {
    const opened = await watch(from());
    api.faults.stallWatches();
    write('unheard');
    await sleep(50);

    expect(opened.raw()).toBe('');
    expect(api.faults.watches()).toBe(1);
    opened.close();
  });

  it('delay frames and keep their order', async () => {
    const opened = await watch(from());
    api.faults.delayFrames(80);
    write('one');
    write('two');
    await sleep(30);
    const early = [...opened.lines];
    await sleep(150);

    expect(early).toEqual([]);
    expect(names(opened.lines)).toEqual(['one', 'two']);
    opened.close();
  });

  it('let one kind fall behind the others', async () => {
    const [maps, pods] = [await watch(from()), await watch(from(), 'namespaces')];
    api.faults.delayFrames(100, { resource: 'configmaps' });
    write('first');
    api.store.create('namespaces', { metadata: { name: 'second' } }, { manager: 'test' });
    await sleep(40);

    expect([maps.lines.length, pods.lines.length]).toEqual([0, 1]);
    maps.close();
    pods.close();
  });

  it('send frames twice', async () => {
    const opened = await watch(from());
    api.faults.duplicateFrames(1);
    write('twice');
    write('once');
    await sleep(50);

    expect(names(opened.lines)).toEqual(['twice', 'twice', 'once']);
    opened.close();
  });

  it('expire positions: a watch says so in its stream, a continuation by its status', async () => {
    write('one');
    write('two');
    const position = from();
    const page = JSON.parse((await get('/api/v1/configmaps?limit=1')).body) as { metadata: { continue: string } };
    write('three');
    api.faults.expire();
    const opened = await watch(position);
    const next = await get(`/api/v1/configmaps?limit=1&continue=${page.metadata.continue}`);

    expect(await opened.ending).toBe('ended');
    expect(JSON.parse(opened.lines[0] ?? '')).toMatchObject({
      type: 'ERROR',
      object: {
        kind: 'Status',
        status: 'Failure',
        code: 410,
        reason: 'Expired',
        message: expect.stringMatching(/^too old resource version: \d+ \(\d+\)$/),
      },
    });
    expect(next.status).toBe(410);
    const { message, metadata } = JSON.parse(next.body) as { message: string; metadata: { continue: string } };
    expect(message).toMatch(/^The provided continue parameter is too old to display a consistent list result/);
    const rest = await get(`/api/v1/configmaps?continue=${metadata.continue}`);
    expect(rest.body).toContain('"three"');
  });

  it('put less on a page than was asked for, and let a continuation expire in the middle of a list', async () => {
    for (const name of ['one', 'two', 'three']) write(name);
    api.faults.shortenPages(1);
    const first = JSON.parse((await get('/api/v1/configmaps?limit=500')).body) as { metadata: { continue: string } };
    api.faults.expireContinuations(1);
    const next = (token: string) => get(`/api/v1/configmaps?limit=500&continue=${token}`);
    const refused = await next(first.metadata.continue);
    const { metadata } = JSON.parse(refused.body) as { metadata: { continue: string } };

    expect(first.metadata.continue).toBeTruthy();
    expect(refused.status).toBe(410);
    expect((await next(metadata.continue)).status).toBe(200);
    expect((await next(first.metadata.continue)).status).toBe(200);
  });

  it('say in a bookmark a position that was told before', async () => {
    for (let nth = 0; nth < 5; nth += 1) write(`map-${nth}`);
    const now = Number(api.store.resourceVersion);
    const opened = await watch(`${from()}&allowWatchBookmarks=true`);
    api.faults.ageBookmarks(1);
    await vi.waitFor(() => expect(opened.lines.length).toBeGreaterThan(1));
    const positions = opened.lines.map((line) =>
      Number(
        (JSON.parse(line) as { object: { metadata: { resourceVersion: string } } }).object.metadata.resourceVersion,
      ),
    );

    expect(positions[0]).toBeLessThan(now);
    expect(positions[1]).toBe(now);
    opened.close();
  });

  it('tell of an Events position that was compacted in the words of etcd', async () => {
    const position = from();
    write('one');
    api.faults.compact();
    const opened = await watch(position, 'events');

    expect(await opened.ending).toBe('ended');
    expect(JSON.parse(opened.lines[0] ?? '')).toMatchObject({
      object: { code: 410, message: 'The resourceVersion for the provided watch is too old.' },
    });
  });

  it('leave lists of now readable after a compaction, and those of before not', async () => {
    const before = api.store.resourceVersion;
    write('one');
    api.faults.compact();
    const exact = await get(`/api/v1/configmaps?resourceVersion=${before}&resourceVersionMatch=Exact`);

    expect((await get('/api/v1/configmaps')).status).toBe(200);
    expect([exact.status, (JSON.parse(exact.body) as { message: string }).message]).toEqual([
      410,
      'The resourceVersion for the provided list is too old.',
    ]);
  });

  it('go back to a backup, with every watch cut', async () => {
    const backup = Number(api.store.resourceVersion);
    write('lost');
    const opened = await watch(from());
    api.faults.resetResourceVersions(backup);

    expect(await opened.ending).toBe('cut');
    expect((await get('/api/v1/configmaps')).body).toContain(`"resourceVersion":"${backup}"`);
    expect((await get('/api/v1/configmaps')).body).not.toContain('lost');
  });

  it('answer with 429 and 500 as often as told', async () => {
    api.faults.tooManyRequests(1, 7);
    const refused = await get('/api/v1/pods');
    api.faults.serverErrors(2);
    const failed = [await get('/api/v1/pods'), await get('/version'), await get('/api/v1/pods')];

    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '7']);
    expect(failed.map(({ status }) => status)).toEqual([500, 500, 200]);
    expect(failed[0]?.body).toContain('Internal error occurred');
  });

  it('refuse tokens until healed', async () => {
    api.faults.refuseTokens();
    const refused = await get('/api/v1/pods');
    api.faults.heal();

    expect([refused.status, (await get('/api/v1/pods')).status]).toEqual([401, 200]);
  });

  it('refuse connections for a while', async () => {
    api.faults.refuseConnections(150);

    await expect(get('/version')).rejects.toThrow('fetch failed');
    await sleep(200);
    expect((await get('/version')).status).toBe(200);
  });

  it('kill the API server: watches are cut, requests refused, then kept waiting, and its watch cache begins anew', async () => {
    const clock = new ManualClock();
    await start(clock);
    const before = from();
    write('one');
    const opened = await watch(before);
    api.faults.killApi();

    expect(await opened.ending).toBe('cut');
    await expect(get('/version')).rejects.toThrow('fetch failed');
    clock.advance(300);
    const told: string[] = [];
    const asked = get('/version').then(({ status }) => told.push(`answered ${status}`));
    expect((await fetch(`${api.url}/simulator/none`)).status).toBe(404); // by now the first request has arrived, too
    told.push('back');
    clock.advance(2000);
    await asked;
    expect(told).toEqual(['back', 'answered 200']);
    const tooOld = await watch(before);
    expect(await tooOld.ending).toBe('ended');
    expect(JSON.parse(tooOld.lines[0] ?? '')).toMatchObject({
      object: { code: 410, message: expect.stringMatching(/^too old resource version: \d+ \(\d+\)$/) as string },
    });
    const ofEvents = await watch(before, 'events');
    const involvedObject = { kind: 'Pod', namespace: 'default', name: 'web' };
    api.store.create(
      'events',
      { metadata: { name: 'two', namespace: 'default' }, involvedObject },
      { manager: 'test' },
    );
    await vi.waitFor(() => expect(names(ofEvents.lines)).toEqual(['two']));
    ofEvents.close();
  });

  it('restart the API server: its watches say nothing and are cut when it has had its time to go', async () => {
    const clock = new ManualClock();
    await start(clock);
    const opened = await watch(from());
    const ask = await fetch(`${api.url}/simulator/faults`, { method: 'POST', body: '{"fault":"restartApi"}' });

    expect(await ask.json()).toEqual({ fault: 'restartApi', watches: 1 });
    await expect(get('/version')).rejects.toThrow('fetch failed');
    clock.advance(5300);
    expect(await opened.ending).toBe('cut');
    api.faults.heal();
    expect((await get('/version')).status).toBe(200);
  });

  it('are commanded over HTTP too', async () => {
    const opened = await watch(from());
    const answer = await fetch(`${api.url}/simulator/faults`, {
      method: 'POST',
      body: '{"fault":"dropWatches","resource":"configmaps"}',
    });
    const wrong = await fetch(`${api.url}/simulator/faults`, { method: 'POST', body: '{"fault":"constructor"}' });

    expect(answer.status).toBe(200);
    expect(await opened.ending).toBe('ended');
    expect(wrong.status).toBe(400);
  });

  it('do not concern bookmarks, which go on', async () => {
    const opened = await watch(`${from()}&allowWatchBookmarks=true`);
    await sleep(150);

    expect(opened.lines.length).toBeGreaterThanOrEqual(2);
    expect(opened.lines[0]).toContain('"BOOKMARK"');
    opened.close();
  });
});
