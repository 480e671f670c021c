import type { Fields, StoredObject } from '../api/kube-object.js';
import { fieldAt, isFields, listAt, textAt } from '../api/kube-object.js';

/** What a container is to its pod. */
export type Role = 'init' | 'sidecar' | 'app';

/** One run of a container, and how much of it the kubelet has noticed. */
export type Run = {
  readonly containerId: string;
  readonly attempt: number;
  readonly image: string;
  /** `null` if it could not be started. */
  readonly startedAt: number | null;
  finishedAt?: number;
  exitCode?: number;
  reason?: string;
  message?: string;
  /** What the kubelet knows, which is not what is: it looks when it starts one, and once a second. */
  seen: 'nothing' | 'running' | 'exited';
};

export type Waiting = Readonly<{ reason: string; message: string }>;

/** One container as its kubelet holds it. */
export type ContainerState = {
  spec: Fields;
  readonly name: string;
  readonly role: Role;
  run?: Run;
  previous?: Run;
  /** Why the last try to start it came to nothing: the kubelet's reason cache, told by the next sync. */
  waiting?: Waiting;
  /** Whether the startup probe (if any) has succeeded. */
  probed: boolean;
  crashDelayMs?: number;
  crashDelayImage?: string;
  /** The pod ended before anything of it was seen. */
  lost?: boolean;
};

/** One pod as its kubelet holds it. */
export type PodState = {
  readonly startedAt: number;
  /** Its `activeDeadlineSeconds` have passed. */
  overdue?: boolean;
  /** Its control group is removed: nothing can be read of its resources. */
  cgroupGone?: boolean;
  readonly inits: ContainerState[];
  readonly apps: ContainerState[];
  podIp?: string;
  /** Where the sandbox is: `seen` once the kubelet's own look at the runtime found it. */
  sandbox: 'none' | 'ready' | 'seen' | 'gone';
  /** `stopped`: every container has ended for good. `ended`: so may the phase say. */
  ending: 'no' | 'stopped' | 'ended';
};

const roleOf = (spec: Fields): Role => (spec['restartPolicy'] === 'Always' ? 'sidecar' : 'init');

function containerState(spec: unknown, role?: Role): ContainerState {
  const fields = isFields(spec) ? spec : {};
  return {
    spec: fields,
    name: textAt(fields, 'name'),
    role: role ?? roleOf(fields),
    probed: fields['startupProbe'] === undefined,
  };
}

/** A pod that its kubelet has just heard of. */
export const newPodState = (pod: StoredObject, now: number): PodState => ({
  startedAt: now,
  inits: listAt(pod, 'spec', 'initContainers').map((spec) => containerState(spec)),
  apps: listAt(pod, 'spec', 'containers').map((spec) => containerState(spec, 'app')),
  sandbox: 'none',
  ending: 'no',
});

export const containersOf = (state: PodState): ContainerState[] => [...state.inits, ...state.apps];

export const restartPolicyOf = (pod: StoredObject): string => textAt(pod, 'spec', 'restartPolicy') || 'Always';

export const isRunning = ({ run }: ContainerState): boolean => run !== undefined && run.seen === 'running';

export const hasExited = ({ run }: ContainerState): boolean => run?.seen === 'exited';

const succeeded = (container: ContainerState): boolean =>
  hasExited(container) && container.run?.exitCode === 0 && container.run.reason !== 'OOMKilled';

/** Started as Kubernetes has it: running, and past its startup probe. A regular init container is "started" while it runs. */
export const isStarted = (container: ContainerState): boolean => isRunning(container) && container.probed;

export const isReady = (container: ContainerState): boolean =>
  container.role === 'init' ? hasExited(container) && container.run?.exitCode === 0 : isStarted(container);

/** Whether the next container may go on: a regular one succeeded, a sidecar has started. */
export const isSatisfied = (container: ContainerState): boolean =>
  container.role === 'init' ? succeeded(container) : isStarted(container);

/** Whether a container that ended so is run again under the pod's policy. */
export function isRestarted(container: ContainerState, policy: string): boolean {
  if (container.role === 'sidecar') return true;
  const own = textAt(container.spec, 'restartPolicy') || policy;
  if (own === 'Never') return false;
  if (container.role === 'init') return !succeeded(container);
  return own === 'Always' || container.run?.exitCode !== 0;
}

/** Whether nothing of the pod will run again but what the kubelet stops itself: its sidecars. */
export function isOver(pod: StoredObject, state: PodState): boolean {
  return isTerminal(phaseOf(pod, { ...state, inits: state.inits.filter(({ role }) => role === 'init') }));
}

/** The phase that follows from the containers (getPhase, k/k:pkg/kubelet/kubelet_pods.go). `stopped` once nothing will run again. */
export function phaseOf(pod: StoredObject, { inits, apps, ending, overdue }: PodState): string {
  if (overdue) return 'Failed';
  const policy = restartPolicyOf(pod);
  const open = inits.find((one) => one.role === 'init' && !succeeded(one));
  if (open) return hasExited(open) && !isRestarted(open, policy) ? 'Failed' : 'Pending';
  if (apps.every((one) => one.run === undefined || one.run.seen === 'nothing')) return 'Pending';
  if (!apps.every(hasExited) || inits.some((one) => one.role === 'sidecar' && isRunning(one))) return 'Running';
  const good = apps.every(({ run }) => run?.exitCode === 0);
  if (ending !== 'no') return good ? 'Succeeded' : 'Failed';
  return apps.some((one) => isRestarted(one, policy)) ? 'Running' : good ? 'Succeeded' : 'Failed';
}

export const isTerminal = (phase: string): boolean => phase === 'Failed' || phase === 'Succeeded';

export const commandOf = ({ spec }: ContainerState): string[] =>
  [...listAt(spec, 'command'), ...listAt(spec, 'args')].filter((word) => typeof word === 'string');

export const imageOf = ({ spec }: ContainerState): string => textAt(spec, 'image');

export const fieldPathOf = ({ role, name }: ContainerState): string =>
  `spec.${role === 'app' ? 'containers' : 'initContainers'}{${name}}`;

/** Takes over what a change of the pod's spec may change: images. */
export function adoptSpec(state: PodState, pod: StoredObject): void {
  const specs = [...listAt(pod, 'spec', 'initContainers'), ...listAt(pod, 'spec', 'containers')];
  for (const container of containersOf(state)) {
    const spec = specs.find((one) => fieldAt(one, 'name') === container.name);
    if (isFields(spec)) container.spec = spec;
  }
}
