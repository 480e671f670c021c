/** Namespaces in which one kind of right holds: everywhere, or by name, each with the UID that the name has now. */
export type Scope = 'all' | ReadonlyMap<string, string>;

/**
 * Who asks, and what Kubernetes would let them see. Every query takes one, and applies it before it filters, counts or
 * groups anything.
 */
export type Viewer = Readonly<{
  /** As the token names them; for logs. */
  name: string;
  /** The one cluster in which these rights hold (the UID of its kube-system); null where they hold in all of them. */
  clusterUid: string | null;
  /** `list pods`: without it a pod does not exist. */
  pods: Scope;
  /** `list events`: without it the text of Events is null. */
  events: Scope;
  /** `get pods/log`: without it the text of a log is null. */
  logs: Scope;
  /** `get nodes`: without it a node's details (zone, kubelet version) are null. */
  nodes: boolean;
  /** `get` on the non-resource path `/metrics`. */
  metrics: boolean;
}>;

/** Sees everything: whoever reaches a service on loopback, or holds its one token. */
export const seesAll = (name: string): Viewer => ({
  name,
  clusterUid: null,
  pods: 'all',
  events: 'all',
  logs: 'all',
  nodes: true,
  metrics: true,
});

/** Whether `scope` holds in this namespace as it is now: a re-created namespace does not inherit what the old one had. */
export function holdsIn(scope: Scope, namespace: string, namespaceUid: string | null): boolean {
  if (scope === 'all') return true;
  return namespaceUid !== null && scope.get(namespace) === namespaceUid;
}

/** The same text for the same rights: what an answer may be cached by. */
export function scopeKey(viewer: Viewer): string {
  const key = (scope: Scope): string => (scope === 'all' ? '*' : [...scope.values()].toSorted().join(','));
  return `${viewer.clusterUid ?? '*'}|${key(viewer.pods)}|${key(viewer.events)}|${key(viewer.logs)}|${viewer.nodes}`;
}
