import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { initBacksOff, initEnds, initRuns, newPod, time, uid } from '#testing/projections';
import { Scene, surroundings } from '../testing/index.js';
import type { Stuck } from './stuck.schema.js';

const backsOff = 'back-off 5m0s restarting failed container=migrate pod=api_shop(1)';

const stamp = (seconds: number): string => new Date(time(seconds)).toISOString();

const before = ['wait-for', 'old:5432'];
const now = ['wait-for', 'db:5432'];

let scene: Scene;
beforeAll(async () => {
  scene = await Scene.set([
    ...surroundings(),
    newPod(1, 1, { revision: '1', command: before }),
    initRuns(1, 2),
    initEnds(1, 2, 10),
    newPod(2, 20, { revision: '1', command: before }),
    ...initBacksOff(2, 60, backsOff),
    newPod(3, 101, { revision: '2', command: now }),
    newPod(4, 102, { revision: '2', command: now }),
    ...initBacksOff(3, 140, backsOff),
    newPod(5, 200, { revision: '2', command: now }),
    initRuns(5, 201),
    ...initBacksOff(4, 3510, backsOff),
  ]);
});
afterAll(() => scene.end());

type Answer = Readonly<{ items: Stuck[] }>;
const stuck = async (query = ''): Promise<Stuck[]> =>
  (await scene.body<Answer>(`/api/v1/stuck?asOf=2026-11-21T11:00:00Z${query}`)).items;

describe('/stuck', () => {
  it('tells a group in full: whom it holds, since when, why, and when it is tried again', async () => {
    const [, second] = await stuck('&category=CRASH');

    expect(second).toEqual({
      workload: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'api', uid: uid(901), resolved: true },
      namespace: 'shop',
      cluster: 'test',
      container: 'migrate',
      category: 'CRASH',
      categoryEvidence: {
        source: 'status.initContainerStatuses[migrate].terminated.exitCode',
        reason: '3',
        position: expect.stringMatching(/^\d+:\d+$/) as string,
        basis: 'observed',
      },
      reason: 'CrashLoopBackOff',
      waitsFor: 'db:5432',
      dependencies: [
        {
          kind: 'service',
          target: 'db:5432',
          endpoint: 'db.shop:5432',
          port: 5432,
          protocol: 'tcp',
          confidence: 'certain',
          rule: 'wait-for-it',
          evidence: {
            source: 'command',
            text: 'wait-for db:5432',
            position: expect.stringMatching(/^\d+:\d+$/) as string,
          },
        },
      ],
      since: stamp(120),
      firstSeen: time(101),
      image: 'migrate:1',
      revision: '2',
      previousRevision: { revision: '1', successRate: 1 },
      changedSince: [
        { path: 'spec.initContainers[migrate].command', from: ['wait-for', 'old:5432'], to: ['wait-for', 'db:5432'] },
      ],
      affected: 1,
      total: 5,
      nodes: [{ node: 'node-a', zone: 'z1', pods: 1 }],
      attempts: 2,
      lastExitCode: 3,
      lastMessage: 'no such host',
      nextRetry: { seconds: 0, lo: 0, hi: 0, certainty: 'bounded' },
      pods: [{ uid: uid(3), name: 'api-3', since: stamp(120) }],
      deadline: stamp(420),
      threshold: { seconds: 300, basis: 'default 300 s' },
    });
  });

  it('says of one that merely runs that time alone decided, and of one that changed nothing that nothing changed', async () => {
    const [first, , last] = await stuck();

    expect(last).toMatchObject({
      category: 'DEPENDENCY_WAIT',
      categoryEvidence: {
        source: 'status.initContainerStatuses[migrate].state.running',
        reason: 'for more than 300 s, and nothing failed',
        basis: 'inferred',
      },
      waitsFor: 'db:5432',
    });
    expect(first?.changedSince).toEqual([]);
  });

  it('keeps revisions and causes apart', async () => {
    const told = (await stuck()).map(({ revision, category, pods }) => [
      revision,
      category,
      pods.map(({ name }) => name),
    ]);

    expect(told).toEqual([
      ['1', 'CRASH', ['api-2']],
      ['2', 'CRASH', ['api-3']],
      ['2', 'DEPENDENCY_WAIT', ['api-5']],
    ]);
  });

  it('tells of a pod when its deadline has passed, not before, and /pods says stuckSince of the same', async () => {
    const since = (at: string) =>
      scene
        .body<{ items: { name: string; stuckSince: string | null }[] }>(`/api/v1/pods?sort=name&asOf=${at}`)
        .then(({ items }) => items.map(({ name, stuckSince }) => [name, stuckSince]));

    expect(await since('2026-11-21T10:05:59Z')).toEqual([
      ['api-1', null],
      ['api-2', time(40)],
      ['api-3', null],
      ['api-4', null],
      ['api-5', null],
    ]);
  });
});
