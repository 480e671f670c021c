import { sameJson } from './field-sets.js';
import { copyOf, fieldsIn, isFields, listAt, textAt, type Fields, type KubeObject } from './kube-object.js';
import { decodePodStatus } from './pod-status.js';
import { admitPod, defaultPod, defaultPodSpec, qosClass } from './pod-defaults.js';
import { admitPriority } from './pod-priority.js';
import type { ResourceName } from './resources.js';

/** What the strategies need from around them. */
export type Surroundings = {
  now: string;
  suffix: () => string;
  serviceAccounts: boolean;
  /** The priorities of pods, by the name of their class. */
  priorityClass: (name: string) => Fields | undefined;
};

/** How kube-apiserver treats the objects of one kind when they are written. Objects are changed in place. */
export type Strategy = {
  /** The kind's name in the schema of merges. */
  type: string;
  /** What an object of the kind says before anybody wrote a field: nobody owns what is the same afterwards. */
  empty: Fields;
  /** Adds what Go writes for fields that were not said, be it null or empty. */
  decode?: (object: KubeObject) => void;
  /** Fills in what was not said. */
  defaults?: (object: KubeObject) => void;
  /** What admission plugins add, and nobody owns. */
  admit?: (object: KubeObject, around: Surroundings) => void;
  /** The status of a new object; whatever the writer said is dropped. Absent where it is kept. */
  firstStatus?: (object: KubeObject, around: Surroundings) => Fields;
  /** Other changes to a new object, once it has its uid. */
  prepareCreate?: (object: KubeObject) => void;
  /** Whether an update counts as a change of what is wanted. */
  bumpsGeneration?: (next: KubeObject, known: KubeObject) => boolean;
};

const podTemplate = { metadata: {}, spec: { containers: null } };
const emptyMetadata = { metadata: {} };
const emptyWorkload = (spec: Fields): Fields => ({ ...emptyMetadata, spec, status: {} });

const set = (fields: Fields, defaults: Fields): void => {
  for (const [name, value] of Object.entries(defaults)) fields[name] ??= value;
};

const specChanged = (next: KubeObject, known: KubeObject): boolean => !sameJson(next['spec'], known['spec']);

function defaultTemplate(object: KubeObject): Fields {
  const spec = fieldsIn(object, 'spec');
  defaultPodSpec(fieldsIn(fieldsIn(spec, 'template'), 'spec'));
  return spec;
}

/** A mirror of a static pod has no service account: it is none of the API's to admit. */
const isMirror = ({ metadata }: KubeObject): boolean =>
  metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined;

const pods: Strategy = {
  type: 'Pod',
  empty: emptyWorkload({ containers: null }),
  defaults: (pod) => defaultPod(fieldsIn(pod, 'spec')),
  decode: decodePodStatus,
  admit: (pod, { suffix, serviceAccounts, priorityClass }) => {
    const spec = fieldsIn(pod, 'spec');
    admitPriority(pod, priorityClass);
    admitPod(spec, serviceAccounts && !isMirror(pod) ? suffix() : undefined);
  },
  firstStatus: (pod, { now }) => ({ phase: 'Pending', ...gated(pod, now), qosClass: qosClass(pod['spec']) }),
  bumpsGeneration: specChanged,
};

/** A pod behind scheduling gates says so from the start. */
function gated(pod: KubeObject, now: string): Fields {
  if (listAt(pod, 'spec', 'schedulingGates').length === 0) return {};
  const message = 'Scheduling is blocked due to non-empty scheduling gates';
  const condition = { type: 'PodScheduled', status: 'False', lastProbeTime: null, lastTransitionTime: now };
  return { conditions: [{ ...condition, reason: 'SchedulingGated', message }] };
}

const deployments: Strategy = {
  type: 'apps.v1.Deployment',
  empty: emptyWorkload({ selector: null, template: podTemplate, strategy: {} }),
  defaults: (object) => {
    const spec = defaultTemplate(object);
    set(spec, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 });
    const strategy = fieldsIn(spec, 'strategy');
    set(strategy, { type: 'RollingUpdate' });
    if (strategy['type'] === 'RollingUpdate') {
      set(fieldsIn(strategy, 'rollingUpdate'), { maxUnavailable: '25%', maxSurge: '25%' });
    }
  },
  firstStatus: () => ({}),
  bumpsGeneration: (next, known) =>
    specChanged(next, known) || !sameJson(next.metadata.annotations ?? {}, known.metadata.annotations ?? {}),
};

const replicasets: Strategy = {
  type: 'apps.v1.ReplicaSet',
  empty: emptyWorkload({ selector: null, template: podTemplate }),
  defaults: (object) => set(defaultTemplate(object), { replicas: 1 }),
  firstStatus: () => ({ replicas: 0 }),
  bumpsGeneration: specChanged,
};

const statefulsets: Strategy = {
  type: 'apps.v1.StatefulSet',
  empty: emptyWorkload({ serviceName: '', selector: null, template: podTemplate, updateStrategy: {} }),
  defaults: (object) => {
    const spec = defaultTemplate(object);
    set(spec, { replicas: 1, podManagementPolicy: 'OrderedReady', revisionHistoryLimit: 10, serviceName: '' });
    set(fieldsIn(spec, 'updateStrategy'), { type: 'RollingUpdate', rollingUpdate: { partition: 0 } });
    set(spec, { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' } });
  },
  firstStatus: () => ({ replicas: 0, availableReplicas: 0 }),
  bumpsGeneration: specChanged,
};

const daemonsets: Strategy = {
  type: 'apps.v1.DaemonSet',
  empty: emptyWorkload({ selector: null, template: podTemplate, updateStrategy: {} }),
  defaults: (object) => {
    const spec = defaultTemplate(object);
    set(spec, { revisionHistoryLimit: 10 });
    const rolling = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } };
    set(fieldsIn(spec, 'updateStrategy'), rolling);
  },
  firstStatus: () => ({ currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 }),
  bumpsGeneration: specChanged,
};

const jobDefaults = { backoffLimit: 6, completionMode: 'NonIndexed', suspend: false };

const jobs: Strategy = {
  type: 'batch.v1.Job',
  empty: emptyWorkload({ template: podTemplate }),
  defaults: (object) => {
    const spec = defaultTemplate(object);
    if (spec['completions'] === undefined && spec['parallelism'] === undefined) spec['completions'] = 1;
    const replaced = isFields(spec['podFailurePolicy']) ? 'Failed' : 'TerminatingOrFailed';
    set(spec, { parallelism: 1, ...jobDefaults, manualSelector: false, podReplacementPolicy: replaced });
  },
  firstStatus: () => ({}),
  prepareCreate: labelJob,
  bumpsGeneration: specChanged,
};

/** A Job finds its pods by its own uid (`k/k:pkg/registry/batch/job/strategy.go`, generateSelector). */
function labelJob(job: KubeObject): void {
  const spec = fieldsIn(job, 'spec');
  if (spec['manualSelector'] === true) return;
  const { uid = '', name = '' } = job.metadata;
  const labels = {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  };
  const template = fieldsIn(fieldsIn(spec, 'template'), 'metadata');
  template['labels'] = { ...(isFields(template['labels']) ? template['labels'] : {}), ...labels };
  if (Object.keys(job.metadata.labels ?? {}).length === 0) job.metadata.labels = copyOf(template['labels']) as never;
  spec['selector'] = { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } };
}

const cronjobs: Strategy = {
  type: 'batch.v1.CronJob',
  empty: emptyWorkload({ schedule: '', jobTemplate: { metadata: {}, spec: { template: podTemplate } } }),
  defaults: (object) => {
    const spec = fieldsIn(object, 'spec');
    const job = fieldsIn(fieldsIn(spec, 'jobTemplate'), 'spec');
    defaultPodSpec(fieldsIn(fieldsIn(job, 'template'), 'spec'));
    set(spec, { concurrencyPolicy: 'Allow', suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 });
  },
  firstStatus: () => ({}),
  bumpsGeneration: specChanged,
};

const namespaces: Strategy = {
  type: 'Namespace',
  empty: emptyWorkload({}),
  defaults: ({ metadata }) => {
    metadata.labels = { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name ?? '' };
  },
  prepareCreate: (namespace) => {
    namespace['spec'] = { finalizers: ['kubernetes'] };
  },
  firstStatus: () => ({ phase: 'Active' }),
};

const nodes: Strategy = {
  type: 'Node',
  empty: { ...emptyMetadata, spec: {}, status: { daemonEndpoints: { kubeletEndpoint: { Port: 0 } }, nodeInfo: null } },
  defaults: (node) => void fieldsIn(node, 'spec'),
};

const events: Strategy = {
  type: 'Event',
  empty: {
    ...emptyMetadata,
    involvedObject: {},
    source: {},
    firstTimestamp: null,
    lastTimestamp: null,
    eventTime: null,
    reportingComponent: '',
    reportingInstance: '',
  },
  defaults: (event) =>
    set(event, {
      source: {},
      firstTimestamp: null,
      lastTimestamp: null,
      eventTime: null,
      reportingComponent: '',
      reportingInstance: '',
    }),
};

const services: Strategy = {
  type: 'Service',
  empty: emptyWorkload({}),
  defaults: (service) => {
    const spec = fieldsIn(service, 'spec');
    set(spec, { sessionAffinity: 'None', type: 'ClusterIP', internalTrafficPolicy: 'Cluster' });
    for (const port of listAt(spec, 'ports')) {
      if (isFields(port)) set(port, { protocol: 'TCP', targetPort: port['port'] });
    }
  },
  firstStatus: () => ({ loadBalancer: {} }),
};

const plain = (type: string): Strategy => ({ type, empty: emptyMetadata });

/** The strategy of each kind. */
export const strategies: Readonly<Record<ResourceName, Strategy>> = {
  configmaps: plain('ConfigMap'),
  cronjobs,
  daemonsets,
  deployments,
  events,
  jobs,
  leases: { type: 'coordination.v1.Lease', empty: { ...emptyMetadata, spec: {} } },
  namespaces,
  nodes,
  pods,
  priorityclasses: {
    ...plain('scheduling.v1.PriorityClass'),
    empty: { ...emptyMetadata, value: 0 },
    defaults: (priority) => set(priority, { preemptionPolicy: 'PreemptLowerPriority' }),
  },
  replicasets,
  secrets: { ...plain('Secret'), defaults: (secret) => set(secret, { type: 'Opaque' }) },
  serviceaccounts: plain('ServiceAccount'),
  services,
  statefulsets,
};

/** Whether a namespace takes no new objects any longer. */
export const isTerminating = (namespace: KubeObject): boolean => textAt(namespace, 'status', 'phase') === 'Terminating';
