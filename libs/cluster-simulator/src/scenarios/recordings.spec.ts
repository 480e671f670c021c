import { describe, expect, test } from 'vitest';
import { frames, type Resource } from '../../../../test/recordings/reader.js';
import { ManualClock } from '../api/clock.js';
import { fieldAt, textAt, type Fields } from '../api/kube-object.js';
import { ObjectStore } from '../api/object-store.js';
import { startKubelets } from '../kubelet/index.js';
import { byPod, framesDiffer, type Frame, type RawFrame } from '../testing/likeness.js';
import { scenarioNamed } from './index.js';

const longerMs = 90_000;

const uidOf = (pod: Fields): string => textAt(pod, 'metadata', 'uid');
const aboutUid = (event: Fields): string => textAt(event, 'involvedObject', 'uid');
const isOfPod = ({ object }: RawFrame): boolean => fieldAt(object, 'involvedObject', 'kind') === 'Pod';

function recorded(scenario: string, resource: Resource): { frames: RawFrame[]; tookMs: number } {
  const lines = frames({ scenario, kubelet: '1.36' });
  const all = lines.flatMap((line) =>
    'frame' in line && line.resource === resource
      ? [{ at: Date.parse(line.receivedAt), ...(JSON.parse(line.frame) as RawFrame) }]
      : [],
  );
  const told = all.filter(({ type }) => type !== 'BOOKMARK');
  return { frames: told, tookMs: (told.at(-1)?.at ?? 0) - (told[0]?.at ?? 0) };
}

function simulate(name: string, forMs: number): { pods: RawFrame[]; events: RawFrame[] } {
  const clock = new ManualClock(Date.UTC(2026, 10, 21, 1, 57, 8, 123));
  const objects = new ObjectStore({ clock, seed: 3 });
  const pods: RawFrame[] = [];
  const events: RawFrame[] = [];
  objects.watch('pods', ({ type, object }) =>
    pods.push({ type, object: { kind: 'Pod', apiVersion: 'v1', ...object } }),
  );
  objects.watch('events', ({ type, object }) =>
    events.push({ type, object: { kind: 'Event', apiVersion: 'v1', ...object } }),
  );
  const kubelets = startKubelets({ objects, clock, seed: 3 });
  kubelets.play(scenarioNamed(name));
  clock.advance(forMs);
  kubelets.stop();
  return { pods, events };
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
  `${type} ${textAt(object, 'status', 'phase')} ${JSON.stringify(fieldAt(object, 'status', 'initContainerStatuses', '0', 'state'))}`;

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
];

describe.each(compared)('the simulator plays %s', (name) => {
  const real = recorded(name, 'pods');
  const simulated = simulate(name, real.tookMs + longerMs);

  test('with the frames of its pods, field by field and in their order', () => {
    const told = inOrder(byPod(real.frames, uidOf));
    const played = inOrder(byPod(simulated.pods, uidOf));
    expect(played.map(([pod]) => pod)).toEqual(told.map(([pod]) => pod));
    const differ = told.flatMap(([pod, all], i) => framesDiffer(pod, all, played[i]?.[1] ?? []));
    expect(differ.slice(0, 400).join('\n')).toBe('');
  });

  test('with the events of its pods, each in its order', () => {
    const told = [...byPod(recorded(name, 'events').frames.filter(isOfPod), aboutUid).values()];
    const played = [...byPod(simulated.events.filter(isOfPod), aboutUid).values()];
    const differ = told.flatMap((all, i) => framesDiffer(`pod ${i + 1}`, all, played[i] ?? []));
    expect(differ.slice(0, 400).join('\n')).toBe('');
  });
});
