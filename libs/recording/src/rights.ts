import type { WatchStatus } from './watch-status.js';

/** A right that the recorder has not, and what nobody can know without it. */
export type Unknown = Readonly<{ right: string; unknown: string }>;

const verbs: Readonly<Record<string, string>> = {
  pods: 'list, watch',
  events: 'list, watch',
  nodes: 'list, watch',
  namespaces: 'list, watch',
};

const meaning: Readonly<Record<string, string>> = {
  pods: 'pods: nothing is recorded',
  events: 'what Kubernetes Events tell: pull times, mount failures, back-off, scheduling messages',
  nodes: 'kubelet and runtime versions, reboots, node conditions',
  namespaces: 'the UIDs of namespaces: a namespace that was deleted and made anew cannot be told from the old one',
};

/** What is unknown because rights are missing: by the watches that are refused, and the kinds of owners that may not be read. */
export function unknowns(watches: readonly WatchStatus[], unreadableOwners: Iterable<string>): readonly Unknown[] {
  const refused = watches
    .filter((watch) => watch.refused)
    .map(({ resource, namespace }) => ({
      right: `${verbs[resource] ?? 'get'} ${resource}${namespace === null ? '' : ` in ${namespace}`}`,
      unknown: meaning[resource] ?? resource,
    }));
  const owners = [...unreadableOwners].toSorted().map((resource) => ({
    right: `get ${resource}`,
    unknown: `what owns a pod beyond its ${resource}: workload and revision`,
  }));
  return [...refused, ...owners];
}

/** What to do when pods may not be read. */
export function podsRemedy(namespace: string | null): string {
  return namespace === null
    ? 'Give the recorder the ClusterRole of deploy/rbac/cluster.yaml (verbs list and watch on pods), or record only namespaces that it may read: --namespace NAME.'
    : `Give the recorder the Role of deploy/rbac/namespace.yaml in ${namespace} (verbs list and watch on pods).`;
}
