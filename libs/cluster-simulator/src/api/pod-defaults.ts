import { fieldsIn, isFields, listAt, type Fields } from './kube-object.js';

/*
 * What a pod's fields are when nobody says (`k/k:pkg/apis/core/v1/defaults.go`). The writer comes to own these, as it does what it said.
 */

const set = (fields: Fields, defaults: Fields): void => {
  for (const [name, value] of Object.entries(defaults)) fields[name] ??= value;
};

/** Fills in what a pod, but no pod template, is given on top of {@link defaultPodSpec}. */
export function defaultPod(spec: Fields): void {
  defaultPodSpec(spec);
  set(spec, { enableServiceLinks: true });
}

/** Fills in what every pod spec is given, that of a template too. */
export function defaultPodSpec(spec: Fields): void {
  set(spec, {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
  });
  for (const list of ['initContainers', 'containers', 'ephemeralContainers']) {
    for (const container of listAt(spec, list)) if (isFields(container)) defaultContainer(container);
  }
  for (const volume of listAt(spec, 'volumes')) if (isFields(volume)) defaultVolume(volume);
}

function defaultContainer(container: Fields): void {
  const image = typeof container['image'] === 'string' ? container['image'] : '';
  set(container, {
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: isLatest(image) ? 'Always' : 'IfNotPresent',
  });
  requestLimits(fieldsIn(container, 'resources'));
  for (const port of listAt(container, 'ports')) if (isFields(port)) set(port, { protocol: 'TCP' });
  for (const variable of listAt(container, 'env')) defaultVariable(variable);
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) defaultProbe(container[probe]);
}

const isLatest = (image: string): boolean => {
  const name = image.split('/').at(-1) ?? '';
  return !name.includes('@') && (!name.includes(':') || name.endsWith(':latest'));
};

/** A limit is requested, too, where no request is told; numbers are written as quantities. */
function requestLimits(resources: Fields): void {
  for (const kind of ['limits', 'requests']) {
    for (const [name, value] of Object.entries(isFields(resources[kind]) ? resources[kind] : {}))
      if (typeof value === 'number') fieldsIn(resources, kind)[name] = String(value);
  }
  const { limits } = resources;
  if (!isFields(limits)) return;
  set(fieldsIn(resources, 'requests'), limits);
}

function defaultVariable(variable: unknown): void {
  const source = isFields(variable) ? variable['valueFrom'] : undefined;
  const field = isFields(source) ? source['fieldRef'] : undefined;
  if (isFields(field)) set(field, { apiVersion: 'v1' });
}

function defaultProbe(probe: unknown): void {
  if (!isFields(probe)) return;
  const { httpGet } = probe;
  if (isFields(httpGet)) set(httpGet, { path: '/', scheme: 'HTTP' });
  set(probe, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 });
}

function defaultVolume(volume: Fields): void {
  if (Object.keys(volume).length === 1) volume['emptyDir'] = {};
  for (const kind of ['configMap', 'secret', 'downwardAPI', 'projected']) {
    const source = volume[kind];
    if (isFields(source)) set(source, { defaultMode: 420 });
  }
  const { hostPath } = volume;
  if (isFields(hostPath)) set(hostPath, { type: '' });
}

const accountMount = '/var/run/secrets/kubernetes.io/serviceaccount';
const patience = { operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 };

/**
 * What admission adds to a pod, and nobody owns: the account and its token, the priority, patience with a node that is down
 * (plugins ServiceAccount, Priority and DefaultTolerationSeconds).
 *
 * @param suffix makes the name of the token's volume unique; none where accounts are not admitted
 */
export function admitPod(spec: Fields, suffix: string | undefined): void {
  const account = spec['serviceAccountName'] ?? spec['serviceAccount'] ?? (suffix && 'default');
  if (account) Object.assign(spec, { serviceAccountName: account, serviceAccount: account });
  if (suffix && spec['automountServiceAccountToken'] !== false) mountToken(spec, `kube-api-access-${suffix}`);
  set(spec, { priority: 0, preemptionPolicy: 'PreemptLowerPriority' });
  const tolerations = listAt(spec, 'tolerations');
  for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
    if (!tolerations.some((one) => tolerates(one, key))) tolerations.push({ key, ...patience });
  }
  spec['tolerations'] = tolerations;
}

const tolerates = (toleration: unknown, key: string): boolean =>
  isFields(toleration) &&
  (toleration['key'] === key || (toleration['key'] === undefined && toleration['operator'] === 'Exists')) &&
  ['NoExecute', undefined].includes(toleration['effect'] as string | undefined);

function mountToken(spec: Fields, name: string): void {
  const token = { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } };
  const authority = { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } };
  const namespace = {
    downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] },
  };
  let mounted = false;
  for (const container of [...listAt(spec, 'initContainers'), ...listAt(spec, 'containers')]) {
    const mounts = listAt(container, 'volumeMounts');
    if (!isFields(container) || mounts.some((mount) => isFields(mount) && mount['mountPath'] === accountMount))
      continue;
    container['volumeMounts'] = [...mounts, { name, readOnly: true, mountPath: accountMount }];
    mounted = true;
  }
  if (!mounted) return;
  spec['volumes'] = [
    ...listAt(spec, 'volumes'),
    { name, projected: { sources: [token, authority, namespace], defaultMode: 420 } },
  ];
}

/** `Guaranteed`, `Burstable` or `BestEffort`, by the requests and limits of cpu and memory (`k/k:pkg/apis/core/v1/helper/qos`). */
export function qosClass(spec: unknown): string {
  const all = [...listAt(spec, 'initContainers'), ...listAt(spec, 'containers')].map((container) => {
    const resources = isFields(container) ? fieldsIn(container, 'resources') : {};
    const of = (name: string) => (isFields(resources[name]) ? resources[name] : {});
    return { requests: of('requests'), limits: of('limits') };
  });
  const counted = ['cpu', 'memory'];
  const none = all.every(({ requests, limits }) => counted.every((name) => !(name in requests) && !(name in limits)));
  if (none) return 'BestEffort';
  const guaranteed = all.every(({ requests, limits }) =>
    counted.every((name) => name in limits && (requests[name] ?? limits[name]) === limits[name]),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}
