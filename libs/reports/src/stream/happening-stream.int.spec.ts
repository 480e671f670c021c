import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { seesAll } from '#libs/access';
import { RULES } from '#libs/init-history';
import { goodStart, uid } from '#testing/projections';
import { Scene, sceneNow } from '../testing/index.js';
import { HappeningStream, type Listening } from './happening-stream.js';
import type { StreamFilter } from './stream.schema.js';

let scene: Scene;
let stream: HappeningStream;
beforeAll(async () => {
  scene = await Scene.set();
  stream = scene.app.get(HappeningStream, { strict: false });
});
afterAll(() => scene.end());

const quick = { pollMs: 5, heartbeatMs: 60_000, batch: 3, farBehind: 1_000 };
const viewer = seesAll('test');

/** What a listener hears until `enough` happenings have come, as id and data. */
async function hear(enough: number, lastEventId?: string, filter: StreamFilter = {}, pace = quick) {
  const going = new AbortController();
  const listening: Listening = { filter, lastEventId, signal: going.signal };
  const heard: { id: string; happening: { id: string; podUid: string; type: string } }[] = [];
  const from = await stream.begin(viewer, listening);
  for await (const text of stream.listen(viewer, listening, from, pace)) {
    const [, id, data] = /^event: happening\nid: (.*)\ndata: (.*)\n\n$/.exec(text) ?? [];
    if (id !== undefined && data !== undefined)
      heard.push({ id, happening: JSON.parse(data) as { id: string; podUid: string; type: string } });
    if (heard.length >= enough) break;
  }
  going.abort();
  return heard;
}

const told = async () =>
  (
    await scene.ledger.rows<{ id: string }>('SELECT happening_id::text AS id FROM happening ORDER BY position, ordinal')
  ).map(({ id }) => id);

describe('the stream of happenings', () => {
  it('tells all that is kept, in its order, to who asks from the beginning', async () => {
    const all = await told();

    expect((await hear(all.length, '0')).map(({ happening }) => happening.id)).toEqual(all);
  });

  it('goes on after the last event that was heard, without hole or duplicate, into what comes live', async () => {
    const all = await told();
    const first = await hear(5, '0');
    const resumed = hear(all.length - 5 + 3, first.at(-1)?.id);
    await scene.see(goodStart(40, 400, 3));
    const now = await told();

    const rest = await resumed;
    expect([...first, ...rest].map(({ happening }) => happening.id)).toEqual(now.slice(0, all.length + 3));
  });

  it('begins, without an id, with what comes', async () => {
    const hearing = hear(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await scene.see(goodStart(41, 500, 3));

    const [heard] = await hearing;
    expect(heard?.happening.podUid).toBe(uid(41));
  });

  it('tells what a filter asks for', async () => {
    const heard = await hear(2, '0', { type: ['InitContainerStarted'], pod: [uid(1), uid(2)] });

    expect(heard.map(({ happening }) => [happening.type, happening.podUid])).toEqual([
      ['InitContainerStarted', uid(1)],
      ['InitContainerStarted', uid(2)],
    ]);
  });

  it('lets go who was up to date and fell far behind, with the id to come again with', async () => {
    const going = new AbortController();
    const listening: Listening = { filter: {}, lastEventId: undefined, signal: going.signal };
    const from = await stream.begin(viewer, listening);
    const texts = stream.listen(viewer, listening, from, { ...quick, farBehind: 3, heartbeatMs: 0 });
    await texts.next();
    await texts.next();
    await scene.see(goodStart(42, 600, 3));

    const rest: string[] = [];
    for await (const text of texts) if (!text.startsWith(':')) rest.push(text);
    expect(rest.join('')).toMatch(new RegExp(`^event: lagged\\nid: ${RULES}/\\d+:`));
  });

  it('says that other rules took over and goes on, without telling again what was told', async () => {
    const own = await Scene.set();
    try {
      const stands = own.app.get(HappeningStream, { strict: false });
      const going = new AbortController();
      const listening: Listening = { filter: {}, lastEventId: undefined, signal: going.signal };
      const texts: string[] = [];
      const from = await stands.begin(viewer, listening);
      const hearing = (async () => {
        for await (const text of stands.listen(viewer, listening, from, quick)) {
          texts.push(...text.split('\n').filter((line) => /^(event|id)/.test(line)));
          if (texts.slice(texts.indexOf('event: rulesChanged')).length >= 6 && texts.includes('event: rulesChanged'))
            break;
        }
      })();
      await own.see(goodStart(43, 600, 1).slice(0, 1));
      await expect.poll(() => texts.length).toBeGreaterThan(0);
      const before = texts.length;

      await own.ledger.takeOver({ rules: '99' });
      await expect.poll(() => texts.at(-2)).toBe('event: rulesChanged');
      await own.ledger.append(goodStart(43, 600, 1).slice(1));
      await own.ledger.project(own.ledger.follower(own.ledger.projection({ rules: '99' })));
      await hearing;

      const events = texts.slice(before).filter((line) => line.startsWith('event'));
      expect(events[0]).toBe('event: rulesChanged');
      expect(new Set(events.slice(1))).toEqual(new Set(['event: happening']));
      expect(new Set(texts.filter((line) => line.startsWith('id'))).size).toBe(texts.length / 2);
      expect(texts.at(-1)).toMatch(/^id: 99\//);
    } finally {
      await own.end();
      vi.useFakeTimers({ toFake: ['Date'], now: sceneNow });
    }
  });

  it('is served as text/event-stream, and ends with the process', async () => {
    const own = await Scene.set();
    await own.app.listen(0);
    const answer = await fetch(`${await own.app.getUrl()}/api/v1/stream`, { headers: { 'last-event-id': '0' } });
    const reader = (answer.body ?? new ReadableStream<Uint8Array>()).getReader();
    const first = new TextDecoder().decode((await reader.read()).value);

    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    expect(answer.headers.get('x-accel-buffering')).toBe('no');
    expect(first).toContain('retry: 3000');
    await own.end();
    let isOver = false;
    while (!isOver) isOver = (await reader.read().catch(() => ({ done: true }))).done;
    expect(isOver).toBe(true);
  });
});
