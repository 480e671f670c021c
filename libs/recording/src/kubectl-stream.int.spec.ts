import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startDemo, startSimulator } from '#libs/cluster-simulator';
import { freshDatabase } from '#testing/platform';
import { recordFile, startedRecorder } from './testing/index.js';
import type { Told } from './testing/index.js';

const present = spawnSync('kubectl', ['version', '--client']).status === 0;

/** What kubectl prints of a resource until it is stopped. */
function kubectlInto(folder: string, resource: string, kubeconfig: string) {
  const printed = createWriteStream(join(folder, `${resource}.json`));
  const args = ['get', resource, '-A', '-w', '-o', 'json', '--output-watch-events'];
  const env = { ...process.env, KUBECONFIG: kubeconfig, HOME: folder };
  const child = spawn('kubectl', args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.pipe(printed);
  return async () => {
    child.kill();
    await once(printed, 'close');
  };
}

/** The container ids that the log tells of pods, by pod. */
function instances(told: readonly Told[], pods: ReadonlySet<string>): ReadonlySet<string> {
  const seen = told.filter(({ type, streamId }) => type === 'PodObserved' && pods.has(streamId));
  return new Set(
    seen.flatMap(({ streamId, body }) =>
      [...JSON.stringify(body).matchAll(/containerd:\/\/\w+/g)].map(([id]) => `${streamId} ${id}`),
    ),
  );
}

const podsOf = (told: readonly Told[]) =>
  new Set(told.filter(({ type }) => type === 'PodObserved').map(({ streamId }) => streamId));
const goneIn = (told: readonly Told[]) =>
  new Set(told.filter(({ type }) => type === 'PodGone').map(({ streamId }) => streamId));

describe.skipIf(!present)('what kubectl itself prints of a cluster', () => {
  it('records the pods, instances and ends that a recorder of that cluster records', async () => {
    const [database, other] = await Promise.all([freshDatabase(), freshDatabase()]);
    const cluster = await startSimulator({ demo: true, https: true, clock: { speed: 10 } });
    startDemo(cluster, { seed: 1 });
    await sleep(2_000);
    const recorder = startedRecorder(cluster.kubeconfigPath, database.pool, { source: 'demo' });
    const folder = mkdtempSync(join(tmpdir(), 'kubectl-'));
    const stops = ['pods', 'events'].map((resource) => kubectlInto(folder, resource, cluster.kubeconfigPath));
    await sleep(15_000);
    // what kubectl and the recorder saw last may differ: it is older than this in both
    const settled = podsOf(await recorder.told());
    await sleep(3_000);
    await Promise.all(stops.map((stop) => stop()));
    await recorder.recorder.stop();
    await cluster.close();

    const { told, end } = await recordFile(other.pool, { place: folder });
    const recorded = await recorder.told();
    const kubectlSaw = new Set([...settled].filter((pod) => podsOf(told).has(pod)));

    expect(end.problem).toBeUndefined();
    expect(kubectlSaw.size).toBeGreaterThan(10);
    expect([...goneIn(recorded)].filter((pod) => kubectlSaw.has(pod) && !goneIn(told).has(pod))).toEqual([]);
    const theirs = instances(told, kubectlSaw);
    expect(theirs.size).toBeGreaterThan(10);
    expect([...instances(recorded, kubectlSaw)].filter((instance) => !theirs.has(instance))).toEqual([]);
    expect(told.filter(({ type }) => type === 'KubeEventObserved').length).toBeGreaterThan(30);
    await Promise.all([database.close(), other.close()]);
  });
});
