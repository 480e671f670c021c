import type { Fields } from './kube-object.js';
import { allVerbs, apiVersionOf, resources, type Resource } from './resources.js';

const reviewResources = [
  { group: 'authentication.k8s.io', name: 'tokenreviews', kind: 'TokenReview' },
  { group: 'authorization.k8s.io', name: 'selfsubjectaccessreviews', kind: 'SelfSubjectAccessReview' },
  { group: 'authorization.k8s.io', name: 'subjectaccessreviews', kind: 'SubjectAccessReview' },
] as const;

const groups = (): string[] => {
  const named = [...resources.map(({ group }) => group), ...reviewResources.map(({ group }) => group)];
  return [...new Set(named)].filter((group) => group !== '');
};

function groupOf(name: string): Fields {
  const version = { groupVersion: `${name}/v1`, version: 'v1' };
  return { name, versions: [version], preferredVersion: version };
}

function entries(resource: Resource): Fields[] {
  const { name, singular, namespaced, kind, shortNames, categories } = resource;
  const own = {
    name,
    singularName: singular,
    namespaced,
    kind,
    verbs: allVerbs,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
  };
  const below = resource.subresources.map((one) => ({
    name: `${name}/${one.name}`,
    singularName: '',
    namespaced,
    ...(one.group && { group: one.group, version: one.version }),
    kind: one.kind,
    verbs: one.verbs,
  }));
  return [own, ...below];
}

function resourceList(groupVersion: string): Fields | undefined {
  const [group = '', version] = groupVersion.includes('/') ? groupVersion.split('/') : ['', groupVersion];
  const listed = resources.filter((one) => apiVersionOf(one) === groupVersion).flatMap(entries);
  const reviews = reviewResources
    .filter((one) => one.group === group && version === 'v1')
    .map(({ name, kind }) => ({ name, singularName: kind.toLowerCase(), namespaced: false, kind, verbs: ['create'] }));
  const all = [...listed, ...reviews];
  return all.length > 0 ? { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: all } : undefined;
}

/** What a path of discovery answers, `undefined` where there is nothing. */
export function discovery(path: string, address: string): Fields | undefined {
  const parts = path.split('/').filter((part) => part !== '');
  if (parts[0] === 'api' && parts.length === 1) {
    const reach = [{ clientCIDR: '0.0.0.0/0', serverAddress: address }];
    return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: reach };
  }
  if (parts[0] === 'api' && parts.length === 2) return resourceList(parts[1] ?? '');
  if (parts[0] !== 'apis') return undefined;
  if (parts.length === 1) return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups().map(groupOf) };
  const group = parts[1] ?? '';
  if (!groups().includes(group)) return undefined;
  if (parts.length === 2) return { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(group) };
  return parts.length === 3 ? resourceList(`${group}/${parts[2]}`) : undefined;
}

/** The body of `/version` for a server of this version (`v1.36.3`). */
export function versionInfo(gitVersion: string): Fields {
  const [, major = '1', minor = '36'] = /^v(\d+)\.(\d+)/.exec(gitVersion) ?? [];
  const emulation = { emulationMajor: major, emulationMinor: minor, minCompatibilityMajor: major };
  return {
    major,
    minor,
    ...(Number(minor) >= 33 && { ...emulation, minCompatibilityMinor: String(Number(minor) - 1) }),
    gitVersion,
    gitCommit: '0000000000000000000000000000000000000000',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: 'go1.26.8',
    compiler: 'gc',
    platform: 'linux/amd64',
  };
}
