/** The verbs of a collection that can be listed, watched and written. */
export const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** A subresource, as discovery lists it. */
export type Subresource = { name: string; kind: string; verbs: string[]; group?: string; version?: string };

/** One kind of object that the API serves. */
export type Resource = {
  readonly name: string;
  readonly singular: string;
  readonly kind: string;
  readonly group: string;
  readonly version: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly subresources: readonly Subresource[];
  /** Kubernetes keeps no watch cache for Events: no bookmarks, and other words for a position that is too old. */
  readonly watchCache: boolean;
  /** Whether `spec` counts its changes in `metadata.generation`. */
  readonly generations: boolean;
};

type Rest = Partial<Omit<Resource, 'name' | 'kind' | 'group' | 'version'>>;

const statusOf = (kind: string): Subresource => ({ name: 'status', kind, verbs: ['get', 'patch', 'update'] });
function resource(api: string, name: string, kind: string, rest: Rest = {}): Resource {
  const [group, version] = api.includes('/') ? api.split('/') : ['', api];
  return {
    name,
    kind,
    group: group ?? '',
    version: version ?? '',
    singular: kind.toLowerCase(),
    namespaced: true,
    shortNames: [],
    categories: [],
    subresources: [],
    watchCache: true,
    generations: false,
    ...rest,
  };
}

const workload = (kind: string, shortNames: string[]): Rest => ({
  shortNames,
  categories: ['all'],
  subresources: [statusOf(kind)],
  generations: true,
});

const podSubresources: Subresource[] = [
  { name: 'binding', kind: 'Binding', verbs: ['create'] },
  { name: 'ephemeralcontainers', kind: 'Pod', verbs: ['get', 'patch', 'update'] },
  { name: 'eviction', kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
  { name: 'log', kind: 'Pod', verbs: ['get'] },
  { name: 'resize', kind: 'Pod', verbs: ['get', 'patch', 'update'] },
  statusOf('Pod'),
];

/** All that is served. Events of `events.k8s.io` are the same objects as those of the core group. */
export const resources: readonly Resource[] = [
  resource('v1', 'configmaps', 'ConfigMap', { shortNames: ['cm'] }),
  resource('v1', 'events', 'Event', { shortNames: ['ev'], watchCache: false }),
  resource('v1', 'namespaces', 'Namespace', {
    shortNames: ['ns'],
    namespaced: false,
    subresources: [{ name: 'finalize', kind: 'Namespace', verbs: ['update'] }, statusOf('Namespace')],
  }),
  resource('v1', 'nodes', 'Node', { shortNames: ['no'], namespaced: false, subresources: [statusOf('Node')] }),
  resource('v1', 'pods', 'Pod', {
    shortNames: ['po'],
    categories: ['all'],
    subresources: podSubresources,
    generations: true,
  }),
  resource('v1', 'secrets', 'Secret'),
  resource('v1', 'serviceaccounts', 'ServiceAccount', { shortNames: ['sa'] }),
  resource('v1', 'services', 'Service', {
    shortNames: ['svc'],
    categories: ['all'],
    subresources: [statusOf('Service')],
  }),
  resource('apps/v1', 'daemonsets', 'DaemonSet', workload('DaemonSet', ['ds'])),
  resource('apps/v1', 'deployments', 'Deployment', workload('Deployment', ['deploy'])),
  resource('apps/v1', 'replicasets', 'ReplicaSet', workload('ReplicaSet', ['rs'])),
  resource('apps/v1', 'statefulsets', 'StatefulSet', workload('StatefulSet', ['sts'])),
  resource('batch/v1', 'cronjobs', 'CronJob', workload('CronJob', ['cj'])),
  resource('batch/v1', 'jobs', 'Job', workload('Job', [])),
  resource('coordination.k8s.io/v1', 'leases', 'Lease'),
  resource('events.k8s.io/v1', 'events', 'Event', { shortNames: ['ev'], watchCache: false }),
  resource('scheduling.k8s.io/v1', 'priorityclasses', 'PriorityClass', { shortNames: ['pc'], namespaced: false }),
];

/** The names under which objects are stored. */
export type ResourceName =
  | 'configmaps'
  | 'cronjobs'
  | 'daemonsets'
  | 'deployments'
  | 'events'
  | 'jobs'
  | 'leases'
  | 'namespaces'
  | 'nodes'
  | 'pods'
  | 'priorityclasses'
  | 'replicasets'
  | 'secrets'
  | 'serviceaccounts'
  | 'services'
  | 'statefulsets';

/** How a group and its version are written in `apiVersion`. */
export const apiVersionOf = ({ group, version }: { group: string; version: string }): string =>
  group ? `${group}/${version}` : version;

/** How errors name a resource: `pods`, `replicasets.apps`. */
export const qualifiedName = ({ name, group }: Pick<Resource, 'name' | 'group'>): string =>
  group ? `${name}.${group}` : name;

/** The resource of an API group and its plural name, if it is served. */
export const findResource = (group: string, version: string, name: string): Resource | undefined =>
  resources.find((one) => one.group === group && one.version === version && one.name === name);

/** The resource as it is stored; for Events that is the core group's. */
export function storedResource(name: ResourceName): Resource {
  const found = resources.find((one) => one.name === name);
  if (!found) throw new Error(`nothing is stored under ${name}`);
  return found;
}
