import { ManualClock } from '../api/clock.js';
import { ObjectStore } from '../api/object-store.js';
import { startKubelets, type Kubelets, type KubeletVersion } from '../kubelet/index.js';
import { typeOf } from '../kubelet/store.js';
import type { RawFrame } from './likeness.js';

/** A cluster whose time stands still until `clock.advance`, and every frame that a watcher of its pods, events and ReplicaSets would get. */
export type TestCluster = Readonly<{
  clock: ManualClock;
  store: ObjectStore;
  kubelets: Kubelets;
  pods: RawFrame[];
  events: RawFrame[];
  replicaSets: RawFrame[];
}>;

export const testClusterBegins = Date.UTC(2026, 10, 21, 1, 57, 8, 123);

/** Starts one. */
export function testCluster({
  seed = 3,
  nodes = ['node-a'],
  busy = false,
  images,
  kubeletVersion,
}: {
  seed?: number;
  nodes?: readonly string[];
  busy?: boolean;
  images?: readonly string[] | undefined;
  kubeletVersion?: KubeletVersion;
} = {}): TestCluster {
  const clock = new ManualClock(testClusterBegins);
  const store = new ObjectStore({ clock, seed });
  const pods: RawFrame[] = [];
  const events: RawFrame[] = [];
  const replicaSets: RawFrame[] = [];
  store.watch('pods', ({ type, object }) => pods.push({ type, object: { ...typeOf('pods'), ...object } }));
  store.watch('events', ({ type, object }) => events.push({ type, object: { ...typeOf('events'), ...object } }));
  store.watch('replicasets', ({ type, object }) =>
    replicaSets.push({ type, object: { ...typeOf('replicasets'), ...object } }),
  );
  return {
    clock,
    store,
    pods,
    events,
    replicaSets,
    kubelets: startKubelets({
      objects: store,
      clock,
      seed,
      nodes,
      busy,
      ...(images && { images }),
      ...(kubeletVersion && { kubeletVersion }),
    }),
  };
}
