import { isFields, type Fields, type KubeObject } from './kube-object.js';

/** The order in which Go writes `metadata`. */
const metadataOrder = [
  'name',
  'generateName',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
] as const;

const inWords = (names: string): readonly string[] => names.split(' ');
/** The order in which Go writes what a pod is made of (`api:core/v1/types.go`). */
const podSpecOrder = inWords(
  'volumes initContainers containers ephemeralContainers restartPolicy terminationGracePeriodSeconds activeDeadlineSeconds dnsPolicy nodeSelector serviceAccountName serviceAccount automountServiceAccountToken nodeName hostNetwork hostPID hostIPC shareProcessNamespace securityContext imagePullSecrets hostname subdomain affinity schedulerName tolerations hostAliases priorityClassName priority dnsConfig readinessGates runtimeClassName enableServiceLinks preemptionPolicy overhead topologySpreadConstraints setHostnameAsFQDN os hostUsers schedulingGates resourceClaims resources',
);
const containerOrder = inWords(
  'name image command args workingDir ports envFrom env resources resizePolicy restartPolicy restartPolicyRules volumeMounts volumeDevices livenessProbe readinessProbe startupProbe lifecycle terminationMessagePath terminationMessagePolicy imagePullPolicy securityContext stdin stdinOnce tty',
);
const podStatusOrder = inWords(
  'observedGeneration phase conditions message reason nominatedNodeName hostIP hostIPs podIP podIPs startTime initContainerStatuses containerStatuses qosClass ephemeralContainerStatuses resize resourceClaimStatuses extendedResourceClaimStatus allocatedResources resources',
);
const containerLists = ['initContainers', 'containers', 'ephemeralContainers'];

/** A pod's spec and status with their fields in the order of Go; what that order does not know comes last. */
export function orderedPod(pod: KubeObject): KubeObject {
  const { spec, status } = pod;
  if (!isFields(spec) || !isFields(status)) return pod;
  const sorted = inOrder(spec, podSpecOrder);
  for (const list of containerLists) {
    const containers = sorted[list];
    if (Array.isArray(containers)) {
      sorted[list] = containers.map((one: unknown) => (isFields(one) ? inOrder(one, containerOrder) : one));
    }
  }
  return { ...pod, spec: sorted, status: inOrder(status, podStatusOrder) };
}

function inOrder(fields: Fields, order: readonly string[]): Fields {
  const sorted: Fields = {};
  for (const name of order) if (name in fields) sorted[name] = fields[name];
  return Object.assign(sorted, fields);
}

/** The same object with its metadata, and its first level, in the order of kube-apiserver; empty maps and lists of metadata left out. */
export function ordered(object: KubeObject): KubeObject {
  const metadata: Fields = {};
  for (const name of metadataOrder) {
    const value = object.metadata[name];
    if (value !== undefined && value !== null && value !== '' && !isEmpty(value)) metadata[name] = sortedMap(value);
  }
  const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, spec, status, ...rest } = object;
  return { metadata, ...(spec !== undefined && { spec }), ...rest, ...(status !== undefined && { status }) };
}

/** Labels and annotations in the order of the alphabet, which is how Go writes maps. */
const sortedMap = (value: unknown): unknown =>
  isFields(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)))
    : value;

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;
