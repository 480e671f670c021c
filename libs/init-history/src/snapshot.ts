/**
 * A pod as its parts tell it: what was folded of it so far, read in Kubernetes' own field names. Parts come from a store
 * that keeps what a server once said, so every reading here tolerates what it does not expect.
 */
import type { OwnerReference } from './context.js';
import type { Parts } from './observations.js';

export type Terminated = Readonly<{
  exitCode?: number;
  signal?: number;
  reason?: string;
  message?: string;
  startedAt?: string | null;
  finishedAt?: string | null;
  containerID?: string;
}>;

export type ContainerState = Readonly<{
  waiting?: Readonly<{ reason?: string; message?: string }>;
  running?: Readonly<{ startedAt?: string | null }>;
  terminated?: Terminated;
}>;

export type ContainerStatus = Readonly<{
  name: string;
  state?: ContainerState;
  lastState?: ContainerState;
  ready?: boolean;
  started?: boolean;
  restartCount?: number;
  image?: string;
  imageID?: string;
  containerID?: string;
}>;

export type ContainerSpec = Readonly<{
  name: string;
  image?: string;
  restartPolicy?: string;
  hasStartupProbe: boolean;
  hasPostStartHook: boolean;
}>;

export type Condition = Readonly<{
  type: string;
  status?: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string | null;
}>;

export type PodMetadata = Readonly<{
  uid?: string;
  name?: string;
  namespace?: string;
  creationTimestamp?: string;
  generation?: number;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  ownerReferences: readonly OwnerReference[];
}>;

export type PodSpec = Readonly<{
  nodeName?: string;
  restartPolicy?: string;
  activeDeadlineSeconds?: number;
}>;

export type PodStatus = Readonly<{
  phase?: string;
  reason?: string;
  message?: string;
  startTime?: string | null;
  hostIP?: string;
  podIP?: string;
}>;

export type Deletion = Readonly<{ deletionTimestamp?: string; deletionGracePeriodSeconds?: number }>;

/** The parts of a pod, read. Containers are in spec order, statuses in the order of the status lists. */
export type PodView = Readonly<{
  metadata: PodMetadata;
  deletion: Deletion | null;
  spec: PodSpec;
  status: PodStatus;
  conditions: Readonly<Record<string, Condition>>;
  initContainers: readonly ContainerSpec[];
  containers: readonly ContainerSpec[];
  initStatuses: readonly ContainerStatus[];
  statuses: readonly ContainerStatus[];
}>;

type Bag = Readonly<Record<string, unknown>>;

const isBag = (value: unknown): value is Bag => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A part, or a field of one, as the object it should be; empty for anything else. */
const bag = (value: unknown): Bag => (isBag(value) ? value : {});

type Kind = 'string' | 'number' | 'boolean';
type Shape = Readonly<Record<string, Kind>>;
type Fields<S extends Shape> = Readonly<{
  [Field in keyof S]?: S[Field] extends 'string' ? string : S[Field] extends 'number' ? number : boolean;
}>;

const kindOf = (value: unknown): string => typeof value;

/** The fields that have the kind they should have. What else a store holds under their names is passed over. */
function fields<S extends Shape>(value: unknown, shape: S): Fields<S> {
  const source = bag(value);
  const result: Record<string, unknown> = {};
  for (const [field, kind] of Object.entries(shape)) {
    if (kindOf(source[field]) === kind) result[field] = source[field];
  }
  return result as Fields<S>;
}

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

function texts(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(bag(value)).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return Object.fromEntries(entries);
}

function metadataOf(part: unknown): PodMetadata {
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
}

function stateOf(value: unknown): ContainerState {
  const { waiting, running, terminated } = bag(value);
  return {
    ...(isBag(waiting) ? { waiting: fields(waiting, { reason: 'string', message: 'string' }) } : {}),
    ...(isBag(running) ? { running: fields(running, { startedAt: 'string' }) } : {}),
    ...(isBag(terminated) ? { terminated: fields(terminated, terminatedShape) } : {}),
  };
}

function statusOf(name: string, value: unknown): ContainerStatus {
  const status = bag(value);
  return {
    restartCount: 0,
    ...fields(status, statusShape),
    name,
    state: stateOf(status['state']),
    lastState: stateOf(status['lastState']),
  };
}

function specOf(name: string, value: unknown): ContainerSpec {
  const spec = bag(value);
  return {
    ...fields(spec, { image: 'string', restartPolicy: 'string' }),
    name,
    hasStartupProbe: isBag(spec['startupProbe']),
    hasPostStartHook: isBag(bag(spec['lifecycle'])['postStart']),
  };
}

/** The parts `prefix`NAME in the order of the list of names, then those that the list forgot. */
function listed<T>(
  parts: Parts,
  prefix: string,
  order: unknown,
  read: (name: string, part: unknown) => T,
): readonly T[] {
  const found = new Map<string, unknown>();
  for (const key of Object.keys(parts)) {
    if (key.startsWith(prefix) && isBag(parts[key])) found.set(key.slice(prefix.length), parts[key]);
  }
  const inOrder: T[] = [];
  for (const name of Array.isArray(order) ? order : []) {
    if (typeof name !== 'string' || !found.has(name)) continue;
    inOrder.push(read(name, found.get(name)));
    found.delete(name);
  }
  for (const [name, part] of found) inOrder.push(read(name, part));
  return inOrder;
}

function conditionsOf(parts: Parts): Readonly<Record<string, Condition>> {
  const entries = Object.keys(parts)
    .filter((key) => key.startsWith('condition.') && isBag(parts[key]))
    .map((key): [string, Condition] => {
      const type = key.slice('condition.'.length);
      return [type, { ...fields(parts[key], conditionShape), type }];
    });
  return Object.fromEntries(entries);
}

function readView(parts: Parts): PodView {
  const spec = bag(parts['spec']);
  const status = bag(parts['status']);
  return {
    metadata: metadataOf(parts['metadata']),
    deletion: isBag(parts['deletion'])
      ? fields(parts['deletion'], { deletionTimestamp: 'string', deletionGracePeriodSeconds: 'number' })
      : null,
    spec: fields(spec, { nodeName: 'string', restartPolicy: 'string', activeDeadlineSeconds: 'number' }),
    status: fields(status, podStatusShape),
    conditions: conditionsOf(parts),
    initContainers: listed(parts, 'spec.initContainer.', spec['initContainers'], specOf),
    containers: listed(parts, 'spec.container.', spec['containers'], specOf),
    initStatuses: listed(parts, 'status.initContainer.', status['initContainerStatuses'], statusOf),
    statuses: listed(parts, 'status.container.', status['containerStatuses'], statusOf),
  };
}

/** Views already read: parts are never changed, so a view is as good the second time. */
const views = new WeakMap<Parts, PodView>();

/** The folded parts of a pod, read. */
export function viewOf(parts: Parts): PodView {
  const known = views.get(parts);
  if (known) return known;
  const view = readView(parts);
  views.set(parts, view);
  return view;
}

/** Folds the parts that changed over those known; a part that is null goes. */
export function layOver(parts: Parts, changedParts: Parts): Parts {
  const result: Record<string, unknown> = { ...parts };
  for (const [name, part] of Object.entries(bag(changedParts))) {
    if (part === null) delete result[name];
    // No part has this name; as a key it would change what the object is.
    else if (name !== '__proto__') result[name] = part;
  }
  return result;
}

/**
 * The parts of a snapshot that are not as known: new and different ones as they are, gone ones null; undefined if all
 * are as known. Known parts may be kept as anything that `same` can hold against a part, a hash for instance.
 */
export function changed<Known, Part>(
  known: ReadonlyMap<string, Known>,
  snapshot: ReadonlyMap<string, Part>,
  same: (known: Known, part: Part) => boolean,
): Map<string, Part | null> | undefined {
  const result = new Map<string, Part | null>();
  for (const [name, part] of snapshot) {
    const before = known.get(name);
    if (before === undefined || !same(before, part)) result.set(name, part);
  }
  for (const name of known.keys()) if (!snapshot.has(name)) result.set(name, null);
  return result.size === 0 ? undefined : result;
}

/** An init container that stays: container-level restartPolicy Always (semantics 2.6). */
export const isSidecar = (container: ContainerSpec | undefined): boolean => container?.restartPolicy === 'Always';

/** The uid that Events about a static pod carry: not its mirror's (semantics 2.8). Null for every other pod. */
export function staticPodUid(view: PodView): string | null {
  const uid = view.metadata.annotations['kubernetes.io/config.mirror'];
  return typeof uid === 'string' && uid !== '' ? uid : null;
}

/** Text, or null. */
export const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** A number, or null. */
export const number = (value: unknown): number | null => (typeof value === 'number' ? value : null);
