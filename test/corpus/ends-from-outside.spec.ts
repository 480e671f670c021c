/** What the rules say of ends from outside, of lives that the simulator plays: some of them nobody recorded. */
import { describe, expect, it } from 'vitest';
import { scenarioNamed } from '../../libs/cluster-simulator/src/scenarios/index.js';
import { testCluster, type TestCluster } from '../../libs/cluster-simulator/src/testing/cluster.js';
import { Watched, type RawPod } from '../../libs/init-history/src/testing/index.js';

/** Every frame of the cluster's pods from now on, folded as it comes. */
function watching(cluster: TestCluster): Watched {
  const watched = new Watched();
  cluster.store.watch('pods', ({ type, object }) => {
    const receivedAt = new Date(cluster.clock.now()).toISOString();
    const pod = { kind: 'Pod', apiVersion: 'v1', ...object } as unknown as RawPod;
    watched.look({ pod, receivedAt, ...(type === 'DELETED' && { gone: 'deleted' }) });
  });
  return watched;
}

type Lived = Readonly<{ watched: Watched; uid: string; cluster: TestCluster }>;

/** Plays a scenario, does something after so many seconds, and gives what was seen of one of its pods. */
function lived(scenario: string, name: string, deed?: (cluster: TestCluster) => void): Lived {
  const cluster = testCluster();
  const watched = watching(cluster);
  cluster.kubelets.play(scenarioNamed(scenario));
  cluster.clock.advance(10_000);
  deed?.(cluster);
  cluster.clock.advance(60_000);
  const uid = cluster.kubelets.truth.entries().find((one) => one.pod === name)?.podUid ?? '';
  return { watched, uid, cluster };
}

const cases: readonly [string, string, Lived][] = [
  ['preempted', 'PREEMPTION', lived('preempted', 'victim')],
  [
    'evicted',
    'EVICTION',
    lived('long-init', 'patient', ({ kubelets }) => kubelets.nodes.evict({ namespace: 'long-init', name: 'patient' })),
  ],
  ['nodeShutdown', 'NODE_SHUTDOWN', lived('long-init', 'patient', ({ kubelets }) => kubelets.nodes.shutdown('node-a'))],
];

describe.each(cases)('an initialization that was %s', (cause, category, { watched, uid, cluster }) => {
  it('is told aborted once, for that cause', () => {
    const told = watched.happenings.get(uid) ?? [];
    const ends = told.filter(({ type }) => type === 'InitializationAborted' || type === 'InitializationFailed');
    expect(ends).toMatchObject([{ type: 'InitializationAborted', cause, category }]);
  });

  it('has the end of its init container as the runtime knows it', () => {
    const truth = cluster.kubelets.truth.entries().filter((one) => one.podUid === uid && one.role === 'init');
    const attempts = Object.values(watched.pods.get(uid)?.containers ?? {}).flatMap(({ attempts: all }) => all);
    const exits = attempts.flatMap(({ containerId, end }) => (end ? [[containerId, end.exitCode]] : []));
    expect(truth.length).toBeGreaterThan(0);
    expect(exits).toEqual(truth.map(({ containerId, exitCode }) => [`containerd://${containerId}`, exitCode]));
  });
});
