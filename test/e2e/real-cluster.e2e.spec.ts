import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CoreV1Api, KubeConfig, type V1Container, type V1PodSpec } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { start, until, type Json, type Service } from './service.js';
import { compareWithTruth, miscounted, podsOf, type TrueInstance } from './truth.js';

// Set by .ci/run where a node with real containers can be had; truth.jsonl is what its container runtime saw.
const kubeconfig = process.env['CONTRACT_KUBECONFIG'];
const truthFile = process.env['CONTRACT_TRUTH'];
const image = process.env['CONTRACT_IMAGE'] ?? 'busybox:1.36';
const namespace = `initledger-${Date.now().toString(36)}`;

const step = (name: string, script: string, more: Partial<V1Container> = {}): V1Container => ({
  name,
  image,
  command: ['sh', '-c', script],
  ...more,
});
const app = step('app', 'trap "exit 0" TERM; while true; do sleep 1; done');

const shared = { volumeMounts: [{ name: 'work', mountPath: '/work' }] };
const failsTwice = 'n=$(cat /work/n 2>/dev/null || echo 0); echo $((n+1)) > /work/n; test $n -ge 2 || exit $((3+n))';

type Spec = { [Field in keyof V1PodSpec]: V1PodSpec[Field] };

/** Lives that are in no recording: init containers in order, failing and recovering, a sidecar, a failing pod, none at all. */
const pods: Readonly<Record<string, Spec>> = {
  'two-in-order': { initContainers: [step('one', 'sleep 2'), step('two', 'true')], containers: [app] },
  recovers: {
    initContainers: [step('retry', failsTwice, shared), step('after', 'sleep 1')],
    containers: [app],
    volumes: [{ name: 'work', emptyDir: {} }],
  },
  'with-sidecar': {
    initContainers: [step('proxy', app.command![2]!, { restartPolicy: 'Always' }), step('check', 'sleep 1')],
    containers: [app],
  },
  'fails-for-good': { restartPolicy: 'Never', initContainers: [step('check', 'echo no; exit 42')], containers: [app] },
  'without-init': { containers: [app] },
};

type Line = Readonly<{
  at: string;
  containerId: string;
  what: 'created' | 'started' | 'exited';
  podUid?: string;
  container?: string;
  kind?: 'container' | 'sandbox';
  exitCode?: number;
}>;

/** What the container runtime saw. On a busy node it may not have said of which pod a container was. */
async function runtimeTruth(): Promise<TrueInstance[]> {
  const lines = (await readFile(truthFile!, 'utf8')).split('\n').filter((text) => text !== '');
  const facts = lines.map((text) => JSON.parse(text) as Line);
  return [...Map.groupBy(facts, ({ containerId }) => containerId)].map(([containerId, of]) => {
    const [created, started, exited] = (['created', 'started', 'exited'] as const).map((what) =>
      of.find((fact) => fact.what === what),
    );
    const named = of.find(({ podUid }) => podUid !== undefined);
    return {
      containerId,
      podUid: named?.podUid,
      container: named?.kind === 'sandbox' ? undefined : named?.container,
      createdAt: created?.at ?? started?.at ?? null,
      startedAt: started?.at ?? null,
      finishedAt: exited?.at ?? null,
      exitCode: exited?.exitCode ?? null,
    };
  });
}

describe.skipIf(!kubeconfig || !truthFile)('a real cluster', () => {
  let folder: string;
  let service: Service;
  let core: CoreV1Api;

  beforeAll(async () => {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig!);
    core = config.makeApiClient(CoreV1Api);
    folder = await mkdtemp(join(tmpdir(), 'initledger-real-'));
    const args = ['--source', 'kubernetes', '--kubeconfig', kubeconfig!, '--data', join(folder, 'ledger')];
    service = await start({ args });
    await core.createNamespace({ body: { metadata: { name: namespace } } });
    await sleep(1000);
    for (const [name, spec] of Object.entries(pods)) {
      const grace = { terminationGracePeriodSeconds: 1, automountServiceAccountToken: false };
      await core.createNamespacedPod({ namespace, body: { metadata: { name }, spec: { ...grace, ...spec } } });
    }
  });
  afterAll(async () => {
    await core.deleteNamespace({ name: namespace }).catch(() => undefined);
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const told = (): Promise<Json[]> => podsOf(service, `&namespace=${namespace}`);

  it('is told attempt for attempt as its container runtime knows it', async () => {
    const ends: Readonly<Record<string, string>> = { 'fails-for-good': 'failed' };
    await until(
      async () => {
        const seen = await told();
        return (
          seen.length === Object.keys(pods).length &&
          seen.every(({ name, state }) => state === (ends[name] ?? 'initialized'))
        );
      },
      { seconds: 120, what: () => `pods did not come to their ends:\n${service.output()}` },
    );
    await sleep(2000);

    const [seen, truth] = [await told(), await runtimeTruth()];
    const { wrong, compared } = compareWithTruth(seen, truth);
    expect(wrong).toEqual([]);
    expect(miscounted(seen, truth)).toEqual([]);
    expect(compared).toBe(2 + 4 + 2 + 1);
  });

  it('is told in the cells that kubectl prints', async () => {
    const cells = Object.fromEntries(
      (await told()).map(({ name, status, ready, restarts }) => [name, { status, ready, restarts }]),
    );

    expect(cells).toEqual({
      'two-in-order': { status: 'Running', ready: '1/1', restarts: 0 },
      recovers: { status: 'Running', ready: '1/1', restarts: 0 },
      'with-sidecar': { status: 'Running', ready: '2/2', restarts: 0 },
      'fails-for-good': { status: 'Init:Error', ready: '0/1', restarts: 0 },
      'without-init': { status: 'Running', ready: '1/1', restarts: 0 },
    });
  });
});
