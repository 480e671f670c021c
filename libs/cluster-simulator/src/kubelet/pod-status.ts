import type { Fields, StoredObject } from '../api/kube-object.js';
import { fieldAt, isFields, listAt, textAt, wholeSeconds } from '../api/kube-object.js';
import { hasAmounts, podAmounts } from './amounts.js';
import { containerStatus } from './container-status.js';
import type { ContainerState, PodState } from './pod-state.js';
import { isStatic } from './mirrors.js';
import type { Shapes } from './versions.js';
import { isReady, isRestarted, isSatisfied, isTerminal, mayRestartAll, phaseOf, restartPolicyOf } from './pod-state.js';

/** What a kubelet's node is to its pods. */
export type Host = Readonly<{ ip: string; shapes: Shapes }>;

/** What is said of a pod that has had its time. */
export const overdueMessage = 'Pod was active on the node longer than the specified deadline';

type Verdict = { type: string; status: 'True' | 'False'; reason?: string; message?: string };

const names = (containers: readonly ContainerState[]): string => containers.map(({ name }) => name).join(' ');

const conditionsIn = (status: unknown): Fields[] => listAt(status, 'conditions').filter(isFields);

function initialized(phase: string, { inits, apps }: PodState, before: Fields | undefined, shapes: Shapes): Verdict {
  const type = 'Initialized';
  if (phase === 'Succeeded') return { type, status: 'True', reason: 'PodCompleted' };
  const mayStay = shapes.keepsInitialized || apps.some(({ run }) => run && run.seen !== 'nothing');
  if (mayStay && conditionsIn(before).some((one) => one['type'] === type && one['status'] === 'True'))
    return { type, status: 'True' };
  const open = inits.filter((one) => (one.role === 'init' ? !isReady(one) : !isSatisfied(one)));
  if (open.length === 0) return { type, status: 'True' };
  return {
    type,
    status: 'False',
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: [${names(open)}]`,
  };
}

/** A status in which this container has started, and all else is as it was. */
export function withStarted(status: Fields, container: string): Fields {
  const started = (one: unknown): unknown =>
    isFields(one) && one['name'] === container ? { ...one, started: true } : one;
  const lists = ['initContainerStatuses', 'containerStatuses'].filter((list) => status[list] !== undefined);
  return { ...status, ...Object.fromEntries(lists.map((list) => [list, listAt(status, list).map(started)])) };
}

/** What the pod's readiness gates say, as one text. */
export const gatesOf = (pod: StoredObject): string =>
  listAt(pod, 'spec', 'readinessGates')
    .map((gate) => textAt(gate, 'conditionType'))
    .map((type) => listAt(pod, 'status', 'conditions').find((one) => textAt(one, 'type') === type))
    .map((condition) => textAt(condition, 'status'))
    .join();

/** Ready is what the containers are, and what the pod's readiness gates say beside it. */
function podReady(pod: StoredObject, phase: string, state: PodState): Verdict {
  const verdict = ready('Ready', phase, state);
  if (verdict.status === 'False') return verdict;
  const known = conditionsIn(pod['status']);
  const open = listAt(pod, 'spec', 'readinessGates').flatMap((gate) => {
    const type = textAt(gate, 'conditionType');
    const said = known.find((one) => one['type'] === type);
    if (!said) return `corresponding condition of pod readiness gate "${type}" does not exist.`;
    return textAt(said, 'status') === 'True'
      ? []
      : `the status of pod readiness gate "${type}" is not "True", but ${textAt(said, 'status')}`;
  });
  if (open.length === 0) return verdict;
  return { type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady', message: open.join(', ') };
}

function ready(type: string, phase: string, { inits, apps }: PodState): Verdict {
  if (phase === 'Failed') return { type, status: 'False', reason: 'PodFailed' };
  if (phase === 'Succeeded') return { type, status: 'False', reason: 'PodCompleted' };
  const open = [...inits.filter(({ role }) => role === 'sidecar'), ...apps].filter((one) => !isReady(one));
  if (open.length === 0) return { type, status: 'True' };
  return {
    type,
    status: 'False',
    reason: 'ContainersNotReady',
    message: `containers with unready status: [${names(open)}]`,
  };
}

const byKubelet = new Set([
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
  'AllContainersRestarting',
]);

/** Conditions of others that a kubelet finds there stand before its own, as its patch leaves them (recorded: evicted-during-init rv 1009). */
function conditions(
  pod: StoredObject,
  state: PodState,
  verdicts: readonly Verdict[],
  { before, now, shapes }: { before: Fields | undefined; now: number; shapes: Shapes },
): Fields[] {
  const observed = shapes.observesGeneration && !isStatic(pod) ? { observedGeneration: pod.metadata.generation } : {};
  const known = conditionsIn(before);
  const own = verdicts.map(({ type, status, reason, message }): Fields => {
    const was = known.find((one) => one['type'] === type);
    return {
      type,
      ...observed,
      status,
      lastProbeTime: null,
      lastTransitionTime: was?.['status'] === status ? was['lastTransitionTime'] : wholeSeconds(now),
      ...(reason ? { reason } : {}),
      ...(message ? { message } : {}),
    };
  });
  const there = conditionsIn(pod['status']);
  const isScheduled = !isStatic(pod) && there.some(({ type }) => type === 'PodScheduled');
  const scheduled = (isScheduled ? there : [scheduledByItself(known, now)])
    .filter(({ type }) => type === 'PodScheduled')
    .map(({ type, ...rest }) => ({ type, ...rest, ...observed }));
  const foreign = there.filter(({ type }) => !byKubelet.has(String(type)));
  return [
    ...foreign,
    ...disruption(state, foreign, { now, observed }),
    ...own,
    ...scheduled,
    ...restarting(state, known, now),
  ];
}

/** A kubelet that stopped the pod for the sake of others says so with the write that tells its end (recorded: evicted-memory-pressure, node-shutdown). */
function disruption(
  { stopped, ending }: PodState,
  foreign: readonly Fields[],
  { now, observed }: { now: number; observed: Fields },
): Fields[] {
  const type = 'DisruptionTarget';
  if (!stopped?.isDisrupted || ending !== 'ended' || foreign.some((one) => one['type'] === type)) return [];
  const { message } = stopped;
  const since = { lastProbeTime: null, lastTransitionTime: wholeSeconds(now) };
  return [{ type, ...observed, status: 'True', ...since, reason: 'TerminationByKubelet', message }];
}

/** A pod that no scheduler placed is scheduled all the same, its kubelet says. */
function scheduledByItself(known: readonly Fields[], now: number): Fields {
  const was = known.find(({ type }) => type === 'PodScheduled');
  return was ?? { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: wholeSeconds(now) };
}

/** Only pods that can restart all containers in place say whether they do. */
function restarting(state: PodState, known: readonly Fields[], now: number): Fields[] {
  if (!mayRestartAll(state)) return [];
  const type = 'AllContainersRestarting';
  const status = state.isReplacing ? 'True' : 'False';
  const was = known.find((one) => one['type'] === type);
  const reason = state.isReplacing
    ? { reason: 'RestartAllContainersStarted', message: 'container exited with restart policy rule' }
    : {};
  const lastTransitionTime = was?.['status'] === status ? was['lastTransitionTime'] : wholeSeconds(now);
  return [{ type, status, lastProbeTime: null, lastTransitionTime, ...reason }];
}

/** What the status says of an end that the kubelet decided. */
function whyEnded({ overdue, stopped }: PodState): Fields {
  if (stopped) return { message: stopped.message, reason: stopped.reason };
  return overdue ? { message: overdueMessage, reason: 'DeadlineExceeded' } : {};
}

const noLimit = '9007199254740988Ki';

/** The pod's own resources. On cgroup v1 a kubelet reads "no limit" of a running pod as a number: an artefact, and recorded. */
function podResources(state: PodState, wasRunning: boolean): Fields {
  if (!hasAmounts(state)) return { resources: wasRunning ? { limits: { memory: noLimit } } : {} };
  const limits = podAmounts(state, 'limits');
  const requests = podAmounts(state, 'requests');
  const isBounded = limits['memory'] !== undefined;
  const memory = requests['memory'];
  const asRead =
    wasRunning && !isBounded
      ? { limits: { memory: noLimit }, ...(memory !== undefined && { requests: { memory } }) }
      : { ...(Object.keys(limits).length > 0 && { limits }), requests };
  return { allocatedResources: requests, resources: asRead };
}

/**
 * The pod's status as its kubelet (1.36) would write it now. `before` is what it computed last: condition times hang on that, not on what was written.
 */
export function podStatus(
  pod: StoredObject,
  state: PodState,
  { host, before, now }: { host: Host; before: Fields | undefined; now: number },
): Fields {
  const computed = phaseOf(pod, state);
  const shownBefore = textAt(before ?? pod['status'], 'phase') || 'Pending';
  const phase = state.ending === 'ended' && computed === 'Pending' ? 'Failed' : computed;
  const shown = isTerminal(phase) && state.ending !== 'ended' ? shownBefore : phase;
  const policy = restartPolicyOf(pod);
  const told = (one: ContainerState): Fields => containerStatus(one, idle, isRestarted(one, policy));
  const idle = state.inits.length > 0 ? 'PodInitializing' : 'ContainerCreating';
  const { shapes } = host;
  const hasSandbox = state.sandbox === 'seen' || (state.sandbox === 'ready' && shapes.tellsSandbox);
  const ip = state.podIp;
  return {
    ...(shapes.observesGeneration && !isStatic(pod) ? { observedGeneration: pod.metadata.generation } : {}),
    phase: shown,
    conditions: conditions(
      pod,
      state,
      [
        { type: 'PodReadyToStartContainers', status: hasSandbox ? 'True' : 'False' },
        initialized(computed, state, before, shapes),
        podReady(pod, computed, state),
        ready('ContainersReady', computed, state),
      ],
      { before, now, shapes },
    ),
    ...(state.ending === 'ended' ? whyEnded(state) : {}),
    hostIP: host.ip,
    hostIPs: [{ ip: host.ip }],
    ...(ip ? { podIP: ip, podIPs: [{ ip }] } : {}),
    startTime: wholeSeconds(state.startedAt),
    ...(state.inits.length > 0 ? { initContainerStatuses: state.inits.map(told) } : {}),
    containerStatuses: state.apps.map(told),
    ...(state.ephemerals.length > 0 ? { ephemeralContainerStatuses: state.ephemerals.map(told) } : {}),
    qosClass: fieldAt(pod, 'status', 'qosClass'),
    ...(shapes.tellsPodResources ? podResources(state, shownBefore === 'Running' && !state.cgroupGone) : {}),
  };
}
