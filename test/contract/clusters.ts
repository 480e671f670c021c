import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import { startApi, type FeatureGates, type SimulatedApi } from '#libs/cluster-simulator';
import { Client, type Json } from './client.js';

/** A cluster that the contract is held against. */
export type Contracted = {
  readonly name: string;
  readonly kubeconfig: string | undefined;
  /** What of the simulator's is on. */
  readonly gates?: Partial<FeatureGates>;
};

const given = process.env['CONTRACT_KUBECONFIG'];

/** The simulator always, and the cluster of `CONTRACT_KUBECONFIG` when that is set. */
export const clusters: readonly Contracted[] = [
  { name: 'the simulator', kubeconfig: undefined },
  ...(given ? [{ name: `the cluster of ${given}`, kubeconfig: given }] : []),
];

/** A client, and a namespace of its own. */
export type Ground = { client: Client; namespace: string; pods: string };

/** Prepares a cluster before the tests of a `describe`, and leaves it as it was after them. What is returned is filled in by then. */
export function ground({ name, kubeconfig, gates }: Contracted): Ground {
  const prepared = {} as Ground;
  let simulator: SimulatedApi | undefined;
  beforeAll(async () => {
    simulator = kubeconfig
      ? undefined
      : await startApi({ https: true, bookmarkIntervalMs: 1_000, ...(gates && { gates }) });
    const client = new Client(kubeconfig ?? simulator?.kubeconfigPath ?? '');
    const { body } = await client.get('/version');
    process.stderr.write(`contract: ${name} is ${client.server.origin}, ${String(body['gitVersion'])}\n`);
    const namespace = `contract-${randomBytes(4).toString('hex')}`;
    await client.createNamespace(namespace);
    Object.assign(prepared, { client, namespace, pods: `/api/v1/namespaces/${namespace}/pods` });
  });
  afterAll(async () => {
    await prepared.client.ask('DELETE', `/api/v1/namespaces/${prepared.namespace}`);
    await simulator?.close();
  });
  return prepared;
}

/** A pod that no scheduler touches, unless told otherwise. */
export const pod = (name: string, more: { labels?: Record<string, string>; spec?: Json } = {}): Json => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...(more.labels && { labels: more.labels }) },
  spec: {
    schedulerName: 'nobody',
    initContainers: [{ name: 'first', image: 'registry.example/first:1' }],
    containers: [{ name: 'app', image: 'registry.example/app:1' }],
    ...more.spec,
  },
});

/** Binds a pod to a node that need not exist, as a scheduler does. */
export async function bind({ client, pods }: Ground, name: string): Promise<void> {
  await client.create(`${pods}/${name}/binding`, {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name },
    target: { kind: 'Node', name: 'contract-node' },
  });
}

/** The value under a path of fields. */
export const at = (object: unknown, ...path: (string | number)[]): unknown =>
  path.reduce<unknown>((value, step) => (value as Record<string | number, unknown> | undefined)?.[step], object);

/** The names of a list's items. */
export const names = (list: Json): unknown[] => (list['items'] as Json[]).map((item) => at(item, 'metadata', 'name'));
