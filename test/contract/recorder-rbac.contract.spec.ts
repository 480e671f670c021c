import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { Shards } from '#libs/event-store';
import { connect } from '#libs/kubernetes';
import type { Cluster } from '#libs/kubernetes';
import { writeKubeconfig } from '#testing/kubernetes';
import { freshDatabase } from '#testing/platform';
import type { FreshDatabase } from '#testing/platform';
import type { RecorderNeeds } from '#libs/recording';
import { startedRecorder } from '#testing/recording';
import type { StartedRecorder } from '#testing/recording';
import { realCluster, startRealCluster } from '../support/real-cluster.js';
import type { RealCluster } from '../support/real-cluster.js';

type Rule = { apiGroups: string[]; resources: string[]; verbs: string[] };
type Manifest = { kind: string; apiVersion: string; metadata: { name: string; namespace?: string }; rules?: Rule[] };

const manifests = async (file: string): Promise<Manifest[]> =>
  parseAllDocuments(await readFile(`deploy/rbac/${file}`, 'utf8')).map((document) => document.toJS() as Manifest);

const collections: Readonly<Record<string, string>> = {
  Namespace: '/api/v1/namespaces',
  ServiceAccount: '/api/v1/namespaces/*/serviceaccounts',
  ClusterRole: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  ClusterRoleBinding: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
  Role: '/apis/rbac.authorization.k8s.io/v1/namespaces/*/roles',
  RoleBinding: '/apis/rbac.authorization.k8s.io/v1/namespaces/*/rolebindings',
};

type Single = { apiGroups: string[]; resource: string; verb: string };

/** Every right of a role by itself: one verb on one resource. */
const rights = (rules: readonly Rule[]): Single[] =>
  rules.flatMap(({ apiGroups, resources, verbs }) =>
    resources.flatMap((resource) => verbs.map((verb) => ({ apiGroups, resource, verb }))),
  );

describe.skipIf(!realCluster)('the RBAC that deploy/ ships, on a real API server', () => {
  let real: RealCluster;
  let admin: Cluster;
  let recorderConfig: string;
  let database: FreshDatabase;
  const started: StartedRecorder[] = [];

  beforeAll(async () => {
    real = await startRealCluster();
    admin = connect({ kubeconfig: real.kubeconfig });
    for (const name of ['shop', 'bank']) await post('/api/v1/namespaces', { metadata: { name } });
    for (const manifest of await manifests('cluster.yaml')) await apply(manifest);
    recorderConfig = await kubeconfigOf('initledger', 'initledger-recorder');
    await makePods();
  });
  afterAll(() => real?.stop());
  beforeEach(async () => {
    database = await freshDatabase();
  });
  afterEach(async () => {
    await Promise.all(started.splice(0).map(({ recorder }) => recorder.stop()));
    await database.close();
  });

  const post = (path: string, body: object) => admin.ask(path, { method: 'POST', body: JSON.stringify(body) });

  async function apply(manifest: Manifest, namespace = manifest.metadata.namespace ?? ''): Promise<void> {
    const path = (collections[manifest.kind] ?? '').replace('*', namespace);
    await post(path, manifest);
  }

  async function setRules(rules: readonly Rule[]): Promise<void> {
    const path = `${collections['ClusterRole']}/initledger-recorder`;
    await admin.ask(path, {
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      body: JSON.stringify({ rules }),
    });
  }

  async function kubeconfigOf(namespace: string, account: string): Promise<string> {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`;
    const { status } = (await post(path, { spec: {} })) as { status: { token: string } };
    return writeKubeconfig({
      server: real.server,
      cluster: { 'certificate-authority': real.caFile },
      user: { token: status.token },
    });
  }

  /** A pod under each kind of owner: ReplicaSet under Deployment, StatefulSet, DaemonSet, Job under CronJob. */
  async function makePods(): Promise<void> {
    const apps = '/apis/apps/v1/namespaces/shop';
    const batch = '/apis/batch/v1/namespaces/shop';
    const labels = { app: 'web' };
    const spec = { containers: [{ name: 'app', image: 'nginx' }] };
    const of = { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } };
    const job = { template: { spec: { ...spec, restartPolicy: 'Never' } } };
    const make = async (path: string, kind: string, body: { spec: object; owners?: object[] }) => {
      const metadata = { name: kind.toLowerCase(), ownerReferences: body.owners ?? [] };
      const { metadata: made } = (await post(path, { metadata, spec: body.spec })) as { metadata: { uid: string } };
      const apiVersion = path.startsWith('/apis/apps') ? 'apps/v1' : 'batch/v1';
      return [{ apiVersion, kind, name: metadata.name, uid: made.uid, controller: true }];
    };
    const deployment = await make(`${apps}/deployments`, 'Deployment', { spec: of });
    const cronJob = await make(`${batch}/cronjobs`, 'CronJob', {
      spec: { schedule: '@daily', jobTemplate: { spec: job } },
    });
    const owners = {
      'of-replicaset': await make(`${apps}/replicasets`, 'ReplicaSet', { spec: of, owners: deployment }),
      'of-statefulset': await make(`${apps}/statefulsets`, 'StatefulSet', { spec: { ...of, serviceName: 'web' } }),
      'of-daemonset': await make(`${apps}/daemonsets`, 'DaemonSet', { spec: of }),
      'of-job': await make(`${batch}/jobs`, 'Job', { spec: job, owners: cronJob }),
    };
    for (const [name, ownerReferences] of Object.entries(owners)) {
      await post('/api/v1/namespaces/shop/pods', { metadata: { name, ownerReferences }, spec });
    }
    await post('/api/v1/namespaces/bank/pods', { metadata: { name: 'elsewhere' }, spec });
  }

  function record(
    kubeconfig: string,
    namespaces: readonly string[] = [],
    choice: Partial<RecorderNeeds> = {},
  ): StartedRecorder {
    const one = startedRecorder(kubeconfig, database.pool, { namespaces, ...choice });
    started.push(one);
    return one;
  }

  /** What a recorder says is missing, and whether it may know which cluster this is. */
  async function missing({ recorder }: StartedRecorder): Promise<readonly string[]> {
    const { unknowns, watches, error, shardId } = recorder.status;
    const shard = (await new Shards(database.pool).list()).find((each) => each.shardId === shardId);
    const stuck = watches.filter(({ state }) => state !== 'watching').map(({ watch }) => `open ${watch}`);
    const weaker = shard?.identity === 'serverAndCa' ? ['identity'] : [];
    return [...unknowns.map(({ right }) => right), ...stuck, ...weaker, ...(error === null ? [] : [error])];
  }

  it('lets the recorder record everything', async () => {
    const one = record(recorderConfig);

    await vi.waitFor(async () => {
      expect(one.recorder.status.watches).toHaveLength(4);
      expect(await missing(one)).toEqual([]);
    }, 15_000);
    const types = (await one.told()).map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(['NamespaceObserved', 'OwnerObserved', 'PodObserved', 'WatchOpened']));
    expect(types.filter((type) => type === 'PodObserved')).toHaveLength(5);
  });

  it('lets the recorder read logs by rights that are apart, and says so where they are missing', async () => {
    const tails = { logTailBytes: 4_096 };
    const without = record(recorderConfig, [], tails);
    await vi.waitFor(async () => expect(await missing(without)).toEqual(['get pods/log', 'get pods']), 15_000);
    await without.recorder.stop();

    for (const manifest of await manifests('pod-logs.yaml')) await apply(manifest);

    const one = record(recorderConfig, [], tails);
    await vi.waitFor(async () => {
      expect(one.recorder.status.watches).toHaveLength(4);
      expect(await missing(one)).toEqual([]);
    }, 15_000);
  });

  const clusterRights = async () => {
    const role = (await manifests('cluster.yaml')).find(({ kind }) => kind === 'ClusterRole');
    return rights(role?.rules ?? []);
  };

  /** Takes one right of the ClusterRole away, and waits until the API server has noticed. */
  async function takeAway(taken: Single): Promise<void> {
    const left = (await clusterRights()).filter(
      ({ resource, verb }) => resource !== taken.resource || verb !== taken.verb,
    );
    await setRules(left.map(({ apiGroups, resource, verb }) => ({ apiGroups, resources: [resource], verbs: [verb] })));
    const us = connect({ kubeconfig: recorderConfig });
    const right = { verb: taken.verb, group: taken.apiGroups[0] ?? '', resource: taken.resource };
    await vi.waitFor(async () => expect(await us.reviewOwnAccess(right)).toBe(false), 5_000);
  }

  const kindsOfOwners = async (one: StartedRecorder) =>
    (await one.told())
      .filter(({ type }) => type === 'OwnerObserved')
      .map(({ body }) => (body['parts'] as { metadata: { kind: string } }).metadata.kind)
      .toSorted();

  it('grants fifteen rights, all to read', async () => {
    const granted = (await clusterRights()).map(({ verb, resource }) => `${verb} ${resource}`);
    expect(granted.join(', ')).toBe(
      'list pods, watch pods, list events, watch events, list nodes, watch nodes, get namespaces, list namespaces, ' +
        'watch namespaces, get replicasets, get deployments, get statefulsets, get daemonsets, get jobs, get cronjobs',
    );
  });

  it.each(
    ['pods', 'events', 'nodes', 'namespaces'].flatMap(
      (resource) =>
        [
          ['list', resource],
          ['watch', resource],
        ] as const,
    ),
  )('is refused something, and says so, without %s on %s', async (verb, resource) => {
    // A first list may come as a stream, which takes the right to watch alone; after a break the right to list is needed too.
    await setRules((await manifests('cluster.yaml')).find(({ kind }) => kind === 'ClusterRole')?.rules ?? []);
    const before = record(recorderConfig);
    await vi.waitFor(async () => {
      expect(before.recorder.status.watches).toHaveLength(4);
      expect(await missing(before)).toEqual([]);
    }, 20_000);
    await before.recorder.stop();
    await takeAway({ apiGroups: [''], resource, verb });

    const one = record(recorderConfig);

    await vi.waitFor(() => {
      const watch = one.recorder.status.watches.find((each) => each.watch === resource);
      expect(watch).toMatchObject({
        state: 'refused',
        error: expect.stringContaining(`cannot ${verb} resource "${resource}"`),
      });
      expect(one.recorder.status.unknowns.map(({ right }) => right)).toContain(`${verb} ${resource}`);
    }, 20_000);
  });

  it('knows the cluster less well without get on namespaces', async () => {
    await takeAway({ apiGroups: [''], resource: 'namespaces', verb: 'get' });
    const one = record(recorderConfig);

    await vi.waitFor(
      async () => expect(await missing(one)).toEqual(['get namespaces in kube-system', 'identity']),
      20_000,
    );
  });

  it.each([
    ['apps', 'replicasets', ['CronJob', 'DaemonSet', 'Job', 'StatefulSet']],
    ['apps', 'deployments', ['CronJob', 'DaemonSet', 'Job', 'ReplicaSet', 'StatefulSet']],
    ['apps', 'statefulsets', ['CronJob', 'DaemonSet', 'Deployment', 'Job', 'ReplicaSet']],
    ['apps', 'daemonsets', ['CronJob', 'Deployment', 'Job', 'ReplicaSet', 'StatefulSet']],
    ['batch', 'jobs', ['DaemonSet', 'Deployment', 'ReplicaSet', 'StatefulSet']],
    ['batch', 'cronjobs', ['DaemonSet', 'Deployment', 'Job', 'ReplicaSet', 'StatefulSet']],
  ])('records fewer owners, and says so, without get on %s/%s', async (group, resource, kinds) => {
    await takeAway({ apiGroups: [group], resource, verb: 'get' });
    const one = record(recorderConfig);

    await vi.waitFor(async () => expect(await missing(one)).toEqual([`get ${resource}`]), 20_000);
    await vi.waitFor(async () => expect(await kindsOfOwners(one)).toEqual(kinds), 20_000);
  });

  it('names the way out where pods may not be read at all', async () => {
    await setRules([]);
    const one = record(recorderConfig);

    await vi.waitFor(() => expect(one.recorder.status.error).toContain('pods is forbidden'), 20_000);
    expect(one.recorder.status.remedy).toContain('--namespace NAME');
  });

  it('lets the recorder record one namespace with rights in that alone', async () => {
    await setRules([]);
    for (const manifest of await manifests('namespace.yaml')) await apply(manifest, 'shop');
    const one = record(recorderConfig, ['shop']);

    await vi.waitFor(async () => expect((await one.told()).map(({ type }) => type)).toContain('PodObserved'), 20_000);
    await vi.waitFor(
      async () =>
        expect(await missing(one)).toEqual([
          'list nodes',
          'watch nodes',
          'get namespaces in kube-system',
          'open nodes',
          'identity',
        ]),
      20_000,
    );
    const told = await one.told();
    expect(told.filter(({ type }) => type === 'PodObserved')).toHaveLength(4);
    expect(told.map(({ type }) => type)).toEqual(expect.arrayContaining(['NamespaceObserved', 'OwnerObserved']));
  });

  it('lets one recorder of two lead, and the other take over', async () => {
    const role = (await manifests('cluster.yaml')).find(({ kind }) => kind === 'ClusterRole');
    await setRules(role?.rules ?? []);
    for (const manifest of await manifests('leader-election.yaml')) await apply(manifest);
    const lease = { namespace: 'initledger', name: 'initledger-recorder' };
    const lead = () => {
      const one = startedRecorder(recorderConfig, database.pool, { lease });
      started.push(one);
      return one;
    };

    const first = lead();
    await vi.waitFor(() => expect(first.recorder.status.state).toBe('recording'), 20_000);
    const second = lead();
    await vi.waitFor(() => expect(second.recorder.status.state).toBe('standby'), 5_000);
    await first.recorder.stop();

    await vi.waitFor(() => expect(second.recorder.status.state).toBe('recording'), 20_000);
    expect(first.recorder.status.state).toBe('stopped');
  });
});
