/** Whose pod it is, and of which rollout: the owner chain up to its top. */
import type { Workload } from './account.js';
import type { Context, OwnerContext, OwnerReference } from './context.js';
import type { PodView } from './snapshot.js';

const controllerOf = (references: readonly OwnerReference[]): OwnerReference | undefined =>
  references.find((reference) => reference.controller === true);

const ownerOf = (context: Context, uid: string): OwnerContext | undefined =>
  Object.hasOwn(context.owners, uid) ? context.owners[uid] : undefined;

/** Controllers that are the top themselves unless something is seen above them. */
const topKinds: ReadonlySet<string> = new Set([
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'CronJob',
  'Node',
  'ReplicationController',
]);

/** A chain longer than this is a circle. */
const longestChain = 8;

/** The name of a Deployment, from its ReplicaSet's: it ends in the pod-template-hash. Null without that hash. */
function deploymentName(replicaSet: string, hash: unknown): string | null {
  const suffix = typeof hash === 'string' && hash !== '' ? `-${hash}` : null;
  return suffix !== null && replicaSet.endsWith(suffix) && replicaSet.length > suffix.length
    ? replicaSet.slice(0, -suffix.length)
    : null;
}

function bare(view: PodView, uid: string | null): Workload {
  return { apiVersion: 'v1', kind: 'Pod', name: view.metadata.name ?? '', uid, resolved: true };
}

const told = (owner: OwnerReference, resolved: boolean): Workload => ({
  apiVersion: owner.apiVersion,
  kind: owner.kind,
  name: owner.name,
  uid: owner.uid,
  resolved,
});

/**
 * What stands above a controller that was never observed. A ReplicaSet that carries its pods' template hash is a
 * Deployment's (of Argo Rollouts or others, too, in rare cases): named so, and not resolved.
 */
function unobserved(view: PodView, reference: OwnerReference): Workload {
  if (reference.kind === 'ReplicaSet') {
    const name = deploymentName(reference.name, view.metadata.labels['pod-template-hash']);
    if (name !== null) return { apiVersion: 'apps/v1', kind: 'Deployment', name, uid: null, resolved: false };
  }
  return told(reference, topKinds.has(reference.kind));
}

/**
 * The top controller of a pod, of any kind; the pod itself where it has none. A static pod's Node is no workload.
 * `resolved` is false where the chain could not be followed: nothing above was observed that would say it ends there.
 */
export function workloadOf(view: PodView, context: Context): Workload {
  let reference = controllerOf(view.metadata.ownerReferences);
  if (!reference || reference.kind === 'Node') return bare(view, view.metadata.uid ?? null);
  for (let step = 0; step < longestChain; step++) {
    const owner = ownerOf(context, reference.uid);
    if (!owner) return unobserved(view, reference);
    const above: OwnerReference | undefined = controllerOf(owner.ownerReferences);
    if (!above) return told(reference, true);
    reference = above;
  }
  return told(reference, false);
}

/**
 * What tells one rollout of a workload from the next: pod-template-hash (also that of Argo Rollouts),
 * controller-revision-hash, or the Job of a CronJob. Null where nothing does.
 */
export function revisionOf(view: PodView): string | null {
  const { labels } = view.metadata;
  for (const label of ['pod-template-hash', 'rollouts-pod-template-hash', 'controller-revision-hash']) {
    const hash = labels[label];
    if (typeof hash === 'string' && hash !== '') return hash;
  }
  const controller = controllerOf(view.metadata.ownerReferences);
  return controller?.kind === 'Job' ? controller.name : null;
}
