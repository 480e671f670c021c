import { describe, expect, it } from 'vitest';
import type { Right, Subject } from '#libs/kubernetes';
import { audience, kubernetesAccess } from './kubernetes-access.js';

type Door = Parameters<typeof kubernetesAccess>[0];

/** A Kubernetes API that knows one user and what that user may do; it counts what it is asked. */
function api(
  rights: readonly string[],
  more: Partial<{ audiences: readonly string[]; down: boolean; namespaces: Record<string, string> }> = {},
) {
  const asked: string[] = [];
  const said = (right: Right): string =>
    'path' in right
      ? `${right.verb} ${right.path}`
      : `${right.verb} ${[right.resource, right.subresource].filter(Boolean).join('/')} ${right.namespace ?? '*'}`;
  const door: Door = {
    reviewToken: async (token, audiences) => {
      if (more.down) throw new Error('connection refused');
      asked.push(`token for ${audiences?.join()}`);
      return token === 'good'
        ? { authenticated: true, user: { username: 'jane' }, audiences: more.audiences ?? [audience] }
        : { authenticated: false, error: null };
    },
    reviewAccess: async (_subject: Subject, right: Right) => {
      asked.push(said(right));
      return rights.includes(said(right));
    },
    identity: async () => ({ uid: 'cluster-1', basis: 'namespaceUid' }),
    list: async function* () {
      const items = Object.entries(more.namespaces ?? { shop: 'uid-shop', bank: 'uid-bank' }).map(([name, uid]) => ({
        metadata: { name, uid },
      }));
      yield { items, resourceVersion: '1', last: true, attempt: 0 } as never;
    },
  };
  return { access: kubernetesAccess(door), asked };
}

describe('kubernetesAccess', () => {
  it('asks for the whole cluster first, and then for no namespace', async () => {
    const { access, asked } = api(['list pods *', 'list events *', 'get pods/log *', 'get nodes *', 'get /metrics']);

    await expect(access.viewerOf('Bearer good')).resolves.toEqual({
      name: 'jane',
      clusterUid: 'cluster-1',
      pods: 'all',
      events: 'all',
      logs: 'all',
      nodes: true,
      metrics: true,
    });
    expect(asked.filter((one) => one.includes('shop'))).toEqual([]);
  });

  it('lets a viewer of one namespace see that one, by the UID that it has now', async () => {
    const { access } = api(['list pods shop']);

    await expect(access.viewerOf('Bearer good')).resolves.toMatchObject({
      pods: new Map([['shop', 'uid-shop']]),
      events: new Map(),
      logs: new Map(),
      nodes: false,
      metrics: false,
    });
  });

  it('asks for tokens of our own audience and takes no others', async () => {
    const { access, asked } = api(['list pods *'], { audiences: ['https://kubernetes.default.svc'] });

    await expect(access.viewerOf('Bearer good')).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(asked).toEqual([`token for ${audience}`]);
  });

  it('lets nobody in with a token that Kubernetes does not know', async () => {
    await expect(api(['list pods *']).access.viewerOf('Bearer bad')).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('lets nobody in while Kubernetes cannot be asked, and says so', async () => {
    await expect(api([], { down: true }).access.viewerOf('Bearer good')).rejects.toMatchObject({
      code: 'cluster-unreachable',
    });
  });

  it('remembers an answer for a short time', async () => {
    const { access, asked } = api(['list pods *', 'list events *']);
    await access.viewerOf('Bearer good');
    const before = asked.length;

    await access.viewerOf('Bearer good');

    expect(asked).toHaveLength(before);
  });
});
