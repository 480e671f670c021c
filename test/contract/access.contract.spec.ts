import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { kubernetesAccess } from '../../libs/access/src/kubernetes-access.js';
import { connect, type Cluster } from '#libs/kubernetes';
import { writeKubeconfig } from '#testing/kubernetes';
import { realCluster, startRealCluster, type RealCluster } from '../support/real-cluster.js';

type Manifest = { kind: string; metadata: { namespace?: string } };

const roles = '/apis/rbac.authorization.k8s.io/v1';
const collections: Readonly<Record<string, string>> = {
  ServiceAccount: '/api/v1/namespaces/*/serviceaccounts',
  ClusterRole: `${roles}/clusterroles`,
  ClusterRoleBinding: `${roles}/clusterrolebindings`,
};

describe.skipIf(!realCluster)('who may see what, as a real API server says', () => {
  let real: RealCluster;
  let admin: Cluster;
  let access: ReturnType<typeof kubernetesAccess>;

  const post = (path: string, body: object): Promise<unknown> =>
    admin.ask(path, { method: 'POST', body: JSON.stringify(body) });

  /** A token of a service account, made for an audience. */
  async function tokenOf(namespace: string, account: string, audiences?: readonly string[]): Promise<string> {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`;
    const { status } = (await post(path, { spec: { audiences } })) as { status: { token: string } };
    return status.token;
  }

  beforeAll(async () => {
    real = await startRealCluster();
    admin = connect({ kubeconfig: real.kubeconfig });
    for (const name of ['initledger', 'shop', 'bank']) await post('/api/v1/namespaces', { metadata: { name } });
    const shipped = parseAllDocuments(await readFile('deploy/rbac/api.yaml', 'utf8'));
    for (const manifest of shipped.map((document) => document.toJS() as Manifest)) {
      await post((collections[manifest.kind] ?? '').replace('*', manifest.metadata.namespace ?? ''), manifest);
    }
    await post('/api/v1/namespaces/shop/serviceaccounts', { metadata: { name: 'developer' } });
    await post(`${roles}/namespaces/shop/roles`, {
      metadata: { name: 'reads-pods' },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }],
    });
    await post(`${roles}/namespaces/shop/rolebindings`, {
      metadata: { name: 'reads-pods' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reads-pods' },
      subjects: [{ kind: 'ServiceAccount', name: 'developer', namespace: 'shop' }],
    });
    const us = writeKubeconfig({
      server: real.server,
      cluster: { 'certificate-authority': real.caFile },
      user: { token: await tokenOf('initledger', 'initledger-api') },
    });
    access = kubernetesAccess(connect({ kubeconfig: us }));
  });
  afterAll(() => real?.stop());

  it('is the namespace in which a caller may list pods, known by its UID, and no Event and no node', async () => {
    const { metadata } = (await admin.ask('/api/v1/namespaces/shop')) as { metadata: { uid: string } };

    const viewer = await access.viewerOf(`Bearer ${await tokenOf('shop', 'developer', ['initledger'])}`);

    expect(viewer).toMatchObject({
      name: 'system:serviceaccount:shop:developer',
      pods: new Map([['shop', metadata.uid]]),
      events: new Map(),
      nodes: false,
      metrics: false,
    });
  });

  it('is nothing for a token that was made for somebody else', async () => {
    const token = await tokenOf('shop', 'developer');

    await expect(access.viewerOf(`Bearer ${token}`)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('is nothing for words that are no token', async () => {
    await expect(access.viewerOf('Bearer nonsense')).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});
