import { afterAll, beforeAll, expect, it } from 'vitest';
import { seesAll } from '#libs/access';
import { PodQuery } from '#libs/reports';
import { goodStart, initRuns, newPod, uid } from '#testing/projections';
import { Scene, surroundings } from '#testing/reports';
import { PostmortemQuery } from './postmortem.query.js';

/** Positions 0 to 5 are of what goes. */
const horizon = 6;
const viewer = seesAll('test');

let scene: Scene;
let postmortems: PostmortemQuery;
/** Written before the observations went that it was made of, as of a position that went, and as of one that is kept. */
let below: string;
let above: string;
beforeAll(async () => {
  scene = await Scene.set([...surroundings(), newPod(1, 20)]);
  postmortems = new PostmortemQuery(scene.app.get(PodQuery, { strict: false }));
  below = await written();
  await scene.see([initRuns(1, 21), ...goodStart(2, 30, 5)]);
  above = await written();
  await scene.ledger.freeze(horizon);
  await scene.ledger.drop(horizon);
});
afterAll(() => scene.end());

const written = async () => (await postmortems.of(viewer, uid(1), undefined)).data.id;

it('refuses a postmortem whose id pins a place below the horizon, and says from when there are any', async () => {
  await expect(postmortems.get(viewer, below)).rejects.toMatchObject({
    code: 'history-expired',
    details: { historyFrom: '2026-11-21T10:00:30.000Z' },
  });
});

it('gives one again whose place is kept, and writes one as of now, of a pod that began below the horizon', async () => {
  const [again, anew] = [await postmortems.get(viewer, above), await postmortems.of(viewer, uid(1), undefined)];

  expect(again.data).toMatchObject({ id: above, startedAt: '2026-11-21T10:00:20Z' });
  expect(anew.data.timeline).toEqual(again.data.timeline);
  expect(anew.data.timeline[0]).toMatchObject({ what: 'PodFirstObserved' });
});

it('writes one, and gives it again, where nothing is left of the log', async () => {
  const end = (await scene.ledger.rows<{ size: number }>('SELECT size FROM shard_head'))[0]?.size ?? 0;
  await scene.ledger.freeze(end);
  await scene.ledger.drop(end);

  const { data } = await postmortems.of(viewer, uid(1), undefined);
  expect(data.timeline[0]).toMatchObject({ what: 'PodFirstObserved' });
  expect((await postmortems.get(viewer, data.id)).data).toEqual(data);
});
