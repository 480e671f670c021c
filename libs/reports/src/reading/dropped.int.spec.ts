import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seesAll } from '#libs/access';
import { RULES } from '#libs/init-history';
import { goodStart, initEnds, initRuns, newPod, podGone, uid } from '#testing/projections';
import type { Meta } from '../shapes/common.js';
import type { PodDetail } from '../shapes/pod.js';
import { HappeningStream } from '../stream/happening-stream.js';
import { Scene, surroundings } from '../testing/index.js';

type One = Readonly<{ data: PodDetail; meta: Meta }>;
type Listed = Readonly<{ items: readonly Readonly<{ position: string }>[]; meta: Meta }>;
type Page = Readonly<{
  items: readonly Readonly<{ uid: string }>[];
  page: Readonly<{ nextCursor: string | null; hasMore: boolean }>;
  meta: Meta;
}>;

/** Positions 0 to 7 are of what goes: all of pod 1, and how pod 2 began. */
const horizon = 8;

let scene: Scene;
let before: One['data'];
/** A page, and the next one's cursor, as of a position that is below the horizon later. */
let pageBelow: Page;
/** As of the first position that is kept. */
let atHorizon: string;
beforeAll(async () => {
  scene = await Scene.set([...surroundings(), ...goodStart(1, 1, 10).slice(0, 2), newPod(2, 20)]);
  pageBelow = await scene.body('/api/v1/pods?limit=1');
  await scene.see([podGone(1, 20), initRuns(2, 21)]);
  atHorizon = (await scene.body<Listed>('/api/v1/pods')).meta.position;
  await scene.see([initEnds(2, 21, 31), newPod(3, 50)]);
  before = (await scene.body<One>(`/api/v1/pods/${uid(1)}`)).data;
  await scene.ledger.freeze(horizon);
  // Gone for long, nothing is kept to go on from.
  await scene.ledger.rows('DELETE FROM pod_seed WHERE stream_id = $1', [uid(1)]);
  await scene.ledger.drop(horizon);
  await scene.ledger.takeOver({ rules: '99' });
});
afterAll(() => scene.end());

const frozen = { before: `1:${horizon}`, rules: RULES };

describe('answers after observations were dropped', () => {
  it('say from when there are any, and by which rules the rest is told', async () => {
    const { meta } = await scene.body<Listed>('/api/v1/pods');

    expect(meta).toMatchObject({
      rules: '99',
      historyFrom: '2026-11-21T10:00:21.000Z',
      frozen: [{ cluster: 'test', from: '1:0', to: `1:${horizon}`, rules: RULES }],
    });
  });

  it('tell a pod of which all were dropped as it was told, and mark it', async () => {
    const { data } = await scene.body<One>(`/api/v1/pods/${uid(1)}`);

    expect(data).toEqual({ ...before, frozen });
    expect(before.frozen).toBeNull();
  });

  it('tell one that goes on from what is kept of it, and mark it; one that came later has no mark', async () => {
    const [second, third] = [
      await scene.body<One>(`/api/v1/pods/${uid(2)}`),
      await scene.body<One>(`/api/v1/pods/${uid(3)}`),
    ];

    expect(second.data).toMatchObject({ createdAt: '2026-11-21T10:00:20Z', frozen });
    expect(second.data.cycles[0]?.initContainers[0]?.attempts).toHaveLength(1);
    expect(third.data.frozen).toBeNull();
  });

  it('have the happenings of all, and of the observations those that are left, and are not complete then', async () => {
    const timeline = await scene.body<Readonly<{ data: { happenings: readonly unknown[] } }>>(
      `/api/v1/pods/${uid(1)}/timeline`,
    );
    const [none, some, all] = await Promise.all(
      [1, 2, 3].map((pod) => scene.body<Listed>(`/api/v1/pods/${uid(pod)}/events`)),
    );

    expect(timeline.data.happenings.length).toBeGreaterThan(2);
    expect([none, some, all].map((page) => [page?.items.map(({ position }) => position), page?.meta.complete])).toEqual(
      [
        [[], false],
        [['1:8', '1:9'], false],
        [['1:10'], true],
      ],
    );
  });

  it('are given as of what is left, and of no time before', async () => {
    const early = await scene.get('/api/v1/pods?asOf=2026-11-21T10:00:20.500Z').expect(410);
    const asOf = await scene.body<Listed>('/api/v1/pods?asOf=2026-11-21T10:00:21Z');

    expect(early.body).toMatchObject({ code: 'history-expired', historyFrom: '2026-11-21T10:00:21.000Z' });

    expect(asOf.items).toHaveLength(2);
  });

  it('are given again where they stood at the horizon, and are refused where they stood below it', async () => {
    const refused = { code: 'history-expired', historyFrom: '2026-11-21T10:00:21.000Z' };
    const { page, meta } = pageBelow;
    const cursor = encodeURIComponent(page.nextCursor ?? '');

    expect(page.hasMore).toBe(true);
    for (const path of [
      `/api/v1/pods?limit=1&cursor=${cursor}`,
      `/api/v1/pods?asOf=${encodeURIComponent(meta.position)}`,
      `/api/v1/pods/${uid(2)}?asOf=${encodeURIComponent(meta.position)}`,
      `/api/v1/pods/${uid(2)}/timeline?asOf=${encodeURIComponent(meta.position)}`,
    ])
      expect([path, (await scene.get(path).expect(410)).body]).toEqual([path, expect.objectContaining(refused)]);
    await scene.get(`/api/v1/pods?asOf=${encodeURIComponent(atHorizon)}`).expect(200);
  });

  it('are heard on from where a listener was told last, also below the horizon: what was told is kept', async () => {
    const stream = scene.app.get(HappeningStream, { strict: false });
    const listening = { filter: {}, lastEventId: `${RULES}/1:6.0`, signal: new AbortController().signal };
    const rows = await scene.ledger.rows<{ id: string }>(
      'SELECT happening_id::text AS id FROM happening WHERE (position, ordinal) > (6, 0) ORDER BY position, ordinal',
    );
    const heard: string[] = [];
    const from = await stream.begin(seesAll('test'), listening);
    for await (const text of stream.listen(seesAll('test'), listening, from)) {
      const data = /^event: happening\n.*\ndata: (.*)\n\n$/u.exec(text)?.[1];
      if (data !== undefined) heard.push((JSON.parse(data) as Readonly<{ id: string }>).id);
      if (heard.length >= rows.length) break;
    }

    expect(heard).toEqual(rows.map(({ id }) => id));
    const below = await scene.ledger.rows(
      'SELECT FROM happening WHERE (position, ordinal) > (6, 0) AND position < $1',
      [horizon],
    );
    expect(below).not.toEqual([]);
  });

  it('stay so where nothing is left of a log at all', async () => {
    await scene.ledger.freeze(11, { rules: '99' });
    await scene.ledger.drop(11);
    const { meta, items } = await scene.body<Page>('/api/v1/pods');
    const early = await scene.get('/api/v1/pods?asOf=2026-11-21T10:00:20.500Z').expect(410);

    expect(items).toHaveLength(3);
    expect(meta.frozen.map(({ to, rules }) => [to, rules])).toEqual([
      ['1:8', RULES],
      ['1:11', '99'],
    ]);
    expect(early.body).toMatchObject({ code: 'history-expired' });
    const first = await scene.body<Page>('/api/v1/pods?limit=1');
    const second = await scene.body<Page>(
      `/api/v1/pods?limit=1&cursor=${encodeURIComponent(first.page.nextCursor ?? '')}`,
    );
    const asOf = await scene.body<Page>(`/api/v1/pods?asOf=${encodeURIComponent(first.meta.position)}`);
    expect([...first.items, ...second.items, ...asOf.items].map(({ uid: pod }) => pod)).toEqual(
      [...items.slice(0, 2), ...items].map(({ uid: pod }) => pod),
    );
  });
});
