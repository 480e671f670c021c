import { describe, expect, test } from 'vitest';
import { frames, type Resource } from '../../../../test/recordings/reader.js';
import { fieldAt, listAt, textAt, type Fields } from '../api/kube-object.js';
import { testCluster, type TestCluster } from '../testing/cluster.js';
import { byPod, framesDiffer, type Frame, type RawFrame } from '../testing/likeness.js';
import { scenarioNamed } from './index.js';

const longerMs = 90_000;

const uidOf = (pod: Fields): string => textAt(pod, 'metadata', 'uid');
const aboutUid = (event: Fields): string => textAt(event, 'involvedObject', 'uid');
const isOfPod = ({ object }: RawFrame): boolean => fieldAt(object, 'involvedObject', 'kind') === 'Pod';

/** Pods that are in a recording and not in the scenario here: what they need is not simulated (a liveness probe). */
const notPlayed = new Set(['unhealthy']);

const podNameOf = (object: unknown): string =>
  textAt(object, 'involvedObject', 'name') || textAt(object, 'metadata', 'name');

function recorded(scenario: string, resource: Resource): { frames: RawFrame[]; tookMs: number } {
  const lines = frames({ scenario, kubelet: '1.36' });
  const all = lines.flatMap((line) =>
    'frame' in line && line.resource === resource
      ? [{ at: Date.parse(line.receivedAt), ...(JSON.parse(line.frame) as RawFrame) }]
      : [],
  );
  const told = all.filter(({ type, object }) => type !== 'BOOKMARK' && !notPlayed.has(podNameOf(object)));
  return { frames: told, tookMs: (told.at(-1)?.at ?? 0) - (told[0]?.at ?? 0) };
}

function simulate(name: string, forMs: number): TestCluster {
  const cluster = testCluster();
  cluster.kubelets.play(scenarioNamed(name));
  cluster.clock.advance(forMs);
  cluster.kubelets.stop();
  return cluster;
}

type Told = [string, Frame[]];

/** Pods with names of their own by these; those that a controller named, by how much was told of them. */
function inOrder(pods: Map<string, Frame[]>): Told[] {
  const named = [...pods.values()].map((all): Told => [
    textAt(all[0]?.object, 'metadata', 'generateName') || textAt(all[0]?.object, 'metadata', 'name'),
    all,
  ]);
  const shape = ([name, all]: Told): string =>
    `${name} ${String(all.length).padStart(3)} ${all.map(stateOf).join(' ')}`;
  return named.toSorted((a, b) => (shape(a) < shape(b) ? -1 : 1));
}

const stateOf = ({ type, object }: Frame): string =>
  `${type} ${textAt(object, 'status', 'phase')} ${JSON.stringify(fieldAt(listAt(object, 'status', 'initContainerStatuses')[0], 'state'))}`;

const compared = [
  'nginx-page',
  'wait-for-services',
  'three-in-order',
  'await-redis',
  'never-fails',
  'on-failure-retries',
  'no-init',
  'image-missing',
  'config-missing',
  'volume-missing',
  'oom',
  'second-fails',
  'fast-fail-loop',
  'many-failures',
  'exit-codes',
  'sigkill-137',
  'long-init',
  'bare-pod-many-inits',
  'sidecar',
  'deleted-during-init',
  'evicted-during-init',
  'rollout',
  'pull-never-absent',
  'unschedulable',
  'scheduling-gated',
  'run-error',
  'force-deleted-during-init',
  'two-waits-one-target',
  'job-success',
  'statefulset',
  'finalizer-pod',
  'name-reused',
  'heavy-pull',
  'heavy-init-pull',
  'image-invalid-name',
  'app-crashes',
  'active-deadline',
];

/** There the image was pulled first, and others had it already: its events tell of pulls. */
const recordedOnAnEmptyNode = new Set(['run-error', 'active-deadline']);

describe.each(compared)('the simulator plays %s', (name) => {
  const real = recorded(name, 'pods');
  const realEvents = recorded(name, 'events');
  const generated = real.frames
    .map(({ object }) => textAt(object, 'metadata', 'generateName'))
    .filter((one) => /^[a-z]+-$/.test(one));
  const simulated = simulate(name, Math.max(real.tookMs, realEvents.tookMs) + longerMs);

  test('with the frames of its pods, field by field and in their order', () => {
    const told = inOrder(byPod(real.frames, uidOf, generated));
    const played = inOrder(byPod(simulated.pods, uidOf, generated));
    expect(played.map(([pod]) => pod)).toEqual(told.map(([pod]) => pod));
    const differ = told.flatMap(([pod, all], i) => framesDiffer(pod, all, played[i]?.[1] ?? []));
    expect(differ.slice(0, 400).join('\n')).toBe('');
  });

  test.skipIf(recordedOnAnEmptyNode.has(name))('with the events of its pods, each in its order', () => {
    const told = [...byPod(realEvents.frames.filter(isOfPod), aboutUid, generated).values()];
    const played = [...byPod(simulated.events.filter(isOfPod), aboutUid, generated).values()];
    const differ = told.flatMap((all, i) => framesDiffer(`pod ${i + 1}`, all, played[i] ?? []));
    expect(differ.slice(0, 400).join('\n')).toBe('');
  });
});

/** Which of several like pods is deleted first is chance. */
const ofAnyPod = (all: Frame[]): Frame[] => JSON.parse(JSON.stringify(all).replace(/<pod-\d+>/g, '<pod>')) as Frame[];

const workloads = ['await-redis', 'rollout', 'two-waits-one-target', 'job-success', 'statefulset'];

describe.each(workloads)('the controllers of %s', (name) => {
  const real = recorded(name, 'events').frames.filter((frame) => !isOfPod(frame));
  const simulated = simulate(name, 200_000).events.filter((frame) => !isOfPod(frame));
  const generated = real.map(({ object }) => `${textAt(object, 'involvedObject', 'name')}-`);

  test('tell the same events of each workload, in their order', () => {
    const told = [...byPod(real, aboutUid, generated).values()].map(ofAnyPod);
    const played = [...byPod(simulated, aboutUid, generated).values()].map(ofAnyPod);
    expect(played).toHaveLength(told.length);
    const differ = told.flatMap((all, i) => framesDiffer(`workload ${i + 1}`, all, played[i] ?? []));
    expect(differ.slice(0, 400).join('\n')).toBe('');
  });
});

describe.each(['await-redis', 'rollout', 'two-waits-one-target'])('the ReplicaSets of %s', (name) => {
  const added = ({ type }: RawFrame): boolean => type === 'ADDED';

  test('are created as recorded', () => {
    const told = [...byPod(recorded(name, 'replicasets').frames.filter(added), uidOf).values()];
    const played = [...byPod(simulate(name, 200_000).replicaSets.filter(added), uidOf).values()];
    expect(played).toHaveLength(told.length);
    const differ = told.flatMap((all, i) => framesDiffer(`ReplicaSet ${i + 1}`, all, played[i] ?? []));
    expect(differ.slice(0, 400).join('\n')).toBe('');
  });
});
