import { createHash } from 'node:crypto';
import { isKubernetesError, namespaces, type Cluster, type Right, type Subject } from '#libs/kubernetes';
import { AuditError } from '#libs/platform';
import type { Access } from './access.js';
import { bearerOf } from './bearer.js';
import { ShortMemory } from './short-memory.js';
import type { Scope, Viewer } from './viewer.js';

/** What tokens must be made for (`kubectl create token … --audience=initledger`): one made for others cannot be replayed here. */
export const audience = 'initledger';

/** As long as an aggregated API server remembers what it was told. */
const rememberedMs = 10_000;
const rememberedAtMost = 10_000;
const atOnce = 8;

type Door = Pick<Cluster, 'reviewToken' | 'reviewAccess' | 'identity' | 'list'>;

/** Who asks is what Kubernetes says, and they see what Kubernetes would let them list. */
export function kubernetesAccess(cluster: Door): Access {
  const viewers = new ShortMemory<Viewer>(rememberedMs, rememberedAtMost);
  const known = new ShortMemory<ReadonlyMap<string, string>>(rememberedMs, 1);
  const uids = (): Promise<ReadonlyMap<string, string>> => known.get('namespaces', () => namespaceUids(cluster));
  return {
    viewerOf: async (authorization) => {
      const token = bearerOf(authorization);
      const key = createHash('sha256').update(token).digest('base64');
      return viewers.get(key, () => viewer(cluster, token, uids).catch(outage));
    },
  };
}

async function viewer(cluster: Door, token: string, uids: () => Promise<ReadonlyMap<string, string>>): Promise<Viewer> {
  const review = await cluster.reviewToken(token, [audience]);
  if (!review.authenticated || !review.audiences.includes(audience)) {
    throw new AuditError('unauthenticated', 'Kubernetes does not accept this token for this service', {
      remedy: `Make one for it: kubectl create token SERVICEACCOUNT --audience=${audience}`,
    });
  }
  const may = (right: Right): Promise<boolean> => cluster.reviewAccess(review.user, right);
  const [pods, events, logs, nodes, metrics, { uid }] = await Promise.all([
    scopeOf(may, { verb: 'list', group: '', resource: 'pods' }, uids),
    scopeOf(may, { verb: 'list', group: '', resource: 'events' }, uids),
    scopeOf(may, { verb: 'get', group: '', resource: 'pods', subresource: 'log' }, uids),
    may({ verb: 'get', group: '', resource: 'nodes' }),
    may({ verb: 'get', path: '/metrics' }),
    cluster.identity(),
  ]);
  return { name: nameOf(review.user), clusterUid: uid, pods, events, logs, nodes, metrics };
}

const nameOf = ({ username }: Subject): string => username;

/** Where a right holds: asked for the whole cluster first, then, where that is denied, for each namespace. */
async function scopeOf(
  may: (right: Right) => Promise<boolean>,
  right: Extract<Right, { resource: string }>,
  uids: () => Promise<ReadonlyMap<string, string>>,
): Promise<Scope> {
  if (await may(right)) return 'all';
  const allowed = new Map<string, string>();
  const waiting = [...(await uids())];
  const ask = async (): Promise<void> => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const [namespace, uid] = next;
      if (await may({ ...right, namespace })) allowed.set(namespace, uid);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, ask));
  return allowed;
}

/** The UIDs that names of namespaces have now. Without the right to list them nobody sees single namespaces: it fails closed. */
async function namespaceUids(cluster: Door): Promise<ReadonlyMap<string, string>> {
  const uids = new Map<string, string>();
  try {
    for await (const { items } of cluster.list(namespaces, { metadataOnly: true })) {
      for (const { metadata } of items) uids.set(metadata.name, metadata.uid);
    }
  } catch (error) {
    if (!isKubernetesError(error, 'forbidden')) throw error;
    return new Map();
  }
  return uids;
}

/** That Kubernetes cannot be asked says nothing about the caller: nobody is let in, and they may come again. */
function outage(error: unknown): never {
  if (error instanceof AuditError) throw error;
  throw new AuditError('cluster-unreachable', 'Kubernetes cannot be asked who you are', {
    cause: error,
    remedy: 'See that the API server answers and that this service may create tokenreviews and subjectaccessreviews',
    details: { retryAfterSeconds: 5 },
  });
}
