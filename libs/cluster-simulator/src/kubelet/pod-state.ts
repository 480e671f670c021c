import type { Clock } from '../api/clock.js';
import { sameJson } from '../api/field-sets.js';
import type { Fields, StoredObject } from '../api/kube-object.js';
import { fieldAt, isFields, listAt, textAt } from '../api/kube-object.js';

/** What a container is to its pod. */
export type Role = 'init' | 'sidecar' | 'app' | 'ephemeral';

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

/** What stands for an instance that the kubelet has removed: `lost` with its sandbox while it ran, or `replaced` when all containers restart in place. */
export type Removed = Readonly<{ attempt: number; how: 'lost' | 'replaced' }>;

export type Waiting = Readonly<{ reason: string; message: string }>;

/** One container as its kubelet holds it. */
export type ContainerState = {
  spec: Fields;
  readonly name: string;
  readonly role: Role;
  run?: Run;
  previous?: Run | Removed;
  /** Its instance belongs to a sandbox that is no more: what is shown of it is old, and it has not been reached in this cycle. */
  isStale: boolean;
  /** Its instance is no longer in the runtime, where the kubelet would count it. */
  isRemoved: boolean;
  /** The instance that was just removed to restart all containers in place; until the first of them begins again. */
  replaced?: Run;
  /** It is to be killed and begun again, and this is why: the message of the event that says so. */
  condemned?: string;
  /** Why the last try to start it came to nothing: the kubelet's reason cache, told by the next sync. */
  waiting?: Waiting;
  /** Whether the startup probe (if any) has succeeded. */
  probed: boolean;
  /** The instance that was told to run: a sidecar's start counts for the phase only from the next telling on. */
  toldRun?: Run;
  /** Whether the readiness probe (if any) has succeeded. */
  isServing: boolean;
  crashDelayMs?: number;
  crashDelayImage?: string;
  /** What its running instance still has of cpu and memory, as the kubelet knows it, where the spec says something else by now. */
  resourcesBefore?: Fields;
  /** The pod ended before anything of it was seen. */
  lost?: boolean;
};

/**
 * Why its kubelet stops a pod that nobody deleted, how long its containers may take, whether an event says so, too, and whether it is a disruption:
 * what happens for the sake of others.
 */
export type Stopped = Readonly<{
  reason: string;
  message: string;
  graceMs: number;
  inEvent: boolean;
  isDisrupted: boolean;
  /** What the event carries beside its message. */
  annotations?: Readonly<Record<string, string>>;
}>;

/** One pod as its kubelet holds it. */
export type PodState = {
  readonly startedAt: number;
  /** Its kubelet stops it for the sake of the node. */
  stopped?: Stopped;
  /** Its `activeDeadlineSeconds` have passed. */
  overdue?: boolean;
  /** All containers are being replaced in place. */
  isReplacing?: boolean;
  /** Its spec says other resources than its containers have. */
  isResizing?: boolean;
  /** Its control group is removed: nothing can be read of its resources. */
  cgroupGone?: boolean;
  readonly inits: ContainerState[];
  readonly apps: ContainerState[];
  /** Added to the running pod by somebody who looks into it; they count for nothing. */
  readonly ephemerals: ContainerState[];
  podIp?: string;
  /** Where the sandbox is: `seen` once the kubelet's own look at the runtime found it, `dead` once a look found it dead, `gone` when the pod has ended. */
  sandbox: 'none' | 'ready' | 'seen' | 'dead' | 'gone';
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
    isServing: fields['readinessProbe'] === undefined,
    isStale: false,
    isRemoved: false,
  };
}

/** A pod that its kubelet has just heard of. */
export const newPodState = (pod: StoredObject, node: Readonly<{ ip: string; clock: Clock }>): PodState => ({
  startedAt: node.clock.now(),
  ...(fieldAt(pod, 'spec', 'hostNetwork') === true ? { podIp: node.ip } : {}),
  inits: listAt(pod, 'spec', 'initContainers').map((spec) => containerState(spec)),
  apps: listAt(pod, 'spec', 'containers').map((spec) => containerState(spec, 'app')),
  ephemerals: listAt(pod, 'spec', 'ephemeralContainers').map((spec) => containerState(spec, 'ephemeral')),
  sandbox: 'none',
  ending: 'no',
});

export const containersOf = (state: PodState): ContainerState[] => [...state.inits, ...state.apps, ...state.ephemerals];

export const restartPolicyOf = (pod: StoredObject): string => textAt(pod, 'spec', 'restartPolicy') || 'Always';

/** How long the pod's containers may take to end, in milliseconds. */
export const graceMsOf = (pod: StoredObject): number =>
  Number(fieldAt(pod, 'spec', 'terminationGracePeriodSeconds') ?? 30) * 1000;

const criticalFrom = 2_000_000_000;

/** Whether a pod is critical for its node or the cluster. */
export const isCritical = (pod: StoredObject): boolean => Number(fieldAt(pod, 'spec', 'priority') ?? 0) >= criticalFrom;

export const isRunning = ({ run }: ContainerState): boolean => run !== undefined && run.seen === 'running';

export const hasExited = ({ run }: ContainerState): boolean => run?.seen === 'exited';

const succeeded = (container: ContainerState): boolean =>
  hasExited(container) && container.run?.exitCode === 0 && container.run.reason !== 'OOMKilled';

/** Started as Kubernetes has it: running, and past its startup probe. A regular init container is "started" while it runs. */
export const isStarted = (container: ContainerState): boolean => isRunning(container) && container.probed;

export function isReady(container: ContainerState): boolean {
  if (container.role === 'ephemeral') return false;
  if (container.role !== 'init') return isStarted(container) && container.isServing;
  const run = container.replaced ?? container.run;
  return run?.seen === 'exited' && run.exitCode === 0;
}

/** Whether the next container may go on, as far as is shown: a regular one succeeded, a sidecar has started. */
export const isSatisfied = (container: ContainerState): boolean =>
  container.role === 'init' ? succeeded(container) : isStarted(container);

/** Whether the next container may go on: it is satisfied in this sandbox, and not only shown so of an older one. */
export const isDone = (container: ContainerState): boolean => !container.isStale && isSatisfied(container);

/** The action of the first of a container's rules that matches an exit code (KEP-5307), if any does. */
export function ruleMatching(spec: Fields, exitCode: number): string | undefined {
  const matching = listAt(spec, 'restartPolicyRules').find((rule) => {
    const isNamed = listAt(rule, 'exitCodes', 'values').includes(exitCode);
    return (textAt(rule, 'exitCodes', 'operator') === 'NotIn') !== isNamed;
  });
  return matching === undefined ? undefined : textAt(matching, 'action');
}

/** What the container's own rules say of its last end. */
export const ruleFor = ({ spec, run }: ContainerState): string | undefined =>
  run?.seen === 'exited' ? ruleMatching(spec, run.exitCode ?? 0) : undefined;

/** Whether any container of the pod may ask that all of them begin again (KEP-5532). */
export const mayRestartAll = (state: PodState): boolean =>
  containersOf(state).some(({ spec }) =>
    listAt(spec, 'restartPolicyRules').some((rule) => textAt(rule, 'action') === 'RestartAllContainers'),
  );

/** Whether a container that ended so is run again under the pod's policy. */
export function isRestarted(container: ContainerState, policy: string): boolean {
  if (container.role === 'ephemeral') return false;
  if (container.role === 'sidecar' || !container.run) return true;
  if (ruleFor(container) !== undefined && !(container.role === 'init' && succeeded(container))) return true;
  const own = textAt(container.spec, 'restartPolicy') || policy;
  if (own === 'Never') return false;
  if (container.role === 'init') return !succeeded(container);
  return own === 'Always' || container.run?.exitCode !== 0;
}

/** Whether nothing of the pod will run again but what the kubelet stops itself: its sidecars. */
export function isOver(pod: StoredObject, state: PodState): boolean {
  return isTerminal(phaseOf(pod, { ...state, inits: state.inits.filter(({ role }) => role === 'init') }));
}

/** Whether an init container counts as not yet come to an end, as failed, or as done (getPhase). */
function progressOf({ run, previous, waiting, replaced }: ContainerState): 'pending' | 'failed' | 'done' {
  if (replaced || (!run && previous)) return 'failed';
  if (run?.seen !== 'exited') return 'pending';
  return run.exitCode === 0 && run.reason !== 'OOMKilled' && !waiting ? 'done' : 'failed';
}

/** The phase that follows from the containers as they are shown (getPhase, k/k:pkg/kubelet/kubelet_pods.go). */
export function phaseOf(pod: StoredObject, { inits, apps, ending, overdue, stopped }: PodState): string {
  if (overdue || (stopped && ending === 'ended')) return 'Failed';
  const policy = restartPolicyOf(pod);
  const regular = inits.filter(({ role }) => role === 'init');
  const progress = regular.map(progressOf);
  if (regular.some((one, i) => progress[i] === 'failed' && !isRestarted(one, policy))) return 'Failed';
  const sidecarBegins = inits.some((one) => one.role === 'sidecar' && isRunning(one) && one.toldRun !== one.run);
  if ((sidecarBegins || progress.includes('pending')) && !apps.some(isRunning)) return 'Pending';
  if (apps.some((one) => !hasBegun(one))) return 'Pending';
  if (
    apps.some(({ run }) => run && run.seen !== 'exited') ||
    inits.some((one) => one.role === 'sidecar' && isRunning(one))
  )
    return 'Running';
  const good = apps.every(({ run }) => run?.exitCode === 0);
  if (ending !== 'no') return good ? 'Succeeded' : 'Failed';
  return apps.some((one) => isRestarted(one, policy)) ? 'Running' : good ? 'Succeeded' : 'Failed';
}

/** Whether anything of it was ever seen, were it only an end that is made up. */
const hasBegun = ({ run, previous }: ContainerState): boolean =>
  run ? run.seen !== 'nothing' || previous !== undefined : previous !== undefined;

export const isTerminal = (phase: string): boolean => phase === 'Failed' || phase === 'Succeeded';

export const commandOf = ({ spec }: ContainerState): string[] =>
  [...listAt(spec, 'command'), ...listAt(spec, 'args')].filter((word) => typeof word === 'string');

export const imageOf = ({ spec }: ContainerState): string => textAt(spec, 'image');

const fieldOf: Readonly<Record<Role, string>> = {
  init: 'initContainers',
  sidecar: 'initContainers',
  app: 'containers',
  ephemeral: 'ephemeralContainers',
};

export const fieldPathOf = ({ role, name }: ContainerState): string => `spec.${fieldOf[role]}{${name}}`;

/** Only in a sandbox is there anything to resize: what begins later begins with what it is to have. */
function adoptResources(state: PodState, container: ContainerState): void {
  if (state.sandbox !== 'ready' && state.sandbox !== 'seen') return;
  state.isResizing = true;
  const before = fieldAt(container.spec, 'resources');
  if (isRunning(container)) container.resourcesBefore ??= isFields(before) ? before : {};
}

/** Takes over what a change of the pod's spec may change: images and resources. What runs on with another is killed and begun again, but for regular init containers. */
export function adoptSpec(state: PodState, pod: StoredObject): void {
  for (const spec of listAt(pod, 'spec', 'ephemeralContainers')) {
    const isKnown = state.ephemerals.some(({ name }) => name === textAt(spec, 'name'));
    if (!isKnown) state.ephemerals.push(containerState(spec, 'ephemeral'));
  }
  const specs = [...listAt(pod, 'spec', 'initContainers'), ...listAt(pod, 'spec', 'containers')];
  for (const container of containersOf(state)) {
    const spec = specs.find((one) => fieldAt(one, 'name') === container.name);
    if (!isFields(spec)) continue;
    if (
      (container.role === 'app' || container.role === 'sidecar') &&
      isRunning(container) &&
      textAt(spec, 'image') !== imageOf(container)
    )
      container.condemned =
        container.role === 'app'
          ? `Container ${container.name} definition changed, will be restarted`
          : `Init container ${container.name} definition changed`;
    if (!sameJson(fieldAt(spec, 'resources'), fieldAt(container.spec, 'resources'))) adoptResources(state, container);
    container.spec = spec;
  }
}

/**
 * The pod has ended for good, and of init containers that wait all the same, up to the last that ever began, no end is known; neither is it of the first
 * (`initializedContainers`, k/k:pkg/kubelet/status/status_manager.go).
 *
 * @returns whether there are such
 */
export function loseWaiting({ inits, apps }: PodState): boolean {
  const last = inits.findLastIndex(({ run, previous }) => run !== undefined || previous !== undefined);
  const ofInits = inits.slice(0, Math.max(last, 0) + 1).filter((one) => !hasExited(one) || one.waiting);
  const lost = [...ofInits, ...apps.filter(({ run, previous }) => previous !== undefined && !run)];
  for (const container of lost) container.lost = true;
  return lost.length > 0;
}
