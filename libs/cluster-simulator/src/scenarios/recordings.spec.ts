import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { frames, type Recording, type Resource } from '../../../../test/recordings/reader.js';
import { fieldAt, listAt, textAt, type Fields } from '../api/kube-object.js';
import { testCluster, type TestCluster } from '../testing/cluster.js';
import { byPod, framesDiffer, type Frame, type RawFrame } from '../testing/likeness.js';
import { comparisons, provenTable } from './comparisons.js';
import { scenarioNamed } from './index.js';

const longerMs = 90_000;

const uidOf = (pod: Fields): string => textAt(pod, 'metadata', 'uid');
const aboutUid = (event: Fields): string => textAt(event, 'involvedObject', 'uid');
const isOfPod = ({ object }: RawFrame): boolean => fieldAt(object, 'involvedObject', 'kind') === 'Pod';

function recorded(recording: Recording, resource: Resource): { frames: RawFrame[]; tookMs: number } {
  const all = frames(recording).flatMap((line) =>
    'frame' in line && line.resource === resource
      ? [{ at: Date.parse(line.receivedAt), ...(JSON.parse(line.frame) as RawFrame) }]
      : [],
  );
  const told = all.filter(({ type }) => type !== 'BOOKMARK');
  return { frames: told, tookMs: (told.at(-1)?.at ?? 0) - (told[0]?.at ?? 0) };
}

function simulate({ scenario, kubelet }: Recording, forMs: number): TestCluster {
  const cluster = testCluster({ images: scenarioNamed(scenario).nodeImages?.[kubelet], kubeletVersion: kubelet });
  cluster.kubelets.play(scenarioNamed(scenario));
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

/** The differences that no scenario names, and the names of those that are not there. */
function unexpected({ scenario, kubelet }: Recording, lines: readonly string[], kind: 'pods' | 'events'): string {
  const named = (scenarioNamed(scenario).differs ?? []).filter((one) => one.kubelet === kubelet && one.kind === kind);
  const left = lines.filter((line) => !named.some(({ at }) => at.test(line)));
  const stale = named.filter(({ at }) => !lines.some((line) => at.test(line))).map(({ at }) => `not there: ${at}`);
  return [...left, ...stale].slice(0, 400).join('\n');
}

test('the README says what is proven', async () => {
  const readme = join(import.meta.dirname, '..', '..', 'README.md');
  const [before = '', , after = ''] = readFileSync(readme, 'utf8').split(
    /(?<=<!-- proven -->\n)([^]*)(?=<!-- \/proven -->)/,
  );
  await expect(`${before}${provenTable()}\n${after}`).toMatchFileSnapshot(readme);
});

describe.each(comparisons)('the simulator plays $scenario with a kubelet $kubelet', (recording) => {
  const real = recorded(recording, 'pods');
  const realEvents = recorded(recording, 'events');
  const generated = real.frames
    .map(({ object }) => textAt(object, 'metadata', 'generateName'))
    .filter((one) => /^[a-z-]+-(\d{8}-)?$/.test(one));
  const simulated = simulate(recording, Math.max(real.tookMs, realEvents.tookMs) + longerMs);

  test('with the frames of its pods, field by field and in their order', () => {
    const told = inOrder(byPod(real.frames, uidOf, generated));
    const played = inOrder(byPod(simulated.pods, uidOf, generated));
    expect(played.map(([pod]) => pod)).toEqual(told.map(([pod]) => pod));
    const differ = told.flatMap(([pod, all], i) => framesDiffer(pod, all, played[i]?.[1] ?? []));
    expect(unexpected(recording, differ, 'pods')).toBe('');
  });

  test('with the events of its pods, each in its order', () => {
    const told = [...byPod(realEvents.frames.filter(isOfPod), aboutUid, generated).values()];
    const played = [...byPod(simulated.events.filter(isOfPod), aboutUid, generated).values()];
    const differ = told.flatMap((all, i) => framesDiffer(`pod ${i + 1}`, all, played[i] ?? []));
    expect(unexpected(recording, differ, 'events')).toBe('');
  });
});

/** Which of several like pods is deleted first is chance. */
const ofAnyPod = (all: Frame[]): Frame[] => JSON.parse(JSON.stringify(all).replace(/<pod-\d+>/g, '<pod>')) as Frame[];

const workloads = ['await-redis', 'rollout', 'two-waits-one-target', 'job-success', 'statefulset'].map(
  (scenario): Recording => ({ scenario, kubelet: '1.36' }),
);

describe.each(workloads)('the controllers of $scenario', (recording) => {
  const real = recorded(recording, 'events').frames.filter((frame) => !isOfPod(frame));
  const simulated = simulate(recording, 200_000).events.filter((frame) => !isOfPod(frame));
  const generated = real.map(({ object }) => `${textAt(object, 'involvedObject', 'name')}-`);

  test('tell the same events of each workload, in their order', () => {
    const told = [...byPod(real, aboutUid, generated).values()].map(ofAnyPod);
    const played = [...byPod(simulated, aboutUid, generated).values()].map(ofAnyPod);
    expect(played).toHaveLength(told.length);
    const differ = told.flatMap((all, i) => framesDiffer(`workload ${i + 1}`, all, played[i] ?? []));
    expect(differ.slice(0, 400).join('\n')).toBe('');
  });
});

const deployments = workloads.slice(0, 3);

describe.each(deployments)('the ReplicaSets of $scenario', (recording) => {
  const added = ({ type }: RawFrame): boolean => type === 'ADDED';

  test('are created as recorded', () => {
    const told = [...byPod(recorded(recording, 'replicasets').frames.filter(added), uidOf).values()];
    const played = [...byPod(simulate(recording, 200_000).replicaSets.filter(added), uidOf).values()];
    expect(played).toHaveLength(told.length);
    const differ = told.flatMap((all, i) => framesDiffer(`ReplicaSet ${i + 1}`, all, played[i] ?? []));
    expect(differ.slice(0, 400).join('\n')).toBe('');
  });
});
