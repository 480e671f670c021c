import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ActWriters, eraseBodies, positionsHolding } from '#libs/event-store';
import { finishErasures } from '#libs/projections';
import { placesHolding } from '#testing/platform';
import {
  eventSeen,
  initBacksOff,
  initRuns,
  logSeen,
  newPod,
  nodeSeen,
  replicaSetSeen,
  uid,
  withParts,
} from '#testing/projections';
import { Scene, surroundings } from '../testing/index.js';

const secret = 'hunter2-of-the-shop';
const from = 'from=2026-11-21T00:00:00Z';

/** Every answer that tells of what was recorded. */
const paths = [
  '/api/v1/pods',
  `/api/v1/pods?asOf=2026-11-21T10:01:00Z`,
  ...['', '/events', '/timeline', '/logs'].map((part) => `/api/v1/pods/${uid(2)}${part}`),
  '/api/v1/stuck',
  '/api/v1/workloads',
  '/api/v1/findings',
  '/api/v1/gaps',
  '/api/v1/clusters',
  '/api/v1/reports/dependencies',
  ...['durations', 'failures', 'restarts'].flatMap((report) =>
    ['initialization', 'attempt'].map((of) => `/api/v1/reports/${report}?groupBy=workload&${from}&of=${of}`),
  ),
  '/metrics',
];
const question = `{ pods(first: 9) { edges { node { name node zone labels workload { name } } } } }`;

let scene: Scene;
beforeAll(async () => {
  scene = await Scene.set([
    ...surroundings(),
    withParts(nodeSeen(1), { metadata: { name: 'node-a', labels: { 'topology.kubernetes.io/zone': secret } } }),
    withParts(replicaSetSeen(1), {
      metadata: {
        kind: 'ReplicaSet',
        apiVersion: 'apps/v1',
        name: 'api-1',
        namespace: 'shop',
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: 'Deployment', name: `api-${secret}`, uid: uid(901), controller: true },
        ],
      },
    }),
    newPod(2, 20, { command: ['sh', '-c', `until nslookup ${secret}.example; do sleep 2; done`] }),
    initRuns(2, 21),
    ...initBacksOff(2, 42, `no answer from ${secret}`),
    eventSeen(uid(2), 43, { reason: 'BackOff', message: `failed with ${secret}`, type: 'Warning' }),
    logSeen(2, 44, { text: `logged in with ${secret}\n` }),
  ]);
});
afterAll(() => scene.end());

/** The answers that hold the secret. */
async function telling(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const path of paths) {
    const { status, text } = await scene.get(path);
    expect([path, [200, 404].includes(status)]).toEqual([path, true]);
    if (text.includes(secret)) found.push(path);
  }
  const { text } = await scene.graphql(question);
  return text.includes(secret) ? [...found, 'graphql'] : found;
}

describe('answers after an erasure', () => {
  it('hold nothing of what went, and neither does the database', async () => {
    const before = await telling();
    expect(before).toEqual(expect.arrayContaining([...paths.slice(0, 9), 'graphql']));

    const { pool, shardId } = scene.ledger;
    const acts = new ActWriters({ pool });
    const positions = await positionsHolding(pool, { shardId, log: 'event' }, secret);
    await eraseBodies({ pool, acts }, { shardId, log: 'event', positions, reason: 'a password', author: 'privacy' });
    await acts.close();
    await finishErasures(pool, { defaultSeconds: 300, floorSeconds: 60, factor: 1.5, minSamples: 3 });

    expect(await telling()).toEqual([]);
    expect(await placesHolding(scene.ledger.adminUrl, secret)).toEqual([]);
  });
});
