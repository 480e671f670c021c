import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seesAll, type Viewer } from '#libs/access';
import { logSeen, uid } from '#testing/projections';
import { Scene } from '../testing/index.js';
import { PodQuery } from './pod.query.js';

let scene: Scene;
beforeAll(async () => {
  scene = await Scene.set();
  await scene.see([
    logSeen(3, 100, { containerId: 'containerd://3', text: 'no such table\ngiving up' }),
    logSeen(3, 101, { containerId: 'containerd://unseen', text: null, missing: 'not found' }),
  ]);
});
afterAll(() => scene.end());

type Logs = Readonly<{ items: Record<string, unknown>[]; page: object; meta: { withheld: object[] } }>;
const path = `/api/v1/pods/${uid(3)}/logs`;

describe('/pods/{uid}/logs', () => {
  it('tells what failed attempts said last, with the attempt that each is of, and why there is none', async () => {
    const pod = await scene.body<{ data: { cycles: { initContainers: { attempts: { containerId: string }[] }[] }[] } }>(
      `/api/v1/pods/${uid(3)}`,
    );
    const [known] = pod.data.cycles[0]?.initContainers[0]?.attempts ?? [];
    expect(known?.containerId).toBe('containerd://3');

    const { items, meta } = await scene.body<Logs>(path);

    expect(items).toMatchObject([
      { containerId: 'containerd://3', container: 'migrate', cycle: 1, attempt: 1, text: 'no such table\ngiving up' },
      { containerId: 'containerd://unseen', cycle: null, attempt: null, text: null, missing: 'not found' },
    ]);
    expect(meta.withheld).toEqual([]);
  });

  it('comes in pages, and by GraphQL', async () => {
    const first = await scene.body<Logs & { page: { nextCursor: string } }>(`${path}?limit=1`);
    const second = await scene.body<Logs>(`${path}?limit=1&cursor=${encodeURIComponent(first.page.nextCursor)}`);
    expect([...first.items, ...second.items].map(({ containerId }) => containerId)).toEqual([
      'containerd://3',
      'containerd://unseen',
    ]);

    const { body } = await scene.graphql(
      `query($uid: String!) { podLogs(uid: $uid, first: 1) { edges { node { containerId text } } } }`,
      { uid: uid(3) },
    );
    expect(body.data.podLogs.edges[0].node).toEqual({
      containerId: 'containerd://3',
      text: 'no such table\ngiving up',
    });
  });

  it('knows nothing of a pod that nobody recorded', async () => {
    const { status, body } = await scene.get(`/api/v1/pods/${uid(77)}/logs`);

    expect({ status, code: body.code }).toEqual({ status: 404, code: 'pod-unknown' });
  });

  it('takes its place among the observations, and moves no fact', async () => {
    const { items } = await scene.body<{ items: { type: string; body: { text: unknown } }[] }>(
      `/api/v1/pods/${uid(3)}/events`,
    );

    expect(items.filter(({ type }) => type === 'InitLogCaptured').map(({ body }) => body.text)).toEqual([
      'no such table\ngiving up',
      null,
    ]);
    expect(scene.ledger.failures).toEqual([]);
  });

  it('keeps the text from who may not get pods/log, in both answers, and says so', async () => {
    const jane: Viewer = { ...seesAll('jane'), logs: new Map() };
    const query = scene.app.get(PodQuery, { strict: false });

    const logs = await query.logs(jane, uid(3), { limit: 10 });
    const seen = await query.observations(jane, uid(3), { limit: 100 });

    expect(logs.items.map(({ text }) => text)).toEqual([null, null]);
    expect(logs.meta.withheld).toContainEqual({ field: 'text', right: 'get pods/log' });
    expect(JSON.stringify(seen.items)).not.toContain('giving up');
    expect(seen.meta.withheld).toContainEqual({ field: 'body.text', right: 'get pods/log' });
  });
});
