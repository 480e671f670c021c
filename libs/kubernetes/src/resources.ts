/** A kind of object, and where the API serves it. */
export type Resource = Readonly<{
  /** Plural, as in paths and in RBAC rules. */
  name: string;
  kind: string;
  /** `v1`, or `group/version`. */
  apiVersion: string;
  namespaced: boolean;
}>;

const core = (name: string, kind: string, namespaced: boolean): Resource => ({
  name,
  kind,
  apiVersion: 'v1',
  namespaced,
});

export const pods = core('pods', 'Pod', true);
/** core/v1: the same storage as events.k8s.io, and the form that names `involvedObject`. */
export const events = core('events', 'Event', true);
export const nodes = core('nodes', 'Node', false);
export const namespaces = core('namespaces', 'Namespace', false);
export const leases: Resource = {
  name: 'leases',
  kind: 'Lease',
  apiVersion: 'coordination.k8s.io/v1',
  namespaced: true,
};

/** The built-in controllers: known without asking for discovery. */
export const builtInOwners: readonly Resource[] = [
  ...(['ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet'] as const).map((kind) => ({
    name: `${kind.toLowerCase()}s`,
    kind,
    apiVersion: 'apps/v1',
    namespaced: true,
  })),
  { name: 'jobs', kind: 'Job', apiVersion: 'batch/v1', namespaced: true },
  { name: 'cronjobs', kind: 'CronJob', apiVersion: 'batch/v1', namespaced: true },
  { name: 'replicationcontrollers', kind: 'ReplicationController', apiVersion: 'v1', namespaced: true },
];

/** The path that lists a resource, in one namespace or in all. */
export function pathOf(resource: Resource, namespace?: string): string {
  const root = groupPath(resource.apiVersion);
  const scope = namespace !== undefined && resource.namespaced ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${scope}/${resource.name}`;
}

/** The path under which a group and version is served, and describes itself. */
export function groupPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}
