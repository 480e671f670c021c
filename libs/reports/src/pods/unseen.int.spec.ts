/** What is answered of what nobody saw: pods of which there are Events alone, gaps, and what was learnt after them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seesAll, type Viewer } from '#libs/access';
import {
  eventSeen,
  gapSeen,
  goodStart,
  listSeen,
  nodeBooted,
  podSeen,
  time,
  uid,
  type Seen,
} from '#testing/projections';
import { GapsQuery } from '../clusters/gaps.query.js';
import { Scene, surroundings } from '../testing/index.js';

type Body = Readonly<{ items: readonly Record<string, unknown>[]; data: Record<string, unknown> }>;

const ghostEvent = (at: number, reason: string, fieldPath?: string): Seen =>
  eventSeen(uid(9), at, {
    name: `api-9.${reason}`,
    reason,
    message: reason,
    source: { component: 'kubelet', host: 'node-a' },
    involvedObject: {
      kind: 'Pod',
      namespace: 'shop',
      name: 'api-9',
      uid: uid(9),
      resourceVersion: '150',
      ...(fieldPath ? { fieldPath } : {}),
    },
  });

/** A frame that came with the list after a gap. */
const listed = (seen: Seen): Seen => ({ ...seen, observation: { ...seen.observation, via: 'relist' } });

const rerun: Seen = podSeen(1, 60, {
  'condition.PodReadyToStartContainers': {
    type: 'PodReadyToStartContainers',
    status: 'True',
    lastTransitionTime: time(52),
  },
  'status.initContainer.migrate': {
    name: 'migrate',
    restartCount: 1,
    containerID: 'containerd://1-again',
    state: {
      terminated: {
        exitCode: 0,
        reason: 'Completed',
        startedAt: time(54),
        finishedAt: time(56),
        containerID: 'containerd://1-again',
      },
    },
  },
});

describe('what nobody saw', () => {
  let scene: Scene;

  beforeAll(async () => {
    scene = await Scene.set([
      ...surroundings(),
      nodeBooted(1, 'boot-1'),
      ...goodStart(1, 10, 5),
      ghostEvent(40, 'Started', 'spec.initContainers{migrate}'),
      ghostEvent(44, 'Killing'),
      gapSeen(30, 60),
      listed(rerun),
      listSeen(60, '300'),
      nodeBooted(55, 'boot-2'),
    ]);
  });
  afterAll(() => scene.end());

  it('is in the list of pods, unknown and without a duration, and in no count', async () => {
    const { items } = await scene.body<Body>('/api/v1/pods?sort=name');
    const none = { seconds: null, lo: null, hi: null, certainty: 'unknown' };
    expect(
      items
        .map(({ name, state, status, node, createdAt, duration }) => ({
          name,
          state,
          status,
          node,
          createdAt,
          duration,
        }))
        .at(-1),
    ).toEqual({
      name: 'api-9',
      state: 'unknown',
      status: null,
      node: 'node-a',
      createdAt: null,
      duration: none,
    });
    const clusters = await scene.body<Body>('/api/v1/clusters');
    expect(clusters.items).toMatchObject([{ pods: 1 }]);
    const workloads = await scene.body<Body>('/api/v1/workloads');
    expect(workloads.items.map((row) => [row['kind'] ?? (row['workload'] as { kind: string }).kind])).toEqual([
      ['Deployment'],
    ]);
    const durations = await scene.body<Body>('/api/v1/reports/durations?from=2026-11-21T00:00:00Z&groupBy=workload');
    expect(durations.items).toHaveLength(1);
  });

  it('is one pod, with a finding that says what its Events prove, and their positions', async () => {
    const { data } = await scene.body<Body>(`/api/v1/pods/${uid(9)}`);
    expect(data['findings']).toEqual([
      {
        kind: 'seenOnlyInEvents',
        summary: `No frame showed this pod: it came and went unseen. Its Events prove: migrate started at ${time(40)}, the pod killed at ${time(44)}`,
        container: null,
        confidence: 'strong',
        evidence: ['1:8', '1:9'],
        at: time(40),
      },
    ]);
    expect(data['gaps']).toMatchObject([{ cluster: 'test', from: time(30), to: time(60), reason: 'expired' }]);
    const timeline = await scene.body<Body>(`/api/v1/pods/${uid(9)}/timeline`);
    expect(timeline.data['annotations']).toHaveLength(2);
    expect((timeline.data['happenings'] as { type: string }[]).map(({ type }) => type)).toEqual([
      'ClusterEventRecorded',
      'ClusterEventRecorded',
      'PodKnownFromEvents',
    ]);
  });

  it('is found by its id in GraphQL, too', async () => {
    const { body } = await scene.graphql(
      `{ pod(uid: "${uid(9)}") { data { name status state findings { kind evidence } } } }`,
    );
    expect(body.data.pod.data).toEqual({
      name: 'api-9',
      status: null,
      state: 'unknown',
      findings: [{ kind: 'seenOnlyInEvents', evidence: ['1:8', '1:9'] }],
    });
  });

  it('is named by what was learnt after it, and corrected by what was learnt later still', async () => {
    const { data } = await scene.body<Body>(`/api/v1/pods/${uid(1)}/timeline`);
    type Told = Readonly<{
      id: string;
      type: string;
      gap: string | null;
      supersedes: string | null;
      evidence: string[];
      cause?: string;
      position: string;
    }>;
    const happenings = data['happenings'] as readonly Told[];
    expect(happenings.filter(({ position }) => position === '1:11').map(({ gap }) => gap)).toEqual(
      happenings.filter(({ position }) => position === '1:11').map(() => '1:10'),
    );
    const [first, suspected, corrected] = happenings.filter(({ type }) => type === 'InitializationStarted');
    expect(first).toMatchObject({ gap: null, supersedes: null });
    expect(suspected).toMatchObject({ gap: '1:10', position: '1:11' });
    expect(corrected).toMatchObject({ cause: 'nodeReboot', position: '1:13', gap: null, supersedes: suspected?.id });
    expect(corrected?.evidence).toContain('1:13');
    const { body } = await scene.graphql(
      `{ podTimeline(uid: "${uid(1)}") { data { happenings { id type gap supersedes evidence } } } }`,
    );
    expect(body.data.podTimeline.data.happenings).toEqual(
      happenings.map(({ id, type, gap, supersedes, evidence }) => ({ id, type, gap, supersedes, evidence })),
    );
  });

  it('is a gap, with where the log tells of it and how many pods lived in it', async () => {
    const gap = {
      cluster: 'test',
      resource: 'pods',
      namespace: null,
      from: time(30).replace('Z', '.000Z'),
      to: time(60).replace('Z', '.000Z'),
      reason: 'expired',
      position: '1:10',
      podsAlive: 1,
    };
    const { items } = await scene.body<Body>('/api/v1/gaps');
    expect(items).toEqual([gap]);
    const { body } = await scene.graphql('{ gaps(first: 10) { edges { node { position podsAlive namespace } } } }');
    expect(body.data.gaps.edges).toEqual([{ node: { position: '1:10', podsAlive: 1, namespace: null } }]);
  });

  it('says how many pods lived in a gap of all namespaces to those alone who may see them all', async () => {
    const jane: Viewer = { ...seesAll('jane'), pods: new Map([['shop', uid(800)]]) };
    const told = await scene.app.get(GapsQuery).list(jane, { limit: 10 });
    expect(told.items).toMatchObject([{ position: '1:10', podsAlive: null }]);
    expect(told.meta.withheld).toEqual([{ field: 'podsAlive', right: 'list pods in all namespaces' }]);
  });
});
