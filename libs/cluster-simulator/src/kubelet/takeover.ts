import type { Fields, StoredObject } from '../api/kube-object.js';
import { fieldAt, isFields, listAt, textAt } from '../api/kube-object.js';
import type { Node } from './node.js';
import type { ContainerState, PodState } from './pod-state.js';
import { hasExited, loseWaiting, newPodState } from './pod-state.js';
import { podStatus } from './pod-status.js';
import type { PodRuntime } from './runtime.js';

/** What a kubelet's process leaves of a pod when it ends: its own memory, and the runtime, which lives on. */
export type Inheritance = Readonly<{ state: PodState; runtime: PodRuntime }>;

/** What the next process finds out of it: instances and their ends from the runtime, what was told from the API; reasons and back-offs are forgotten. */
export function takenOver({ state, runtime }: Inheritance): PodState {
  const { podIp, overdue, startedAt } = state;
  const hadSandbox = state.sandbox !== 'none';
  const sandbox = runtime.hasSandbox ? 'seen' : hadSandbox ? 'dead' : 'none';
  return {
    startedAt,
    inits: state.inits.map(known),
    apps: state.apps.map(known),
    ephemerals: state.ephemerals.map(known),
    sandbox,
    ending: 'no',
    ...(podIp !== undefined && (runtime.hasSandbox || runtime.isOnHost) ? { podIp } : {}),
    ...(overdue ? { overdue } : {}),
  };
}

function known(container: ContainerState): ContainerState {
  const {
    crashDelayMs: _,
    crashDelayImage: __,
    waiting: ___,
    condemned: ____,
    resourcesBefore: _____,
    lost: ______,
    ...rest
  } = container;
  const { run } = rest;
  if (run) run.seen = run.finishedAt === undefined ? 'running' : 'exited';
  return rest;
}

/**
 * The status of a pod that had ended before this process of the kubelet began: without an address, with the ends that the runtime still knows, and without any
 * for what it does not (recorded: node-shutdown).
 */
export function retellEnded(node: Node, pod: StoredObject, before: Inheritance | undefined): void {
  const { namespace = '', name } = pod.metadata;
  const told = fieldAt(pod, 'status');
  if (!isFields(told)) return;
  const [reason, message] = [textAt(told, 'reason'), textAt(told, 'message')];
  const startedAt = Date.parse(textAt(told, 'startTime')) || node.clock.now();
  const state: PodState = {
    ...(before ? takenOver(before) : newPodState(pod, node)),
    startedAt,
    sandbox: 'gone',
    ending: 'ended',
    cgroupGone: true,
  };
  delete state.podIp;
  if (textAt(told, 'phase') === 'Failed')
    state.stopped = { reason, message, graceMs: 0, inEvent: false, isDisrupted: false };
  loseWaiting(state);
  if (isInitialized(told)) for (const app of state.apps) app.lost = !hasExited(app);
  const status = podStatus(pod, state, { host: node, before: told, now: node.clock.now() });
  const { reason: _, message: __, ...rest } = status;
  const said = { ...(message && { message }), ...(reason && { reason }) };
  const asTold = { ...rest, ...said, phase: textAt(told, 'phase'), initContainerStatuses: withLast(status, told) };
  node.store.updateStatus('pods', { namespace, name }, (draft) => void (draft.status = asTold), { manager: 'kubelet' });
}

const isInitialized = (status: Fields): boolean =>
  listAt(status, 'conditions').some((one) => textAt(one, 'type') === 'Initialized' && textAt(one, 'status') === 'True');

/** What was told of the instance before the last stays. */
function withLast(status: Fields, told: Fields): unknown[] {
  const before = listAt(told, 'initContainerStatuses');
  return listAt(status, 'initContainerStatuses').map((one) => {
    const same = before.find((other) => textAt(other, 'name') === textAt(one, 'name'));
    return isFields(one) && isFields(same) ? { ...one, lastState: same['lastState'] } : one;
  });
}
