/** Reads parts as what they should be, and passes over what they should not. */
import type { OwnerReference } from './context.js';
import type { Parts } from './observations.js';
import type {
  Condition,
  ContainerSpec,
  ContainerState,
  ContainerStatus,
  EnvironmentVariable,
  KeptCommand,
  PodMetadata,
  PodSpec,
  PodStatus,
  PodView,
} from './pod-view.js';
import { bag, fields, isBag, texts } from './read-fields.js';
import { resourcesOf, restartRulesOf } from './read-container.js';

const terminatedShape = {
  exitCode: 'number',
  signal: 'number',
  reason: 'string',
  message: 'string',
  startedAt: 'string',
  finishedAt: 'string',
  containerID: 'string',
} as const;

const statusShape = {
  ready: 'boolean',
  started: 'boolean',
  restartCount: 'number',
  image: 'string',
  imageID: 'string',
  containerID: 'string',
} as const;

const conditionShape = { status: 'string', reason: 'string', message: 'string', lastTransitionTime: 'string' } as const;

const podStatusShape = {
  phase: 'string',
  reason: 'string',
  message: 'string',
  startTime: 'string',
  hostIP: 'string',
  podIP: 'string',
} as const;

const ownerShape = {
  apiVersion: 'string',
  kind: 'string',
  name: 'string',
  uid: 'string',
  controller: 'boolean',
} as const;

const nothingNamed: OwnerReference = { apiVersion: '', kind: '', name: '', uid: '' };

/**
 * Reads each part once: a part that did not change is the same object in the next look, and reads the same.
 * What is no object is read again, which costs nothing.
 */
function once<T>(readPart: (part: unknown) => T): (part: unknown) => T {
  const known = new WeakMap<object, T>();
  return (part) => {
    if (!isBag(part)) return readPart(part);
    const before = known.get(part);
    if (before !== undefined) return before;
    const now = readPart(part);
    known.set(part, now);
    return now;
  };
}

const metadataOf = once((part: unknown): PodMetadata => {
  const metadata = bag(part);
  const owners = metadata['ownerReferences'];
  return {
    ...fields(metadata, {
      uid: 'string',
      name: 'string',
      namespace: 'string',
      creationTimestamp: 'string',
      generation: 'number',
    }),
    labels: texts(metadata['labels']),
    annotations: texts(metadata['annotations']),
    ownerReferences: Array.isArray(owners)
      ? owners.map((owner) => ({ ...nothingNamed, ...fields(owner, ownerShape) }))
      : [],
  };
});

function stateOf(value: unknown): ContainerState {
  const { waiting, running, terminated } = bag(value);
  return {
    ...(isBag(waiting) ? { waiting: fields(waiting, { reason: 'string', message: 'string' }) } : {}),
    ...(isBag(running) ? { running: fields(running, { startedAt: 'string' }) } : {}),
    ...(isBag(terminated) ? { terminated: fields(terminated, terminatedShape) } : {}),
  };
}

/** Names come with the parts' names, and cannot be another for the same part. */
const statusNamed = (name: string, part: unknown): ContainerStatus => {
  const status = statusOf(part);
  return status.name === name ? status : { ...status, name };
};

const statusOf = once((value: unknown): ContainerStatus => {
  const status = bag(value);
  return {
    restartCount: 0,
    ...fields(status, statusShape),
    name: typeof status['name'] === 'string' ? status['name'] : '',
    resources: resourcesOf(status['resources']),
    state: stateOf(status['state']),
    lastState: stateOf(status['lastState']),
  };
});

const specNamed = (name: string, part: unknown): ContainerSpec => {
  const spec = specOf(part);
  return spec.name === name ? spec : { ...spec, name };
};

const specOf = once((value: unknown): ContainerSpec => {
  const spec = bag(value);
  return {
    ...fields(spec, { image: 'string', restartPolicy: 'string' }),
    name: typeof spec['name'] === 'string' ? spec['name'] : '',
    restartRules: restartRulesOf(spec['restartPolicyRules']),
    resources: resourcesOf(spec['resources']),
    hasStartupProbe: isBag(spec['startupProbe']),
    hasPostStartHook: isBag(bag(spec['lifecycle'])['postStart']),
    command: commandOf(spec['command']),
    args: commandOf(spec['args']),
    env: listOf(spec['env']).flatMap(variableOf),
    hasEnvFrom: listOf(spec['envFrom']).length > 0,
  };
});

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const textsOf = (value: unknown): readonly string[] => listOf(value).filter((one) => typeof one === 'string');

/** Words, or what was kept of a command that was masked whole. */
const commandOf = (value: unknown): KeptCommand => ({
  words: Array.isArray(value) ? textsOf(value) : null,
  targets: textsOf(bag(value)['targets']),
});

function variableOf(value: unknown): readonly EnvironmentVariable[] {
  const { name, value: literal } = bag(value);
  return typeof name === 'string' ? [{ name, value: typeof literal === 'string' ? literal : null }] : [];
}

const conditionNamed = (type: string, part: unknown): Condition => {
  const condition = conditionOf(part);
  return condition.type === type ? condition : { ...condition, type };
};

const conditionOf = once((value: unknown): Condition => {
  const { type } = bag(value);
  return { ...fields(value, conditionShape), type: typeof type === 'string' ? type : '' };
});

const podSpecOf = once((value: unknown): PodSpec => {
  const { schedulingGates: gates } = bag(value);
  return {
    ...fields(value, { nodeName: 'string', restartPolicy: 'string', activeDeadlineSeconds: 'number' }),
    isGated: Array.isArray(gates) && gates.length > 0,
  };
});

const podStatusOf = once((value: unknown): PodStatus => fields(value, podStatusShape));

/** What parts of a pod there are many of, by the prefix of their names. */
const kinds = [
  'condition.',
  'spec.initContainer.',
  'spec.container.',
  'status.initContainer.',
  'status.container.',
] as const;

type Kind = (typeof kinds)[number];

/** Parts of one kind by what is left of their names. */
type Named = ReadonlyMap<string, unknown>;

const none: Named = new Map();

/** The parts of which there are many, by kind, as far as they are objects. */
function byKind(parts: Parts): (kind: Kind) => Named {
  const found = new Map<Kind, Map<string, unknown>>();
  for (const key of Object.keys(parts)) {
    const kind = kinds.find((prefix) => key.startsWith(prefix));
    const part = parts[key];
    if (kind === undefined || !isBag(part)) continue;
    const name = key.slice(kind.length);
    const named = found.get(kind);
    if (named) named.set(name, part);
    else found.set(kind, new Map([[name, part]]));
  }
  return (kind) => found.get(kind) ?? none;
}

/** The parts in the order of the list of names, then those that the list forgot. */
function listed<T>(found: Named, order: unknown, read: (name: string, part: unknown) => T): readonly T[] {
  const left = new Map(found);
  const inOrder: T[] = [];
  for (const name of Array.isArray(order) ? order : []) {
    if (typeof name !== 'string' || !left.has(name)) continue;
    inOrder.push(read(name, left.get(name)));
    left.delete(name);
  }
  for (const [name, part] of left) inOrder.push(read(name, part));
  return inOrder;
}

const conditionsOf = (found: Named): Readonly<Record<string, Condition>> =>
  Object.fromEntries([...found].map(([type, part]) => [type, conditionNamed(type, part)]));

/** The parts of a pod, read. Parts come from a store that keeps what a server once said: nothing is assumed of them. */
export function readView(parts: Parts): PodView {
  const spec = bag(parts['spec']);
  const status = bag(parts['status']);
  const named = byKind(parts);
  return {
    metadata: metadataOf(parts['metadata']),
    deletion: isBag(parts['deletion'])
      ? fields(parts['deletion'], { deletionTimestamp: 'string', deletionGracePeriodSeconds: 'number' })
      : null,
    spec: podSpecOf(spec),
    status: podStatusOf(status),
    conditions: conditionsOf(named('condition.')),
    initContainers: listed(named('spec.initContainer.'), spec['initContainers'], specNamed),
    containers: listed(named('spec.container.'), spec['containers'], specNamed),
    initStatuses: listed(named('status.initContainer.'), status['initContainerStatuses'], statusNamed),
    statuses: listed(named('status.container.'), status['containerStatuses'], statusNamed),
  };
}
