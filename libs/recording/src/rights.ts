import type { Cluster, Right } from '#libs/kubernetes';
import type { WatchStatus } from './watch-status.js';

/** A right that the recorder has not, and what nobody can know without it. */
export type Unknown = Readonly<{ right: string; unknown: string }>;

/** A right that recording can use. `namespace` null: in all. */
type Needed = Readonly<{
  verb: string;
  group: string;
  resource: string;
  subresource?: string;
  namespace: string | null;
  name?: string;
}>;

/** What is to be recorded, and where. `namespaces` empty: in all. */
export type Recorded = Readonly<{ namespaces: readonly string[]; logTails: boolean }>;

const meanings: Readonly<Record<string, string>> = {
  pods: 'pods: nothing, or nothing after a gap, is recorded',
  events: 'what Kubernetes Events tell: pull times, mount failures, back-off, scheduling messages',
  nodes: 'kubelet and runtime versions, reboots, node conditions',
  namespaces: 'UIDs of namespaces: one that was deleted and made anew cannot be told from the old one',
  'pods/log': 'logs of failed attempts',
  'kube-system': 'which cluster this is: it is known by its address and certificate authority only',
};

const owners: Readonly<Record<string, readonly string[]>> = {
  apps: ['replicasets', 'deployments', 'statefulsets', 'daemonsets'],
  batch: ['jobs', 'cronjobs'],
};

/** Every right that recording these namespaces, or all, can use: what deploy/rbac grants. */
function neededRights({ namespaces, logTails }: Recorded): readonly Needed[] {
  const scopes = namespaces.length > 0 ? namespaces : [null];
  const follow = (resource: string, scope: string | null) =>
    ['list', 'watch'].map((verb) => ({ verb, group: '', resource, namespace: scope }));
  const kubeSystem = { verb: 'get', group: '', resource: 'namespaces', namespace: 'kube-system', name: 'kube-system' };
  return [
    ...scopes.flatMap((scope) => [...follow('pods', scope), ...follow('events', scope)]),
    ...follow('nodes', null),
    ...(namespaces.length > 0
      ? namespaces.map((name) => ({ verb: 'get', group: '', resource: 'namespaces', namespace: name, name }))
      : follow('namespaces', null)),
    kubeSystem,
    ...(logTails ? scopes.flatMap(logRights) : []),
    ...scopes.flatMap((namespace) =>
      Object.entries(owners).flatMap(([group, resources]) =>
        resources.map((resource) => ({ verb: 'get', group, resource, namespace })),
      ),
    ),
  ];
}

/** To read a log, and to see whose it was: deploy/rbac/pod-logs.yaml. */
const logRights = (namespace: string | null): readonly Needed[] => [
  { verb: 'get', group: '', resource: 'pods', subresource: 'log', namespace },
  { verb: 'get', group: '', resource: 'pods', namespace },
];

/**
 * Which of the rights we have not, by the API server's own word. Where it does not say, nothing is missing.
 *
 * @throws KubernetesError when it does not answer
 */
export async function missingRights(
  cluster: Pick<Cluster, 'reviewOwnAccess'>,
  recorded: Recorded,
): Promise<readonly Unknown[]> {
  const asked = neededRights(recorded).map(async (needed) => ({
    needed,
    granted: await cluster.reviewOwnAccess(toRight(needed)),
  }));
  return (await Promise.all(asked)).filter(({ granted }) => !granted).map(({ needed }) => toUnknown(needed));
}

/** What is unknown where nothing is known of a resource. */
export const meaningOf = (resource: string): string => meanings[resource] ?? resource;

/** What is unknown: by the rights that we have not, by the watches that were refused, by the owners that could not be read. */
export function unknowns(
  missing: readonly Unknown[],
  watches: readonly WatchStatus[],
  unreadableOwners: Iterable<string>,
): readonly Unknown[] {
  const refused = watches
    .filter((watch) => watch.refused)
    .filter(
      ({ resource, namespace }) => !missing.some(({ right }) => right.endsWith(` ${resource}${inScope(namespace)}`)),
    )
    .map(({ resource, namespace }) => toUnknown({ verb: 'list, watch', group: '', resource, namespace }));
  const unread = [...unreadableOwners]
    .toSorted()
    .map((resource) => toUnknown({ verb: 'get', group: '', resource, namespace: null }))
    .filter(({ right }) => !missing.some((each) => each.right.startsWith(right)));
  return [...missing, ...refused, ...unread];
}

/** What to do when pods may not be read. */
export function podsRemedy(namespace: string | null): string {
  return namespace === null
    ? 'Give the recorder the ClusterRole of deploy/rbac/cluster.yaml (verbs list and watch on pods), or record only namespaces that it may read: --namespace NAME.'
    : `Give the recorder the Role of deploy/rbac/namespace.yaml in ${namespace} (verbs list and watch on pods).`;
}

function toRight({ namespace, ...right }: Needed): Right {
  return { ...right, ...(namespace !== null && { namespace }) };
}

function toUnknown({ verb, resource: plain, subresource, namespace, name }: Needed): Unknown {
  const resource = subresource === undefined ? plain : `${plain}/${subresource}`;
  // Pods are listed and watched for the record; one is got only to see whose log was read.
  const meaning = meanings[name ?? ''] ?? meanings[verb === 'get' && plain === 'pods' ? 'pods/log' : resource];
  return {
    right: `${verb} ${resource}${inScope(namespace)}`,
    unknown: meaning ?? `who owns pods, beyond their ${resource}: workload and revision`,
  };
}

const inScope = (namespace: string | null) => (namespace === null ? '' : ` in ${namespace}`);
